package io.polymq.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        mixinStandardHelpOptions = true,
        name = "mqtt",
        description = "publishes, subscribes, asks over MQTT 5")
final class MqttCommand {
    private final Session session;

    MqttCommand(Session session) {
        this.session = session;
    }

    /** What is MQTT's own. */
    static final class Use {
        @Option(
                names = {"-q", "--qos"},
                defaultValue = "1",
                description = "0, 1 or 2 (${DEFAULT-VALUE})")
        private int qos;

        @Option(names = {"-i", "--client-id"})
        private @Nullable String clientId;
    }

    private MqttMessenger connect(ServerTarget server, Use use, boolean retain) {
        return MqttMessenger.connect(
                server.address(session.environment(), MqttMessenger.PORT, MqttMessenger.TLS_PORT),
                use.clientId,
                use.qos,
                retain);
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "pub",
            description = "publishes; done when it is acknowledged")
    int pub(
            @Mixin ServerTarget server,
            @Mixin Use use,
            @Mixin Publication publication,
            @Option(names = {"-r", "--retain"}) boolean retain) {
        return publication.publish(session, connect(server, use, retain));
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "sub",
            description = "prints what comes to a topic filter")
    int sub(@Mixin ServerTarget server, @Mixin Use use, @Mixin Subscription subscription) {
        return subscription.run(session, connect(server, use, false));
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "request",
            description = "publishes with a response topic, prints the answer")
    int request(
            @Mixin ServerTarget server,
            @Mixin Use use,
            @Mixin Publication publication,
            @Option(
                            names = {"-w", "--timeout"},
                            paramLabel = "SECONDS",
                            defaultValue = "5")
                    double seconds) {
        return publication.request(session, connect(server, use, false), seconds);
    }
}
