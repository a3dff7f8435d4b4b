package io.polymq.core.subject;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A subscription's pattern: levels, some of them wildcards. Built by the dialect that it was
 * written in, since a level that is literally {@code *} in one is a wildcard in another. Immutable,
 * shared; a filter costs one object and one byte array.
 *
 * <p>Kept as bytes: levels in dotted spelling, parted by {@code .}. A level that is one of the
 * bytes {@link #ONE}, {@link #ANY}, {@link #REST} alone is a wildcard; an exact level that begins
 * with a byte up to {@link #LITERAL} has that one put in front. Runs of wildcards are put into a
 * fixed order ({@code #.*} is {@code *.#}, {@code #.#} is {@code #}), so that filters which match
 * the same subjects are equal.
 */
public final class Filter {

    /** Exactly one level. */
    public static final byte ONE = 1;

    /** Any number of levels. */
    public static final byte ANY = 2;

    /** One level or more, at the end. */
    public static final byte REST = 3;

    /** In front of an exact level whose first byte is one of these four. */
    public static final byte LITERAL = 4;

    /** Without levels: matches the empty routing key of AMQP and nothing else. */
    public static final Filter EMPTY = new Filter(new byte[0], false);

    private final byte[] encoded;
    private final boolean skipsReserved;

    private Filter(byte[] encoded, boolean skipsReserved) {
        this.encoded = encoded;
        this.skipsReserved = skipsReserved && encoded.length > 0 && isWildcard(encoded, 0);
    }

    /** One level of a filter. */
    public sealed interface Level {}

    /** This text, in dotted spelling. */
    public record Exact(String text) implements Level {}

    /** Exactly one level: {@code +} of MQTT, {@code *} of NATS and AMQP. */
    public record One() implements Level {}

    /**
     * Any number of levels, none included: {@code #} of MQTT (at the end) and of AMQP (anywhere).
     */
    public record Any() implements Level {}

    /** One level or more, at the end: {@code >} of NATS. */
    public record Rest() implements Level {}

    /**
     * @param skipsReserved whether a leading wildcard leaves out subjects that begin with {@code
     *     $}, as MQTT has it
     */
    public static Filter of(List<? extends Level> levels, boolean skipsReserved) {
        Builder builder = new Builder(levels.size() * 8);
        for (Level level : levels) {
            switch (level) {
                case Exact exact -> {
                    byte[] text = exact.text().getBytes(StandardCharsets.UTF_8);
                    builder.exact(text, 0, text.length);
                }
                case One one -> builder.one();
                case Any any -> builder.any();
                case Rest rest -> builder.rest();
            }
        }
        return builder.build(skipsReserved);
    }

    /** The filter that matches this subject alone. */
    public static Filter exactly(Subject subject) {
        if (subject.length() == 0) {
            return EMPTY;
        }
        byte[] dotted = subject.dotted();
        Builder builder = new Builder(dotted.length);
        int from = 0;
        for (int i = 0; i <= dotted.length; i++) {
            if (i == dotted.length || dotted[i] == '.') {
                builder.exact(dotted, from, i);
                from = i + 1;
            }
        }
        return builder.build(false);
    }

    /** From {@link #encoded} bytes that were kept; the bytes are copied. */
    public static Filter ofEncoded(byte[] encoded, boolean skipsReserved) {
        return encoded.length == 0 ? EMPTY : new Filter(encoded.clone(), skipsReserved);
    }

    /** Every subject that has a level. */
    public static Filter everything() {
        return new Builder(1).any().build(false);
    }

    /** The bytes as the head comment tells; not to be written to. */
    public byte[] encoded() {
        return encoded;
    }

    /** Whether a leading wildcard leaves out subjects that begin with {@code $}. */
    public boolean skipsReserved() {
        return skipsReserved;
    }

    public int levelCount() {
        return encoded.length == 0 ? 0 : dots(encoded, encoded.length) + 1;
    }

    /** The same filter, minding or not minding the rule of {@link #skipsReserved}. */
    public Filter withSkipsReserved(boolean skips) {
        return skips == skipsReserved ? this : new Filter(encoded, skips);
    }

    public boolean isExact() {
        for (int from = 0; from < encoded.length; from = levelEnd(encoded, from) + 1) {
            if (isWildcard(encoded, from)) {
                return false;
            }
        }
        return true;
    }

    /** The only subject that it matches; null when it has wildcards. */
    public @Nullable Subject subject() {
        if (!isExact()) {
            return null;
        }
        byte[] plain = new byte[encoded.length];
        int length = 0;
        boolean first = true;
        for (byte b : encoded) {
            if (!first || b != LITERAL) {
                plain[length++] = b;
            }
            first = b == '.';
        }
        return Subject.ofDotted(plain, 0, length);
    }

    /** The levels, made anew by each call. */
    public List<Level> levels() {
        List<Level> levels = new ArrayList<>();
        for (int from = 0; from <= encoded.length && encoded.length > 0; ) {
            int end = levelEnd(encoded, from);
            if (isWildcard(encoded, from)) {
                levels.add(
                        switch (encoded[from]) {
                            case ONE -> new One();
                            case ANY -> new Any();
                            default -> new Rest();
                        });
            } else {
                int start = literalStart(encoded, from, end);
                levels.add(
                        new Exact(new String(encoded, start, end - start, StandardCharsets.UTF_8)));
            }
            from = end + 1;
        }
        return levels;
    }

    public boolean matches(Subject subject) {
        return !(skipsReserved && subject.isReserved())
                && FilterSets.matches(encoded, subject.dotted());
    }

    /** Whether it matches everything that the other one matches. */
    public boolean covers(Filter other) {
        if (skipsReserved && !other.skipsReserved && FilterSets.mayBeReserved(other.encoded)) {
            return false;
        }
        return FilterSets.covers(encoded, other.encoded);
    }

    /** Whether there can be a subject that both match. */
    public boolean overlaps(Filter other) {
        boolean notReserved = skipsReserved || other.skipsReserved;
        if (notReserved
                && (FilterSets.isReserved(encoded) || FilterSets.isReserved(other.encoded))) {
            return false;
        }
        return FilterSets.overlap(encoded, other.encoded);
    }

    /** Where the level that begins at {@code from} ends: at a dot or at the end. */
    public static int levelEnd(byte[] encoded, int from) {
        int at = from;
        while (at < encoded.length && encoded[at] != '.') {
            at++;
        }
        return at;
    }

    /** Whether the level that begins at {@code from} is a wildcard. */
    public static boolean isWildcard(byte[] encoded, int from) {
        return from < encoded.length
                && encoded[from] >= ONE
                && encoded[from] <= REST
                && (from + 1 == encoded.length || encoded[from + 1] == '.');
    }

    /** Where the text of the exact level {@code [from, end)} begins. */
    public static int literalStart(byte[] encoded, int from, int end) {
        return from < end && encoded[from] == LITERAL ? from + 1 : from;
    }

    private static int dots(byte[] bytes, int end) {
        int dots = 0;
        for (int i = 0; i < end; i++) {
            if (bytes[i] == '.') {
                dots++;
            }
        }
        return dots;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Filter that
                && skipsReserved == that.skipsReserved
                && Arrays.equals(encoded, that.encoded);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(encoded);
    }

    /** For logs: dotted, with {@code *}, {@code #} and {@code >}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Level level : levels()) {
            text.append(
                    switch (level) {
                        case Exact exact -> exact.text();
                        case One one -> "*";
                        case Any any -> "#";
                        case Rest rest -> ">";
                    });
            text.append('.');
        }
        return text.isEmpty() ? "" : text.substring(0, text.length() - 1);
    }

    /** Puts a filter together level by level. One thread. */
    public static final class Builder {

        private final ByteArrayOutputStream bytes;
        private boolean empty = true;
        private int ones;
        private boolean any;
        private boolean rest;

        public Builder(int sizeHint) {
            bytes = new ByteArrayOutputStream(sizeHint + 1);
        }

        /** A level with this text, in dotted spelling. */
        public Builder exact(byte[] text, int from, int to) {
            endRun(false);
            separate();
            if (from < to && text[from] >= ONE && text[from] <= LITERAL) {
                bytes.write(LITERAL);
            }
            bytes.write(text, from, to - from);
            return this;
        }

        public Builder one() {
            ones++;
            return this;
        }

        public Builder any() {
            any = true;
            return this;
        }

        public Builder rest() {
            ones++;
            any = true;
            rest = true;
            return this;
        }

        public Filter build(boolean skipsReserved) {
            endRun(true);
            return empty ? EMPTY : new Filter(bytes.toByteArray(), skipsReserved);
        }

        private void endRun(boolean atEnd) {
            if (rest && !atEnd) {
                throw new IllegalArgumentException("a rest wildcard is the last level");
            }
            boolean asRest = any && atEnd && ones > 0;
            for (int i = asRest ? 1 : 0; i < ones; i++) {
                wildcard(ONE);
            }
            if (any) {
                wildcard(asRest ? REST : ANY);
            }
            ones = 0;
            any = false;
        }

        private void wildcard(byte which) {
            separate();
            bytes.write(which);
        }

        private void separate() {
            if (!empty) {
                bytes.write('.');
            }
            empty = false;
        }
    }
}
