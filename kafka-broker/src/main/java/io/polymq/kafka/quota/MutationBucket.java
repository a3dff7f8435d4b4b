package io.polymq.kafka.quota;

/**
 * A token bucket, as Kafka has it for what changes metadata: it may be overdrawn by one who finds
 * it not empty, and is then closed until it has filled up to zero. Any thread, one at a time.
 */
final class MutationBucket {

    private static final int SECONDS = 11;

    private double tokens = Double.NaN;
    private long filledAt;

    /** How long there is nothing to take, in milliseconds. */
    synchronized long closedFor(double perSecond, long now) {
        fill(perSecond, now);
        return tokens >= 0 ? 0 : Math.round(-tokens / perSecond * 1000);
    }

    /** Takes it, whether it is there or not. */
    synchronized void take(double amount, double perSecond, long now) {
        fill(perSecond, now);
        tokens = Math.min(perSecond * SECONDS, tokens - amount);
    }

    private void fill(double perSecond, long now) {
        double most = perSecond * SECONDS;
        tokens =
                Double.isNaN(tokens)
                        ? most
                        : Math.min(most, tokens + (now - filledAt) * perSecond / 1000);
        filledAt = now;
    }
}
