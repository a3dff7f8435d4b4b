package io.polymq.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        mixinStandardHelpOptions = true,
        name = "bench",
        description = {
            "load of one protocol: publishers and subscribers in this process, with latencies from",
            "publish to acknowledgement and from publish to delivery"
        })
final class BenchCommand implements Callable<Integer> {
    private static final double[] PERCENTILES = {50, 90, 99, 99.9, 99.99, 100};

    @Mixin private ServerTarget server = new ServerTarget();

    @Parameters(paramLabel = "PROTOCOL", description = "${COMPLETION-CANDIDATES}")
    private BenchLoad.Protocol protocol = BenchLoad.Protocol.mqtt;

    @Option(
            names = {"-P", "--publishers"},
            defaultValue = "1",
            description = "${DEFAULT-VALUE}")
    private int publishers;

    @Option(
            names = {"-S", "--subscribers"},
            defaultValue = "1",
            description = "${DEFAULT-VALUE}")
    private int subscribers;

    @Option(
            names = {"-n", "--messages"},
            defaultValue = "10000",
            description = "of each publisher (${DEFAULT-VALUE})")
    private long messages;

    @Option(names = "--size", defaultValue = "128", description = "bytes of a payload, 16 at least")
    private int size;

    @Option(
            names = "--rate",
            defaultValue = "0",
            description = "messages a second of each publisher; 0: as fast as it goes")
    private double rate;

    @Option(
            names = "--window",
            defaultValue = "256",
            description = "unacknowledged messages of each publisher (${DEFAULT-VALUE})")
    private int window;

    @Option(
            names = "--warmup",
            paramLabel = "SECONDS",
            defaultValue = "0",
            description = "what is sent in the first of them counts for no latency")
    private double warmUp;

    @Option(names = "--subject", description = "polymq.bench without, / for . in MQTT")
    private String subject = "";

    @Option(names = "--qos", defaultValue = "1", description = "of MQTT")
    private int qos;

    @Option(names = "--acks", defaultValue = "all", description = "of Kafka")
    private String acks = "all";

    @Option(names = "--jetstream", description = "NATS publishes that a stream acknowledges")
    private boolean jetStream;

    @Option(names = "--timeout", paramLabel = "SECONDS", defaultValue = "300")
    private long timeout;

    @Option(names = "--json", description = "the result as JSON")
    private boolean json;

    private final Session session;

    BenchCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws InterruptedException {
        if (size < BenchLoad.LEAST_SIZE || publishers < 1 || window < 1 || messages < 1) {
            throw new CliException(
                    ExitStatus.USAGE,
                    "A payload has 16 bytes at least, and there is one publisher, one message and a"
                            + " window of one at least.");
        }
        BenchLoad load =
                new BenchLoad(
                        new BenchLoad.Plan(
                                protocol,
                                subject.isEmpty() ? protocol.subject() : subject,
                                publishers,
                                subscribers,
                                messages,
                                size,
                                rate,
                                window,
                                warmUp,
                                timeout),
                        this::connect);
        boolean shows = !json && System.console() != null && System.console().isTerminal();
        BenchLoad.Result result = load.run(shows ? session.err() : null);
        print(result);
        return (result.complete() ? ExitStatus.OK : ExitStatus.INCOMPLETE).number();
    }

    private Messenger connect() {
        return switch (protocol) {
            case mqtt ->
                    MqttMessenger.connect(
                            address(MqttMessenger.PORT, MqttMessenger.TLS_PORT), null, qos, false);
            case kafka ->
                    KafkaMessenger.connect(
                            address(KafkaMessenger.PORT, KafkaMessenger.TLS_PORT),
                            new KafkaMessenger.Use(acks, -1, null, false, null, 1));
            case amqp ->
                    AmqpMessenger.connect(
                            address(AmqpMessenger.PORT, AmqpMessenger.TLS_PORT),
                            AmqpMessenger.Use.SUBJECTS);
            case nats ->
                    NatsMessenger.connect(
                            address(NatsMessenger.PORT, NatsMessenger.PORT),
                            new NatsMessenger.Use(jetStream, null, false, ""));
        };
    }

    private ServerTarget.Address address(int plain, int tls) {
        return server.address(session.environment(), plain, tls);
    }

    private void print(BenchLoad.Result result) {
        if (json) {
            ObjectNode node = AdminApi.object();
            node.put("protocol", protocol.name());
            node.put("published", result.acknowledged());
            node.put("delivered", result.delivered());
            node.put("failed", result.failed());
            node.put("seconds", result.seconds());
            node.put("published_per_second", result.acknowledged() / result.seconds());
            node.put("delivered_per_second", result.delivered() / result.seconds());
            latencies(node.putObject("acknowledged_us"), result.toAcknowledgement());
            latencies(node.putObject("delivered_us"), result.toDelivery());
            new Printer(session.out(), true).answer(node);
            return;
        }
        session.out()
                .printf(
                        Locale.ROOT,
                        "%d published and acknowledged, %d failed, %d delivered in %.2f s:"
                                + " %.0f/s out, %.0f/s in, %.1f MB/s%n",
                        result.acknowledged(),
                        result.failed(),
                        result.delivered(),
                        result.seconds(),
                        result.acknowledged() / result.seconds(),
                        result.delivered() / result.seconds(),
                        result.delivered() * (double) size / 1e6 / result.seconds());
        table("to acknowledgement", result.toAcknowledgement());
        table("to delivery", result.toDelivery());
    }

    private static void latencies(ObjectNode node, Histogram histogram) {
        node.put("mean", histogram.getMean());
        for (double percentile : PERCENTILES) {
            node.put(
                    "p"
                            + (percentile == (long) percentile
                                    ? "" + (long) percentile
                                    : "" + percentile),
                    histogram.getValueAtPercentile(percentile));
        }
    }

    private void table(String title, Histogram histogram) {
        if (histogram.getTotalCount() == 0) {
            return;
        }
        session.out().printf("%s%n", title);
        long most = histogram.getTotalCount();
        for (double percentile : PERCENTILES) {
            long value = histogram.getValueAtPercentile(percentile);
            long within = histogram.getCountBetweenValues(0, value);
            session.out()
                    .printf(
                            Locale.ROOT,
                            "  p%-6s %10.3f ms  %s%n",
                            percentile == (long) percentile ? (long) percentile : percentile,
                            value / 1000.0,
                            "#".repeat((int) (within * 40 / most)));
        }
    }
}
