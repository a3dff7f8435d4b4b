package io.polymq.core.queue;

/**
 * Takes messages that a queue gives up; the protocol or the core decides where they go. Called in
 * the shard zone.
 */
public interface DeadLetter {

    /** Why a message is dead. */
    enum Reason {
        EXPIRED,
        REJECTED,
        MAX_DELIVERIES,
        MAX_LENGTH
    }

    /**
     * Must keep the message safe and then run {@code done}; only then is it acknowledged in the
     * queue that gave it up.
     */
    void dead(QueuedMessage message, Reason reason, Queue from, Runnable done);
}
