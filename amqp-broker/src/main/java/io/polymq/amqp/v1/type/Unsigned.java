package io.polymq.amqp.v1.type;

import java.math.BigInteger;
import java.util.List;
import java.util.stream.IntStream;

/**
 * An unsigned whole number of one of the four widths.
 *
 * @param bytes its width: 1, 2, 4 or 8
 * @param value the bits; of eight bytes the highest one is no sign
 */
public record Unsigned(int bytes, long value) {

    /** Descriptors, handles and the like come with every frame, and need no object each. */
    private static final int SMALL = 256;

    private static final List<Unsigned> SMALL_BYTES = small(1);
    private static final List<Unsigned> SMALL_INTS = small(4);
    private static final List<Unsigned> SMALL_LONGS = small(8);

    private static List<Unsigned> small(int bytes) {
        return IntStream.range(0, SMALL).mapToObj(value -> new Unsigned(bytes, value)).toList();
    }

    public static Unsigned ofByte(int value) {
        return SMALL_BYTES.get(value & 0xFF);
    }

    public static Unsigned ofShort(int value) {
        return new Unsigned(2, value & 0xFFFF);
    }

    public static Unsigned ofInt(long value) {
        long bits = value & 0xFFFF_FFFFL;
        return bits < SMALL ? SMALL_INTS.get((int) bits) : new Unsigned(4, bits);
    }

    public static Unsigned ofLong(long value) {
        return value >= 0 && value < SMALL ? SMALL_LONGS.get((int) value) : new Unsigned(8, value);
    }

    /** Whether the value is no larger than a signed number of eight bytes can be. */
    public boolean fitsLong() {
        return value >= 0;
    }

    public BigInteger toBigInteger() {
        return new BigInteger(Long.toUnsignedString(value));
    }

    @Override
    public String toString() {
        return Long.toUnsignedString(value);
    }
}
