package io.polymq.kafka.quota;

/**
 * A rate over a sliding window of samples, measured as Kafka's does: over at least all samples but
 * one, so that a burst after silence is spread over the whole window. Any thread, one at a time.
 *
 * <p>Who is over the limit waits as long as the window would have to be longer to be within it.
 */
final class RateWindow {

    private static final int SAMPLES = 11;
    private static final long SAMPLE_MILLIS = 1000;

    /** One more, since the oldest sample may reach into the window. */
    private static final int SLOTS = SAMPLES + 1;

    private final long[] starts = new long[SLOTS];
    private final long[] ends = new long[SLOTS];
    private final double[] sums = new double[SLOTS];
    private int current;
    private int used;

    /** Counts it in; how long the one who used it has to wait, in milliseconds. */
    synchronized long add(double amount, double limit, long now) {
        if (used == 0) {
            used = 1;
            starts[0] = now;
        } else if (now - starts[current] >= SAMPLE_MILLIS) {
            current = (current + 1) % SLOTS;
            used = Math.min(SLOTS, used + 1);
            starts[current] = now;
            sums[current] = 0;
        }
        sums[current] += amount;
        ends[current] = now;
        return wait(limit, now);
    }

    private long wait(double limit, long now) {
        double total = 0;
        long oldest = now;
        for (int i = 0; i < used; i++) {
            if (now - ends[i] < SAMPLES * SAMPLE_MILLIS) {
                total += sums[i];
                oldest = Math.min(oldest, starts[i]);
            }
        }
        long elapsed = now - oldest;
        long whole = elapsed / SAMPLE_MILLIS;
        if (whole < SAMPLES - 1) {
            elapsed += (SAMPLES - 1 - whole) * SAMPLE_MILLIS;
        }
        double rate = total * 1000 / elapsed;
        return rate > limit ? Math.round((rate - limit) / limit * elapsed) : 0;
    }
}
