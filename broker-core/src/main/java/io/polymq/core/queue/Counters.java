package io.polymq.core.queue;

/** What happened in a queue since it was loaded. Shard zone. */
final class Counters {

    long published;
    long delivered;
    long acknowledged;
    long redelivered;
    long expired;
    long deadLettered;

    void delivered(QueuedMessage message) {
        delivered++;
        if (message.redelivered()) {
            redelivered++;
        }
    }

    void died(DeadLetter.Reason reason) {
        if (reason == DeadLetter.Reason.EXPIRED) {
            expired++;
        }
    }

    QueueStatistics with(long ready, long inFlight, long bytes, int consumers) {
        return new QueueStatistics(
                ready,
                inFlight,
                bytes,
                consumers,
                published,
                delivered,
                acknowledged,
                redelivered,
                expired,
                deadLettered);
    }
}
