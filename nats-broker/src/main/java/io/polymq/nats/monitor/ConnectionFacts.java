package io.polymq.nats.monitor;

import io.polymq.nats.account.Traffic;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One connection at one moment. Immutable. */
public record ConnectionFacts(
        long id,
        String type,
        Address address,
        Times times,
        long pendingBytes,
        Traffic.Sums traffic,
        List<SubscriptionFacts> subscriptions,
        Client client,
        @Nullable Ending ending) {

    /** Where it comes from. */
    public record Address(String ip, int port) {}

    /** Milliseconds since 1970, and the last round trip in nanoseconds, 0 when unknown. */
    public record Times(long start, long lastActivity, long roundTripNanos) {}

    /** What it calls itself, and who it is. */
    public record Client(
            String name,
            String language,
            String version,
            String user,
            String account,
            @Nullable String jwt,
            @Nullable String issuerKey,
            @Nullable String nameTag) {}

    /** When and why it ended. */
    public record Ending(long stop, String reason) {}

    /** One of its subscriptions. */
    public record SubscriptionFacts(
            String account,
            String subject,
            @Nullable String queue,
            String sid,
            long messages,
            long max,
            long connection) {}
}
