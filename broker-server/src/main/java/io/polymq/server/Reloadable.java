package io.polymq.server;

import io.polymq.config.LimitsConfig;
import io.polymq.config.LogConfig;
import io.polymq.config.PolyMqConfig;

/** Tells what a running broker can take on from what needs a restart. */
final class Reloadable {
    private Reloadable() {}

    /** The configuration without the sections that take effect at run time. */
    static PolyMqConfig restOf(PolyMqConfig config) {
        return new PolyMqConfig(
                config.clusterName(),
                config.brokerId(),
                config.dataPath(),
                config.shutdownTimeout(),
                config.network(),
                config.tls(),
                config.auth(),
                LimitsConfig.DEFAULT,
                config.storage(),
                config.meta(),
                config.metrics(),
                config.admin(),
                config.webhook(),
                config.tracing(),
                LogConfig.DEFAULT,
                config.mqttRuntime(),
                config.kafkaRuntime(),
                config.amqpRuntime(),
                config.natsRuntime(),
                config.mq9Runtime());
    }
}
