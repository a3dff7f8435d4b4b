package io.polymq.amqp.v1.type;

import java.math.BigInteger;

/**
 * An unsigned whole number of one of the four widths.
 *
 * @param bytes its width: 1, 2, 4 or 8
 * @param value the bits; of eight bytes the highest one is no sign
 */
public record Unsigned(int bytes, long value) {

    public static Unsigned ofByte(int value) {
        return new Unsigned(1, value & 0xFF);
    }

    public static Unsigned ofShort(int value) {
        return new Unsigned(2, value & 0xFFFF);
    }

    public static Unsigned ofInt(long value) {
        return new Unsigned(4, value & 0xFFFF_FFFFL);
    }

    public static Unsigned ofLong(long value) {
        return new Unsigned(8, value);
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
