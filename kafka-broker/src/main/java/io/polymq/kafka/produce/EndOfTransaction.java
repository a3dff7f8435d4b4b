package io.polymq.kafka.produce;

/**
 * How a producer's transaction ends.
 *
 * @param epoch the producer's, or the one that fences what it wrote before
 */
public record EndOfTransaction(
        long producerId, short epoch, int coordinatorEpoch, boolean commit) {}
