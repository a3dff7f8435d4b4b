package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;

/**
 * A message in a queue.
 *
 * @param offset identifies it within the queue, in the order of publishing; its place in the shard,
 *     and in a queue with priorities {@code place << 8 | priority}
 * @param message what was published
 * @param deliveries how often it was handed out, this time included; releases that do not count
 *     left out
 * @param redelivered whether it may have been handed out before
 * @param enqueuedAt milliseconds since 1970
 */
public record QueuedMessage(
        long offset, KeptMessage message, int deliveries, boolean redelivered, long enqueuedAt) {}
