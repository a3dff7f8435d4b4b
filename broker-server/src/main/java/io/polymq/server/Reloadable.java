package io.polymq.server;

import io.polymq.config.AuthConfig;
import io.polymq.config.LimitsConfig;
import io.polymq.config.LogConfig;
import io.polymq.config.PolyMqConfig;
import java.util.List;

/** Tells what a running broker can take on from what needs a restart. */
final class Reloadable {
    private Reloadable() {}

    /** The configuration without what takes effect at run time. */
    static PolyMqConfig restOf(PolyMqConfig config) {
        return new PolyMqConfig(
                config.clusterName(),
                config.brokerId(),
                config.dataPath(),
                config.shutdownTimeout(),
                config.network(),
                config.tls(),
                restOf(config.auth()),
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

    private static AuthConfig restOf(AuthConfig auth) {
        return new AuthConfig(
                auth.allowAnonymous(),
                auth.believeNames(),
                auth.chain(),
                auth.withoutRule(),
                auth.passwordIterations(),
                auth.scramIterations(),
                auth.remember(),
                auth.backoff(),
                AuthConfig.DEFAULT.admin(),
                List.of(),
                List.of(),
                auth.certificate(),
                auth.jwt(),
                auth.ldap(),
                auth.http());
    }
}
