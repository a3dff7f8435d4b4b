package io.polymq.server;

import io.polymq.amqp.AmqpBroker;
import io.polymq.amqp.AmqpBrokerServerParams;
import io.polymq.amqp.AmqpSettings;
import io.polymq.config.AmqpConfig;
import io.polymq.config.Mq9Config;
import io.polymq.config.NatsConfig;
import io.polymq.config.PolyMqConfig;
import io.polymq.core.service.SubjectService;
import io.polymq.kafka.KafkaBrokerServerParams;
import io.polymq.mq9.Mq9BrokerServerParams;
import io.polymq.mq9.Mq9Settings;
import io.polymq.mq9.registry.NgramEmbedder;
import io.polymq.mqtt.MqttBrokerServerParams;
import io.polymq.mqtt.MqttSettings;
import io.polymq.nats.NatsBrokerServerParams;
import io.polymq.nats.NatsSettings;
import io.polymq.nats.jetstream.JetStreamParams;
import io.polymq.nats.options.JetStreamOptions;
import io.polymq.nats.options.LimitOptions;
import io.polymq.nats.options.ServerOptions;
import io.polymq.network.BoundAddress;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes each protocol's parameters of the shared objects and its section. */
final class ProtocolParams {
    private ProtocolParams() {}

    static MqttBrokerServerParams mqtt(SharedObjects parts, PolyMqConfig config) {
        return new MqttBrokerServerParams(
                MqttSettings.of(config.mqttRuntime(), config.dataPath()),
                parts.router(),
                parts.security(),
                parts.core().retained(),
                parts.core().delayed(),
                parts.core().shards(),
                parts.shutdown(),
                parts.metrics(),
                parts.clock(),
                parts.services().tenants(),
                parts.services().events(),
                parts.services().slow());
    }

    static KafkaBrokerServerParams kafka(SharedObjects parts, PolyMqConfig config) {
        return new KafkaBrokerServerParams(
                config.kafkaRuntime(),
                config.brokerId(),
                config.dataPath(),
                parts.core().topics(),
                parts.core().shards(),
                parts.cache().store(),
                parts.cache(),
                parts.security(),
                parts.security().users(),
                parts.security().rules(),
                parts.core().queues(),
                parts.shutdown(),
                parts.clock(),
                parts.metrics(),
                parts.services().events());
    }

    static Mq9BrokerServerParams mq9(SharedObjects parts, PolyMqConfig config) {
        Mq9Config mq9 = config.mq9Runtime();
        Mq9Settings settings =
                new Mq9Settings(
                        mq9.mailboxTtl(),
                        mq9.mailRetention(),
                        mq9.groupRetention(),
                        mq9.maxMessages(),
                        mq9.maxReply(),
                        mq9.maxWait(),
                        mq9.agentLiveness(),
                        mq9.agentTtl(),
                        mq9.maxMailboxes(),
                        mq9.maxAgents());
        return new Mq9BrokerServerParams(
                settings,
                parts.router(),
                parts.security(),
                parts.core().topics(),
                parts.core().queues(),
                parts.core().delayed(),
                parts.core().records(),
                parts.cache(),
                parts.core().zones(),
                parts.core().blocking(),
                new NgramEmbedder(),
                parts.clock(),
                parts.metrics(),
                parts.services().events());
    }

    /**
     * @param options what a nats-server configuration says, whose limits come first; null without
     *     one
     * @param services parts of the broker that answer requests of NATS clients
     */
    static NatsBrokerServerParams nats(
            SharedObjects parts,
            PolyMqConfig config,
            @Nullable ServerOptions options,
            List<SubjectService> services) {
        return new NatsBrokerServerParams(
                parts.connections(),
                parts.rateLimiter(),
                parts.shutdown(),
                parts.metrics(),
                parts.router(),
                parts.security(),
                options == null ? natsSettings(config) : natsSettings(config, options),
                services,
                options,
                jetStream(parts, options));
    }

    /** Null where a nats-server configuration leaves JetStream out. */
    private static @Nullable JetStreamParams jetStream(
            SharedObjects parts, @Nullable ServerOptions options) {
        if (options != null && !options.jetStream().enabled()) {
            return null;
        }
        JetStreamOptions configured = options == null ? JetStreamOptions.OFF : options.jetStream();
        String domain = configured.domain();
        return new JetStreamParams(
                parts.core().topics(),
                parts.cache().store(),
                parts.core().zones(),
                parts.core().records(),
                parts.core().blocking(),
                domain == null ? "" : domain,
                configured.consumerLimits());
    }

    private static NatsSettings natsSettings(PolyMqConfig config) {
        NatsConfig nats = config.natsRuntime();
        boolean tls = config.tls() != null;
        return new NatsSettings(
                config.clusterName() + '-' + config.brokerId(),
                ServerIds.nats(),
                nats.maxPayload(),
                nats.maxControlLine(),
                nats.maxSubscriptions(),
                nats.pingInterval(),
                nats.maxPingsOut(),
                config.network().loginTimeout(),
                tls,
                tls && nats.tlsRequired(),
                true,
                true);
    }

    private static NatsSettings natsSettings(PolyMqConfig config, ServerOptions options) {
        LimitOptions limits = options.limits();
        boolean tls = config.tls() != null;
        String id = ServerIds.nats();
        return new NatsSettings(
                options.serverName() == null ? id : options.serverName(),
                id,
                limits.maxPayload(),
                limits.maxControlLine(),
                limits.maxSubscriptions(),
                limits.times().pingInterval(),
                limits.times().pingMax(),
                limits.times().authTimeout(),
                tls,
                tls
                        && (config.natsRuntime().tlsRequired()
                                || options.transports().tls() != null
                                        && !options.transports().allowNonTls()),
                options.jetStream().enabled(),
                true);
    }

    static AmqpBroker.ManagementAccess management(
            SharedObjects parts, Supplier<List<BoundAddress>> listeners) {
        return new AmqpBroker.ManagementAccess(
                parts.security().users(),
                parts.security().rules(),
                parts.security().passwords(),
                listeners);
    }

    static AmqpBrokerServerParams amqp(SharedObjects parts, PolyMqConfig config) {
        AmqpConfig amqp = config.amqpRuntime();
        AmqpSettings settings =
                new AmqpSettings(
                        config.clusterName() + '-' + config.brokerId(),
                        amqp.frameMax(),
                        amqp.channelMax(),
                        amqp.heartbeat(),
                        amqp.maxMessageSize(),
                        amqp.consumerTimeout(),
                        amqp.maxUnacked(),
                        amqp.memoryWatermark() / 100.0,
                        amqp.scram());
        return new AmqpBrokerServerParams(
                settings,
                parts.connections(),
                parts.cache().store(),
                parts.core().queues(),
                parts.core().topics(),
                parts.core().shards(),
                parts.router(),
                parts.core().delayed(),
                parts.security(),
                parts.shutdown(),
                parts.metrics(),
                parts.clock(),
                parts.core().records(),
                parts.core().blocking(),
                parts.services().tenants(),
                parts.services().events());
    }
}
