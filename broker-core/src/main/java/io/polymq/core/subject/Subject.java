package io.polymq.core.subject;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A concrete subject: levels, as UTF-8 bytes in dotted spelling. MQTT's spelling is the same with
 * every {@code .} and {@code /} exchanged, which makes the two a bijection. Immutable, shared;
 * equality is by bytes.
 */
public final class Subject {

    public static final Subject EMPTY = new Subject(new byte[0]);

    private final byte[] dotted;
    private final int hash;
    private @Nullable String text;
    private byte @Nullable [] slashed;

    /** Two bits per dialect: not known, can be spelled in it, cannot. A race writes the same. */
    private byte spellings;

    private Subject(byte[] dotted) {
        this.dotted = dotted;
        this.hash = Arrays.hashCode(dotted);
    }

    /** From the spelling of NATS, AMQP and Kafka; the bytes are copied. */
    public static Subject ofDotted(byte[] bytes, int offset, int length) {
        return new Subject(Arrays.copyOfRange(bytes, offset, offset + length));
    }

    public static Subject ofDotted(String text) {
        return new Subject(text.getBytes(StandardCharsets.UTF_8));
    }

    /** From MQTT's spelling; the bytes are copied. */
    public static Subject ofSlashed(byte[] bytes, int offset, int length) {
        return new Subject(exchanged(bytes, offset, length));
    }

    public static Subject ofSlashed(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new Subject(exchanged(bytes, 0, bytes.length));
    }

    /** The dotted bytes; not to be written to. */
    public byte[] dotted() {
        return dotted;
    }

    /** MQTT's spelling; not to be written to. */
    public byte[] slashed() {
        byte[] known = slashed;
        if (known == null) {
            known = exchanged(dotted, 0, dotted.length);
            slashed = known;
        }
        return known;
    }

    public int length() {
        return dotted.length;
    }

    /** Whether these dotted bytes spell this subject. */
    public boolean isDotted(byte[] bytes, int offset, int length) {
        return Arrays.equals(dotted, 0, dotted.length, bytes, offset, offset + length);
    }

    /** Whether these bytes in MQTT's spelling are this subject. */
    public boolean isSlashed(byte[] bytes, int offset, int length) {
        byte[] own = slashed();
        return Arrays.equals(own, 0, own.length, bytes, offset, offset + length);
    }

    /**
     * Whether the first level begins with {@code $}, so that a leading wildcard of MQTT does not
     * match.
     */
    public boolean isReserved() {
        return dotted.length > 0 && dotted[0] == '$';
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other
                || (other instanceof Subject that
                        && hash == that.hash
                        && Arrays.equals(dotted, that.dotted));
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** The dotted spelling. */
    @Override
    public String toString() {
        String known = text;
        if (known == null) {
            known = new String(dotted, StandardCharsets.UTF_8);
            text = known;
        }
        return known;
    }

    /** How many levels it has; none when it is empty. */
    public int levelCount() {
        if (dotted.length == 0) {
            return 0;
        }
        int levels = 1;
        for (byte b : dotted) {
            if (b == '.') {
                levels++;
            }
        }
        return levels;
    }

    int spelling(int dialect) {
        return spellings >> (2 * dialect) & 3;
    }

    void spelling(int dialect, int known) {
        spellings |= (byte) (known << (2 * dialect));
    }

    static byte[] exchanged(byte[] bytes, int offset, int length) {
        byte[] copy = Arrays.copyOfRange(bytes, offset, offset + length);
        for (int i = 0; i < copy.length; i++) {
            if (copy[i] == '/') {
                copy[i] = '.';
            } else if (copy[i] == '.') {
                copy[i] = '/';
            }
        }
        return copy;
    }
}
