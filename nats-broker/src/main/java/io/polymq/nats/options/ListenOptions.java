package io.polymq.nats.options;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where the server is reached, and what it writes about that. Immutable. */
public record ListenOptions(
        String host,
        int port,
        @Nullable String advertise,
        @Nullable String httpHost,
        int httpPort,
        int httpsPort,
        String httpBasePath,
        @Nullable Path portsFileDir,
        @Nullable Path pidFile) {

    public static final int OFF = -2;
}
