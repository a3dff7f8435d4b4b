package io.polymq.core.queue;

/**
 * A queue's counters at one moment. Totals count from when the process started.
 *
 * @param ready messages that wait; over a foreign shard with a filter an upper bound
 * @param inFlight delivered and not settled
 * @param bytes payload bytes of those that wait
 */
public record QueueStatistics(
        long ready,
        long inFlight,
        long bytes,
        int consumers,
        long published,
        long delivered,
        long acknowledged,
        long redelivered,
        long expired,
        long deadLettered) {}
