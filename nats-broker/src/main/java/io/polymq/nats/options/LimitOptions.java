package io.polymq.nats.options;

import java.time.Duration;

/** The server's limits and times. Immutable. */
public record LimitOptions(
        int maxConnections,
        int maxSubscriptions,
        int maxSubscriptionTokens,
        int maxPayload,
        long maxPending,
        int maxControlLine,
        int maxClosedClients,
        Times times) {

    /** Its times. */
    public record Times(
            Duration pingInterval,
            int pingMax,
            Duration writeDeadline,
            Duration authTimeout,
            Duration lameDuck,
            Duration lameDuckGrace) {

        public static final Times DEFAULT =
                new Times(
                        Duration.ofMinutes(2),
                        2,
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(2),
                        Duration.ofMinutes(2),
                        Duration.ofSeconds(10));
    }

    public static final LimitOptions DEFAULT =
            new LimitOptions(65_536, 0, 0, 1 << 20, 64L << 20, 4_096, 10_000, Times.DEFAULT);
}
