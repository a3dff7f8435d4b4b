package io.polymq.nats.options;

import io.polymq.nats.jetstream.api.ConsumerLimits;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** {@code jetstream}. Immutable. */
public record JetStreamOptions(
        boolean enabled,
        @Nullable Path storeDir,
        long maxMemory,
        long maxFile,
        @Nullable String domain,
        boolean syncAlways,
        ConsumerLimits consumerLimits) {

    public static final JetStreamOptions OFF =
            new JetStreamOptions(false, null, -1, -1, null, false, ConsumerLimits.NONE);

    /** What one account may have; -1 is without bound. */
    public record AccountLimits(
            long maxMemory,
            long maxFile,
            long maxStreams,
            long maxConsumers,
            long maxAckPending,
            long memoryMaxStreamBytes,
            long fileMaxStreamBytes,
            boolean maxBytesRequired) {

        public static final AccountLimits UNLIMITED =
                new AccountLimits(-1, -1, -1, -1, -1, -1, -1, false);
    }
}
