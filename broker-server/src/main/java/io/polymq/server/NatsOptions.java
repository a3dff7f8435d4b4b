package io.polymq.server;

import io.polymq.config.NatsConfig;
import io.polymq.nats.options.OptionsException;
import io.polymq.nats.options.ServerOptions;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Reads the nats-server configuration that PolyMQ's own one names. */
final class NatsOptions {
    private NatsOptions() {}

    static @Nullable ServerOptions of(NatsConfig nats) throws StartupException {
        Path file = nats.serverConfig();
        if (file == null || !nats.enabled()) {
            return null;
        }
        try {
            return ServerOptions.read(file, System.getenv());
        } catch (OptionsException wrong) {
            throw new StartupException(ExitCode.CONFIGURATION, wrong);
        }
    }
}
