package io.polymq.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        mixinStandardHelpOptions = true,
        name = "amqp",
        description = "publishes, subscribes, asks over AMQP 0-9-1")
final class AmqpCommand {
    private final Session session;

    AmqpCommand(Session session) {
        this.session = session;
    }

    /** What is AMQP's own. */
    static final class Use {
        @Option(names = "--vhost", defaultValue = "/")
        private String virtualHost = "/";

        @Option(
                names = {"-e", "--exchange"},
                defaultValue = "amq.topic",
                description = "where keys and filters belong (${DEFAULT-VALUE})")
        private String exchange = "amq.topic";

        @Option(
                names = {"-Q", "--queue"},
                description = "SUBJECT is the name of a queue")
        private boolean queue;

        @Option(names = "--mandatory", description = "fails when no queue takes it")
        private boolean mandatory;

        @Option(names = "--prefetch", defaultValue = "100")
        private int prefetch;
    }

    private AmqpMessenger connect(ServerTarget server, Use use) {
        return AmqpMessenger.connect(
                server.address(session.environment(), AmqpMessenger.PORT, AmqpMessenger.TLS_PORT),
                new AmqpMessenger.Use(
                        use.virtualHost, use.exchange, use.queue, use.mandatory, use.prefetch));
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "pub",
            description = "publishes; done when the broker confirms")
    int pub(@Mixin ServerTarget server, @Mixin Use use, @Mixin Publication publication) {
        return publication.publish(session, connect(server, use));
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "sub",
            description = "prints what comes to a binding or a queue")
    int sub(@Mixin ServerTarget server, @Mixin Use use, @Mixin Subscription subscription) {
        return subscription.run(session, connect(server, use));
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "request",
            description = "asks by direct reply-to and prints the answer")
    int request(
            @Mixin ServerTarget server,
            @Mixin Use use,
            @Mixin Publication publication,
            @Option(
                            names = {"-w", "--timeout"},
                            paramLabel = "SECONDS",
                            defaultValue = "5")
                    double seconds) {
        return publication.request(session, connect(server, use), seconds);
    }
}
