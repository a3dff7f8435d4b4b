package io.polymq.core.queue;

/** A queue's counters at one moment. */
public record QueueStatistics(
        long ready,
        long inFlight,
        long bytes,
        int consumers,
        long published,
        long delivered,
        long acknowledged,
        long redelivered) {}
