package io.polymq.server;

import io.polymq.config.NatsConfig;
import io.polymq.config.PolyMqConfig;
import io.polymq.kafka.KafkaBrokerServerParams;
import io.polymq.mqtt.MqttBrokerServerParams;
import io.polymq.mqtt.MqttSettings;
import io.polymq.nats.NatsBrokerServerParams;
import io.polymq.nats.NatsSettings;
import java.util.List;

/** Makes each protocol's parameters of the shared objects and its section. */
final class ProtocolParams {
    private ProtocolParams() {}

    static MqttBrokerServerParams mqtt(SharedObjects parts, PolyMqConfig config) {
        return new MqttBrokerServerParams(
                MqttSettings.of(config.mqttRuntime()),
                parts.router(),
                parts.security(),
                parts.core().retained(),
                parts.core().delayed(),
                parts.core().shards(),
                parts.shutdown(),
                parts.metrics(),
                parts.clock());
    }

    static KafkaBrokerServerParams kafka(SharedObjects parts, PolyMqConfig config) {
        return new KafkaBrokerServerParams(
                config.kafkaRuntime(),
                config.brokerId(),
                config.dataPath(),
                parts.core().topics(),
                parts.core().shards(),
                parts.cache().store(),
                parts.security(),
                parts.shutdown(),
                parts.clock(),
                parts.metrics());
    }

    static NatsBrokerServerParams nats(SharedObjects parts, PolyMqConfig config) {
        NatsConfig nats = config.natsRuntime();
        boolean tls = config.tls() != null;
        NatsSettings settings =
                new NatsSettings(
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
                        false,
                        true);
        return new NatsBrokerServerParams(
                parts.connections(),
                parts.rateLimiter(),
                parts.shutdown(),
                parts.metrics(),
                parts.router(),
                parts.security(),
                settings,
                List.of());
    }
}
