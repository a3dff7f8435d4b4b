package io.polymq.nats.jetstream.stream;

import org.jspecify.annotations.Nullable;

/** Names of the headers that mean something to a stream, and their values' forms. Stateless. */
public final class MsgHeaders {

    public static final String PREFIX = "Nats-";
    static final String MSG_ID = "Nats-Msg-Id";
    static final String EXPECTED = "Nats-Expected-";
    static final String EXPECTED_STREAM = "Nats-Expected-Stream";
    static final String EXPECTED_LAST_SEQ = "Nats-Expected-Last-Sequence";
    static final String EXPECTED_LAST_SUBJECT_SEQ = "Nats-Expected-Last-Subject-Sequence";
    static final String EXPECTED_LAST_SUBJECT = "Nats-Expected-Last-Subject-Sequence-Subject";
    static final String EXPECTED_LAST_MSG_ID = "Nats-Expected-Last-Msg-Id";
    static final String ROLLUP = "Nats-Rollup";
    static final String TTL = "Nats-TTL";
    static final String MARKER = "Nats-Marker-Reason";
    static final String INCR = "Nats-Incr";
    static final String SOURCE = "Nats-Stream-Source";
    static final String BATCH_ID = "Nats-Batch-Id";
    static final String BATCH_SEQ = "Nats-Batch-Sequence";
    static final String BATCH_COMMIT = "Nats-Batch-Commit";
    static final String SCHEDULE = "Nats-Schedule";
    static final String SCHEDULE_TARGET = "Nats-Schedule-Target";
    static final String SCHEDULE_TTL = "Nats-Schedule-TTL";
    static final String SCHEDULE_SOURCE = "Nats-Schedule-Source";
    static final String SCHEDULER = "Nats-Scheduler";
    static final String SCHEDULE_NEXT = "Nats-Schedule-Next";
    static final String COUNTER_SOURCES = "Nats-Counter-Sources";

    /** Stands for "never". */
    public static final long NEVER = -1;

    /** Says that a text is no time to live. */
    public static final long INVALID = -2;

    private static final long SECOND = 1000;

    private MsgHeaders() {}

    /** A sequence, -1 when it is none. */
    static long number(@Nullable String text) {
        if (text == null || text.isEmpty() || text.length() > 19) {
            return -1;
        }
        long number = 0;
        for (int i = 0; i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = number * 10 + digit;
        }
        return number;
    }

    /** Milliseconds of a time to live; 0 for none. */
    static long ttl(@Nullable String text) {
        if (text == null || text.isEmpty()) {
            return 0;
        }
        if (text.equalsIgnoreCase("never")) {
            return NEVER;
        }
        long seconds = number(text);
        if (seconds >= 0) {
            return seconds > Integer.MAX_VALUE * 10L ? INVALID : seconds * SECOND;
        }
        long nanos = duration(text);
        return nanos < 0 || nanos / 1_000_000 < SECOND ? INVALID : nanos / 1_000_000;
    }

    /** A duration as Go writes it, in nanoseconds; {@link #INVALID} when it is none. */
    public static long duration(String text) {
        if (text.isEmpty()) {
            return INVALID;
        }
        double total = 0;
        int at = 0;
        while (at < text.length()) {
            int from = at;
            while (at < text.length()
                    && (Character.isDigit(text.charAt(at)) || text.charAt(at) == '.')) {
                at++;
            }
            if (from == at) {
                return INVALID;
            }
            double value;
            try {
                value = Double.parseDouble(text.substring(from, at));
            } catch (NumberFormatException e) {
                return INVALID;
            }
            int unitFrom = at;
            while (at < text.length()
                    && !Character.isDigit(text.charAt(at))
                    && text.charAt(at) != '.') {
                at++;
            }
            double unit =
                    switch (text.substring(unitFrom, at)) {
                        case "ns" -> 1;
                        case "us", "µs", "μs" -> 1e3;
                        case "ms" -> 1e6;
                        case "s" -> 1e9;
                        case "m" -> 60e9;
                        case "h" -> 3600e9;
                        default -> -1;
                    };
            if (unit < 0) {
                return INVALID;
            }
            total += value * unit;
        }
        return total > Long.MAX_VALUE ? INVALID : (long) total;
    }
}
