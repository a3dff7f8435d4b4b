package io.polymq.nats.options;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * {@code tls}. Immutable.
 *
 * @param handshakeFirst how long a client may take to begin TLS before it is sent INFO instead;
 *     null when INFO comes first, negative when it never comes without TLS
 */
public record TlsOptions(
        Path certificate,
        Path key,
        @Nullable Path authorities,
        boolean verify,
        boolean map,
        @Nullable Duration handshakeFirst,
        @Nullable Duration timeout,
        boolean onlyTls13) {}
