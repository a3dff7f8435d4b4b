package io.polymq.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        mixinStandardHelpOptions = true,
        name = "nats",
        description = "publishes, subscribes, asks over NATS and JetStream")
final class NatsCommand {
    private final Session session;

    NatsCommand(Session session) {
        this.session = session;
    }

    private NatsMessenger connect(ServerTarget server, NatsMessenger.Use use) {
        return NatsMessenger.connect(
                server.address(session.environment(), NatsMessenger.PORT, NatsMessenger.PORT), use);
    }

    @Command(mixinStandardHelpOptions = true, name = "pub", description = "publishes")
    int pub(
            @Mixin ServerTarget server,
            @Mixin Publication publication,
            @Option(names = "--jetstream", description = "waits until a stream has it safe")
                    boolean acknowledged) {
        return publication.publish(
                session, connect(server, new NatsMessenger.Use(acknowledged, null, false, "")));
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "sub",
            description = "prints what comes to a subject")
    int sub(
            @Mixin ServerTarget server,
            @Mixin Subscription subscription,
            @Option(names = "--group", defaultValue = "", description = "a queue group")
                    String group,
            @Option(names = "--stream", description = "reads this stream instead")
                    @Nullable String stream,
            @Option(names = "--from-beginning", description = "with --stream: what it keeps, too")
                    boolean fromBeginning) {
        return subscription.run(
                session,
                connect(server, new NatsMessenger.Use(false, stream, fromBeginning, group)));
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "request",
            description = "asks and prints the answer")
    int request(
            @Mixin ServerTarget server,
            @Mixin Publication publication,
            @Option(
                            names = {"-w", "--timeout"},
                            paramLabel = "SECONDS",
                            defaultValue = "5")
                    double seconds) {
        return publication.request(session, connect(server, NatsMessenger.Use.CORE), seconds);
    }
}
