package io.polymq.core.queue;

/** What happened in a queue since it was loaded. Shard zone. */
final class Counters {

    long published;
    long delivered;
    long acknowledged;
    long redelivered;
    long expired;
    long deadLettered;
    private QueueStatistics told = with(0, 0, 0, 0);

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

    /** What is new since the last time. */
    void tell(QueueTotals totals) {
        if (published != told.published()
                || delivered != told.delivered()
                || acknowledged != told.acknowledged()
                || expired != told.expired()
                || deadLettered != told.deadLettered()) {
            QueueStatistics now = with(0, 0, 0, 0);
            totals.add(told, now);
            told = now;
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
