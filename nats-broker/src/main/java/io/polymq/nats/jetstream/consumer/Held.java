package io.polymq.nats.jetstream.consumer;

/** A delivered message that is not acknowledged. Shard zone. */
final class Held {

    /** The consumer sequence of its first delivery. */
    final long consumerSequence;

    /** When its time to be acknowledged began, in milliseconds of the zone's clock. */
    long since;

    /** When it was delivered first, for samples. */
    final long firstAt;

    int deliveries = 1;
    boolean queued;

    /** Until when it may be held instead of the configured time; 0 for that. */
    long until;

    Held(long consumerSequence, long now) {
        this.consumerSequence = consumerSequence;
        this.since = now;
        this.firstAt = now;
    }
}
