package io.polymq.core.queue;

import io.polymq.core.message.Receipt;

/**
 * Takes messages that a queue gives up; the protocol or the core decides where they go. Called in
 * the shard zone, must not block.
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
     * Publishes it elsewhere. Whoever must keep it safe is expected by the receipt, which the queue
     * seals after this call; once it is settled the message is acknowledged in the queue that gave
     * it up. When it fails the queue tries again later, so a dead letter comes at least once.
     *
     * @param message as it was delivered last; for one that was never in the queue ({@link
     *     QueueSpec.Overflow#REJECT_DEAD_LETTER}) the offset is -1
     */
    void dead(QueuedMessage message, Reason reason, Queue from, Receipt receipt);
}
