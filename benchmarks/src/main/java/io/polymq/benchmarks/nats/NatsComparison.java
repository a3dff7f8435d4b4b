package io.polymq.benchmarks.nats;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Two servers in turn, medians of so many rounds after one that does not count.
 *
 * <pre>NatsComparison ROUNDS POLYMQ_PORT POLYMQ_PID OTHER_PORT OTHER_PID [PART ...]</pre>
 *
 * Parts: {@code core}, which is the default, {@code jetstream} without forces on either side,
 * {@code forced} before each acknowledgement, {@code last} of a million subjects.
 */
public final class NatsComparison {

    private static final PrintStream OUT = System.out;

    private record Server(InetSocketAddress at, long pid) {

        double cpuSeconds() {
            return ProcessHandle.of(pid)
                            .flatMap(process -> process.info().totalCpuDuration())
                            .orElse(Duration.ZERO)
                            .toNanos()
                    / 1e9;
        }
    }

    /** One scenario: figures of a run, and how many messages it delivered. */
    private interface Scenario {
        double[] run(Server server) throws IOException;
    }

    private NatsComparison() {}

    public static void main(String[] args) throws IOException {
        int rounds = Integer.parseInt(args[0]);
        List<Server> servers =
                List.of(
                        new Server(at(args[1]), Long.parseLong(args[2])),
                        new Server(at(args[3]), Long.parseLong(args[4])));
        List<String> parts =
                args.length > 5 ? List.of(args).subList(5, args.length) : List.of("core");
        for (String part : parts) {
            switch (part) {
                case "core" -> core(servers, rounds);
                case "jetstream" -> jetStream(servers, rounds);
                case "forced" -> forced(servers, rounds);
                case "last" -> last(servers, rounds);
                default -> throw new IllegalArgumentException(part);
            }
        }
    }

    private static void core(List<Server> servers, int rounds) throws IOException {
        fan("publish only, 16 B", servers, rounds, 10_000_000, 16, 0);
        fan("1:1, 128 B", servers, rounds, 2_000_000, 128, 1);
        fan("1:10, 128 B", servers, rounds, 300_000, 128, 10);
        fan("1:100, 1 KiB", servers, rounds, 20_000, 1_024, 100);
        requests("request and reply, 1 client", servers, rounds, 10_000, 1);
        requests("request and reply, 20 clients", servers, rounds, 2_000, 20);
    }

    /** A file that is not forced is what nats-server does unless it is told otherwise. */
    private static void jetStream(List<Server> servers, int rounds) throws IOException {
        int messages = 200_000;
        String memory = "\"storage\":\"memory\"";
        String file = "\"storage\":\"file\"";
        String unforced = file + ",\"persist_mode\":\"async\"";
        rate(
                "publish 128 B to memory, 500 open",
                servers,
                rounds,
                messages,
                server -> streams(server, load -> load.publish(messages, 128, 500, memory)));
        rate(
                "publish 128 B to a file, not forced, 500 open",
                servers,
                rounds,
                messages,
                server ->
                        streams(
                                server,
                                load ->
                                        load.publish(
                                                messages,
                                                128,
                                                500,
                                                server == servers.getFirst() ? unforced : file)));
        rate(
                "pull 128 B from a file in batches of 500, acknowledged",
                servers,
                rounds,
                messages,
                server ->
                        streams(
                                server,
                                load ->
                                        load.pull(
                                                messages,
                                                128,
                                                500,
                                                server == servers.getFirst() ? unforced : file)));
    }

    private static void forced(List<Server> servers, int rounds) throws IOException {
        for (int window : new int[] {1, 100, 500}) {
            int messages = window == 1 ? 2_000 : 10_000;
            rate(
                    "publish 128 B to a file, forced, " + window + " open",
                    servers,
                    rounds,
                    messages,
                    server ->
                            streams(
                                    server,
                                    load ->
                                            load.publish(
                                                    messages,
                                                    128,
                                                    window,
                                                    "\"storage\":\"file\"")));
        }
    }

    private static void last(List<Server> servers, int rounds) throws IOException {
        double[][] medians =
                play(
                        servers,
                        rounds,
                        1,
                        server -> {
                            try (JetStreamLoad load = new JetStreamLoad(server.at())) {
                                JetStreamLoad.Latency one = load.last(1_000_000, 5_000);
                                return new double[] {one.median(), one.p99()};
                            }
                        });
        OUT.printf(
                "| last of a subject among 1,000,000 | p50 %.3f, p99 %.3f ms | p50 %.3f, p99 %.3f"
                        + " ms | x%.2f, x%.2f |%n",
                medians[0][0],
                medians[0][1],
                medians[1][0],
                medians[1][1],
                medians[0][0] / medians[1][0],
                medians[0][1] / medians[1][1]);
    }

    /** What a run with streams shows. */
    private interface Streams {
        double run(JetStreamLoad load) throws IOException;
    }

    private static double[] streams(Server server, Streams run) throws IOException {
        try (JetStreamLoad load = new JetStreamLoad(server.at())) {
            return new double[] {run.run(load)};
        }
    }

    private static InetSocketAddress at(String port) {
        return new InetSocketAddress("127.0.0.1", Integer.parseInt(port));
    }

    private static void fan(
            String name, List<Server> servers, int rounds, int messages, int size, int subscribers)
            throws IOException {
        rate(
                name,
                servers,
                rounds,
                messages * (double) Math.max(1, subscribers),
                server ->
                        new double[] {
                            new NatsLoad(server.at())
                                    .fanOut(messages, size, subscribers)
                                    .perSecond()
                        });
    }

    private static void rate(
            String name, List<Server> servers, int rounds, double messages, Scenario scenario)
            throws IOException {
        double[][] medians = play(servers, rounds, messages / 1e6, scenario);
        OUT.printf(
                "| %s | %.3f M/s | %.3f M/s | x%.2f | %.3f | %.3f |%n",
                name,
                medians[0][0] / 1e6,
                medians[1][0] / 1e6,
                medians[0][0] / medians[1][0],
                medians[0][1],
                medians[1][1]);
    }

    private static void requests(
            String name, List<Server> servers, int rounds, int each, int clients)
            throws IOException {
        double[][] medians =
                play(
                        servers,
                        rounds,
                        each * (double) clients / 1e6,
                        server -> {
                            NatsLoad.Latency one =
                                    new NatsLoad(server.at()).requests(each, 16, clients);
                            return new double[] {one.median(), one.p99()};
                        });
        OUT.printf(
                "| %s | p50 %.0f, p99 %.0f us | p50 %.0f, p99 %.0f us | x%.2f, x%.2f | %.1f | %.1f"
                        + " |%n",
                name,
                medians[0][0],
                medians[0][1],
                medians[1][0],
                medians[1][1],
                medians[0][0] / medians[1][0],
                medians[0][1] / medians[1][1],
                medians[0][2],
                medians[1][2]);
    }

    /** For each server the medians of the figures, and of CPU seconds for a million messages. */
    private static double[][] play(
            List<Server> servers, int rounds, double million, Scenario scenario)
            throws IOException {
        List<List<double[]>> runs = List.of(new ArrayList<>(), new ArrayList<>());
        for (int round = 0; round <= rounds; round++) {
            for (int i = 0; i < servers.size(); i++) {
                Server server = servers.get(i);
                double before = server.cpuSeconds();
                double[] figures = scenario.run(server);
                double[] all = Arrays.copyOf(figures, figures.length + 1);
                all[figures.length] = (server.cpuSeconds() - before) / million;
                if (round > 0) {
                    runs.get(i).add(all);
                }
            }
        }
        return new double[][] {medians(runs.get(0)), medians(runs.get(1))};
    }

    private static double[] medians(List<double[]> runs) {
        double[] medians = new double[runs.getFirst().length];
        for (int i = 0; i < medians.length; i++) {
            int column = i;
            double[] sorted = runs.stream().mapToDouble(run -> run[column]).sorted().toArray();
            medians[i] = sorted[sorted.length / 2];
        }
        return medians;
    }
}
