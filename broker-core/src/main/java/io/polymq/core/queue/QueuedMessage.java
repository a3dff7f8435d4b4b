package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;

/**
 * A message in a queue.
 *
 * @param offset its place in the queue's shard; identifies it within the queue
 * @param message what was published
 * @param deliveries how often it was handed out, this time included
 * @param enqueuedAt milliseconds since 1970
 */
public record QueuedMessage(long offset, KeptMessage message, int deliveries, long enqueuedAt) {

    public boolean redelivered() {
        return deliveries > 1;
    }
}
