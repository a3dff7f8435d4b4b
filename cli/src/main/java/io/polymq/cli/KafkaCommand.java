package io.polymq.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        mixinStandardHelpOptions = true,
        name = "kafka",
        description = "produces, consumes, asks over Kafka")
final class KafkaCommand {
    private final Session session;

    KafkaCommand(Session session) {
        this.session = session;
    }

    private KafkaMessenger connect(ServerTarget server, KafkaMessenger.Use use) {
        return KafkaMessenger.connect(
                server.address(session.environment(), KafkaMessenger.PORT, KafkaMessenger.TLS_PORT),
                use);
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "pub",
            description = "produces; done when it is acknowledged")
    int pub(
            @Mixin ServerTarget server,
            @Mixin Publication publication,
            @Option(names = "--acks", defaultValue = "all", description = "0, 1 or all")
                    String acks,
            @Option(
                            names = {"-p", "--partition"},
                            defaultValue = "-1")
                    int partition) {
        return publication.publish(
                session,
                connect(server, new KafkaMessenger.Use(acks, partition, null, false, null, 0)));
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "sub",
            description = "prints a topic's records")
    int sub(
            @Mixin ServerTarget server,
            @Mixin Subscription subscription,
            @Option(
                            names = {"-g", "--group"},
                            description = "shares partitions and commits")
                    @Nullable String group,
            @Option(names = "--from-beginning", description = "what the topic keeps, too")
                    boolean fromBeginning) {
        return subscription.run(
                session,
                connect(server, new KafkaMessenger.Use("all", -1, group, fromBeginning, null, 0)));
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "request",
            description = {
                "produces with the headers reply-to and correlation-id,",
                "prints the answer that comes to the reply topic with that correlation-id"
            })
    int request(
            @Mixin ServerTarget server,
            @Mixin Publication publication,
            @Option(names = "--reply-topic", required = true) String replyTopic,
            @Option(
                            names = {"-w", "--timeout"},
                            paramLabel = "SECONDS",
                            defaultValue = "5")
                    double seconds) {
        return publication.request(
                session,
                connect(server, new KafkaMessenger.Use("all", -1, null, false, replyTopic, 0)),
                seconds);
    }
}
