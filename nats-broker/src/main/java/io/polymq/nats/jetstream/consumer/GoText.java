package io.polymq.nats.jetstream.consumer;

import java.math.BigDecimal;

/** Values as Go prints them, since clients compare texts. Stateless. */
final class GoText {

    private static final long SECOND = 1_000_000_000L;

    private GoText() {}

    /** A duration in nanoseconds. */
    static String duration(long nanos) {
        if (nanos == 0) {
            return "0s";
        }
        if (nanos < 1_000L) {
            return nanos + "ns";
        }
        if (nanos < 1_000_000L) {
            return decimal(nanos, 3) + "µs";
        }
        if (nanos < SECOND) {
            return decimal(nanos, 6) + "ms";
        }
        long minutes = nanos / (60 * SECOND);
        String seconds = decimal(nanos % (60 * SECOND), 9) + "s";
        if (minutes == 0) {
            return seconds;
        }
        return minutes < 60
                ? minutes + "m" + seconds
                : minutes / 60 + "h" + minutes % 60 + "m" + seconds;
    }

    private static String decimal(long number, int scale) {
        BigDecimal value = BigDecimal.valueOf(number, scale).stripTrailingZeros();
        return value.toPlainString();
    }
}
