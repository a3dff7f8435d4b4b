package io.polymq.nats.jetstream.stream;

import io.polymq.core.subject.Subject;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where a delivery is answered: {@code $JS.ACK.<stream>.<consumer>.<delivered>.<stream
 * seq>.<consumer seq>.<time>.<pending>}. The longer form with domain and account is read as well.
 *
 * @param time when the message was stored, in milliseconds since 1970
 * @param pending how many messages the consumer has left behind this one
 */
public record AckSubject(
        String stream,
        String consumer,
        int deliveries,
        long sequence,
        long consumerSequence,
        long time,
        long pending) {

    private static final int SHORT = 9;
    private static final int LONG = 11;
    private static final int DIGITS = 20;
    private static final long NANOS = 1_000_000;

    public static byte[] write(
            byte[] prefix, int deliveries, StreamMessage message, long number, long pending) {
        byte[] out = Arrays.copyOf(prefix, prefix.length + 5 * (DIGITS + 1));
        int at = prefix.length;
        at = put(out, at, deliveries, true);
        at = put(out, at, message.sequence(), true);
        at = put(out, at, number, true);
        at = put(out, at, message.time() * NANOS, true);
        at = put(out, at, Math.max(0, pending), false);
        return Arrays.copyOf(out, at);
    }

    /** How long it would be. */
    public static int length(
            byte[] prefix, int deliveries, StreamMessage message, long number, long pending) {
        return prefix.length
                + digits(deliveries)
                + digits(message.sequence())
                + digits(number)
                + digits(message.time() * NANOS)
                + digits(Math.max(0, pending))
                + 4;
    }

    private static int digits(long number) {
        int digits = 1;
        for (long rest = number; rest >= 10; rest /= 10) {
            digits++;
        }
        return digits;
    }

    private static int put(byte[] out, int at, long number, boolean dot) {
        int length = digits(number);
        long rest = number;
        for (int i = at + length - 1; i >= at; i--) {
            out[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        int next = at + length;
        if (dot) {
            out[next++] = '.';
        }
        return next;
    }

    /** Null when it is none. */
    public static @Nullable AckSubject read(Subject subject) {
        String[] tokens = new String(subject.dotted(), StandardCharsets.UTF_8).split("\\.", -1);
        int at = tokens.length >= LONG ? 4 : 2;
        if (tokens.length != SHORT && tokens.length < LONG) {
            return null;
        }
        try {
            return new AckSubject(
                    tokens[at],
                    tokens[at + 1],
                    Integer.parseInt(tokens[at + 2]),
                    Long.parseLong(tokens[at + 3]),
                    Long.parseLong(tokens[at + 4]),
                    number(tokens[at + 5]) / NANOS,
                    number(tokens[at + 6]));
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** What only tells something; whoever answers may have changed it. */
    private static long number(String token) {
        try {
            return Long.parseLong(token);
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
