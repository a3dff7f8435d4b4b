package io.polymq.nats.jetstream;

/** What one account may have; -1 is without bound. Immutable. */
public record AccountLimits(
        long maxMemory,
        long maxStorage,
        long maxStreams,
        long maxConsumers,
        long maxAckPending,
        long memoryMaxStreamBytes,
        long storageMaxStreamBytes,
        boolean maxBytesRequired) {

    public static final AccountLimits NONE = new AccountLimits(-1, -1, -1, -1, -1, -1, -1, false);
}
