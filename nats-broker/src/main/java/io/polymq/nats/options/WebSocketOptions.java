package io.polymq.nats.options;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code websocket}. Immutable. */
public record WebSocketOptions(
        @Nullable String host,
        int port,
        boolean plain,
        @Nullable TlsOptions tls,
        boolean sameOrigin,
        List<String> allowedOrigins,
        @Nullable String noAuthUser,
        List<String> advertise) {}
