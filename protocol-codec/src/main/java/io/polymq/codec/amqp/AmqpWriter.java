package io.polymq.codec.amqp;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Writes the data types; bits that stand next to each other share octets. Short-lived, one thread.
 */
public final class AmqpWriter {

    private static final int MAX_SHORT_STRING = 255;

    private final ByteBuf out;
    private int bits;
    private int bitCount;

    AmqpWriter(ByteBuf out) {
        this.out = out;
    }

    AmqpWriter octet(int value) {
        flushBits();
        out.writeByte(value);
        return this;
    }

    AmqpWriter shortInt(int value) {
        flushBits();
        out.writeShort(value);
        return this;
    }

    AmqpWriter longInt(long value) {
        flushBits();
        out.writeInt((int) value);
        return this;
    }

    AmqpWriter longLong(long value) {
        flushBits();
        out.writeLong(value);
        return this;
    }

    AmqpWriter bit(boolean set) {
        if (bitCount == 8) {
            flushBits();
        }
        bits |= (set ? 1 : 0) << bitCount++;
        return this;
    }

    /** Longer texts are cut, between characters. */
    AmqpWriter shortString(String text) {
        flushBits();
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int length = bytes.length;
        if (length > MAX_SHORT_STRING) {
            length = MAX_SHORT_STRING;
            while ((bytes[length] & 0xC0) == 0x80) {
                length--;
            }
        }
        out.writeByte(length);
        out.writeBytes(bytes, 0, length);
        return this;
    }

    AmqpWriter longString(byte[] bytes) {
        flushBits();
        out.writeInt(bytes.length);
        out.writeBytes(bytes);
        return this;
    }

    AmqpWriter table(FieldTable table) {
        return longString(table.bytes());
    }

    /** Writes bits that are still held back; the end of every method. */
    void flushBits() {
        if (bitCount > 0) {
            out.writeByte(bits);
            bits = 0;
            bitCount = 0;
        }
    }
}
