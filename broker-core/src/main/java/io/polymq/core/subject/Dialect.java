package io.polymq.core.subject;

import io.polymq.core.subject.InvalidSubjectException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How one family of protocols spells subjects and filters. What a dialect prints it parses back to
 * an equal filter. Shared, stateless.
 */
public enum Dialect {
    /**
     * Levels parted by {@code /}, {@code +} for one, {@code #} at the end for any number (MQTT 5,
     * 4.7). A leading wildcard leaves out subjects that begin with {@code $}.
     */
    MQTT('/', '+', 65_535) {
        @Override
        @Nullable Reason faultInSubject(byte[] bytes, int from, int to) {
            if (from == to) {
                return Reason.EMPTY;
            }
            for (int i = from; i < to; i++) {
                if (bytes[i] == '+' || bytes[i] == '#') {
                    return Reason.WILDCARD_IN_SUBJECT;
                }
                if (bytes[i] == 0) {
                    return Reason.BAD_CHARACTER;
                }
            }
            return Utf8.isValid(bytes, from, to) ? null : Reason.BAD_CHARACTER;
        }

        @Override
        @Nullable Reason faultInLevel(byte[] bytes, int from, int to, boolean last) {
            for (int i = from; i < to; i++) {
                byte b = bytes[i];
                if (b == 0) {
                    return Reason.BAD_CHARACTER;
                }
                if ((b == '+' || b == '#') && to - from > 1) {
                    return Reason.WILDCARD_IN_LEVEL;
                }
                if (b == '#' && !last) {
                    return Reason.WILDCARD_NOT_LAST;
                }
            }
            return Utf8.isValid(bytes, from, to) ? null : Reason.BAD_CHARACTER;
        }

        @Override
        void wildcard(byte symbol, boolean alone, Filter.Builder to) {
            if (symbol == '#') {
                to.any();
            } else {
                to.one();
            }
        }

        @Override
        boolean isWildcard(byte symbol) {
            return symbol == '+' || symbol == '#';
        }

        @Override
        boolean printMany(byte wildcard, boolean last, boolean alone, StringBuilder to) {
            to.append(wildcard == Filter.REST ? "+/#" : "#");
            return last;
        }
    },

    /**
     * Levels parted by {@code .}, {@code *} for one, {@code >} at the end for one or more. The
     * filter {@code >} alone is every subject, the same as {@code #} of the others.
     */
    NATS('.', '*', 65_535) {
        @Override
        @Nullable Reason faultInSubject(byte[] bytes, int from, int to) {
            if (from == to) {
                return Reason.EMPTY;
            }
            for (int i = from; i < to; i++) {
                if (isSpace(bytes[i])) {
                    return Reason.BAD_CHARACTER;
                }
            }
            return null;
        }

        @Override
        @Nullable Reason faultInLevel(byte[] bytes, int from, int to, boolean last) {
            if (from == to) {
                return Reason.EMPTY_LEVEL;
            }
            if (!last && to - from == 1 && bytes[from] == '>') {
                return Reason.WILDCARD_NOT_LAST;
            }
            return faultInSubject(bytes, from, to);
        }

        @Override
        void wildcard(byte symbol, boolean alone, Filter.Builder to) {
            if (symbol == '*') {
                to.one();
            } else if (alone) {
                to.any();
            } else {
                to.rest();
            }
        }

        @Override
        boolean isWildcard(byte symbol) {
            return symbol == '*' || symbol == '>';
        }

        @Override
        boolean printMany(byte wildcard, boolean last, boolean alone, StringBuilder to) {
            to.append('>');
            return last && (wildcard == Filter.REST || alone);
        }
    },

    /**
     * Levels parted by {@code .}, {@code *} for one, {@code #} anywhere for any number: the binding
     * keys of a topic exchange. The empty key has no levels.
     */
    AMQP('.', '*', 255) {
        @Override
        @Nullable Reason faultInSubject(byte[] bytes, int from, int to) {
            return null;
        }

        @Override
        @Nullable Reason faultInLevel(byte[] bytes, int from, int to, boolean last) {
            return null;
        }

        @Override
        void wildcard(byte symbol, boolean alone, Filter.Builder to) {
            if (symbol == '*') {
                to.one();
            } else {
                to.any();
            }
        }

        @Override
        boolean isWildcard(byte symbol) {
            return symbol == '*' || symbol == '#';
        }

        @Override
        boolean printMany(byte wildcard, boolean last, boolean alone, StringBuilder to) {
            to.append(wildcard == Filter.REST ? "*.#" : "#");
            return true;
        }
    };

    private final char separator;
    private final char one;
    private final int maxBytes;

    Dialect(char separator, char one, int maxBytes) {
        this.separator = separator;
        this.one = one;
        this.maxBytes = maxBytes;
    }

    abstract @Nullable Reason faultInSubject(byte[] bytes, int from, int to);

    abstract @Nullable Reason faultInLevel(byte[] bytes, int from, int to, boolean last);

    abstract boolean isWildcard(byte symbol);

    abstract void wildcard(byte symbol, boolean alone, Filter.Builder to);

    /** Prints a wildcard for many levels; false when the dialect has none such at this place. */
    abstract boolean printMany(byte wildcard, boolean last, boolean alone, StringBuilder to);

    /**
     * What is wrong with these bytes, in this dialect's spelling, as a concrete subject; null when
     * nothing is. NATS lets pass what its server takes from a publisher that is not pedantic.
     */
    public @Nullable Reason fault(byte[] bytes, int offset, int length) {
        return length > maxBytes ? Reason.TOO_LONG : faultInSubject(bytes, offset, offset + length);
    }

    /** The subject that these bytes spell. */
    public Subject subject(byte[] bytes, int offset, int length) throws InvalidSubjectException {
        Reason fault = fault(bytes, offset, length);
        if (fault != null) {
            throw new InvalidSubjectException(fault);
        }
        return this == MQTT
                ? Subject.ofSlashed(bytes, offset, length)
                : Subject.ofDotted(bytes, offset, length);
    }

    public Subject subject(String text) throws InvalidSubjectException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return subject(bytes, 0, bytes.length);
    }

    /**
     * Whether a client of this dialect can be sent this subject: another dialect may have put white
     * space, bytes or a length into it that would break this one's framing. Worked out once.
     */
    public boolean canSpell(Subject subject) {
        int known = subject.spelling(ordinal());
        if (known == 0) {
            byte[] bytes = spell(subject);
            known = fault(bytes, 0, bytes.length) == null ? 1 : 2;
            subject.spelling(ordinal(), known);
        }
        return known == 1;
    }

    /** The subject's bytes in this dialect; not to be written to. */
    public byte[] spell(Subject subject) {
        return this == MQTT ? subject.slashed() : subject.dotted();
    }

    public Filter parse(String text) throws InvalidSubjectException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return parse(bytes, 0, bytes.length);
    }

    public Filter parse(byte[] bytes, int offset, int length) throws InvalidSubjectException {
        if (length > maxBytes) {
            throw new InvalidSubjectException(Reason.TOO_LONG);
        }
        if (length == 0) {
            if (this == AMQP) {
                return Filter.EMPTY;
            }
            throw new InvalidSubjectException(Reason.EMPTY);
        }
        int end = offset + length;
        Filter.Builder filter = new Filter.Builder(length);
        for (int from = offset; from <= end; ) {
            int to = from;
            while (to < end && bytes[to] != separator) {
                to++;
            }
            Reason fault = faultInLevel(bytes, from, to, to == end);
            if (fault != null) {
                throw new InvalidSubjectException(fault);
            }
            if (to - from == 1 && isWildcard(bytes[from])) {
                wildcard(bytes[from], length == 1, filter);
            } else if (this == MQTT) {
                byte[] dotted = Subject.exchanged(bytes, from, to - from);
                filter.exact(dotted, 0, dotted.length);
            } else {
                filter.exact(bytes, from, to);
            }
            from = to + 1;
        }
        return filter.build(this == MQTT);
    }

    /** The filter in this dialect; empty when it has no words for it. */
    public Optional<String> print(Filter filter) {
        byte[] encoded = filter.encoded();
        if (encoded.length == 0) {
            return this == AMQP ? Optional.of("") : Optional.empty();
        }
        StringBuilder text = new StringBuilder();
        for (int from = 0; from <= encoded.length; ) {
            int end = Filter.levelEnd(encoded, from);
            boolean last = end == encoded.length;
            if (!Filter.isWildcard(encoded, from)) {
                int start = Filter.literalStart(encoded, from, end);
                if (!printExact(encoded, start, end, last, text)) {
                    return Optional.empty();
                }
            } else if (encoded[from] == Filter.ONE) {
                text.append(one);
            } else if (!printMany(encoded[from], last, encoded.length == 1, text)) {
                return Optional.empty();
            }
            if (!last) {
                text.append(separator);
            }
            from = end + 1;
        }
        return Optional.of(text.toString());
    }

    private boolean printExact(byte[] encoded, int from, int to, boolean last, StringBuilder text) {
        byte[] level =
                this == MQTT
                        ? Subject.exchanged(encoded, from, to - from)
                        : java.util.Arrays.copyOfRange(encoded, from, to);
        boolean looksWild = level.length == 1 && isWildcard(level[0]);
        if (looksWild || faultInLevel(level, 0, level.length, last) != null) {
            return false;
        }
        text.append(new String(level, StandardCharsets.UTF_8));
        return true;
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || (b >= '\t' && b <= '\r');
    }
}
