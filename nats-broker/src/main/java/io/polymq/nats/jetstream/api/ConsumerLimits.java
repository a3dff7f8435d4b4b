package io.polymq.nats.jetstream.api;

/** What the server allows every consumer; -1 is without bound. Immutable. */
public record ConsumerLimits(long maxAckPending, long maxRequestBatch) {

    public static final ConsumerLimits NONE = new ConsumerLimits(-1, -1);

    /** With the lower one of two bounds of what may wait to be acknowledged. */
    public ConsumerLimits within(long maxAckPending) {
        boolean lower =
                maxAckPending > 0
                        && (this.maxAckPending <= 0 || maxAckPending < this.maxAckPending);
        return lower ? new ConsumerLimits(maxAckPending, maxRequestBatch) : this;
    }
}
