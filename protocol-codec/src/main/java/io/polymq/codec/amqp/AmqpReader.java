package io.polymq.codec.amqp;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Reads the data types of one frame's payload. What would reach behind its end is a syntax error;
 * bits are packed as they stand next to each other. Short-lived, one thread.
 */
public final class AmqpReader {

    private final ByteBuf in;
    private final int end;
    private int bits;
    private int bitsLeft;

    /** Reads from the buffer's reader index on, {@code length} bytes at most. */
    AmqpReader(ByteBuf in, int length) {
        this.in = in;
        this.end = in.readerIndex() + length;
    }

    int remaining() {
        return end - in.readerIndex();
    }

    int octet() {
        need(1);
        return in.readUnsignedByte();
    }

    int shortInt() {
        need(2);
        return in.readUnsignedShort();
    }

    int longInt() {
        need(4);
        return in.readInt();
    }

    long unsignedLongInt() {
        need(4);
        return in.readUnsignedInt();
    }

    long longLong() {
        need(8);
        return in.readLong();
    }

    boolean bit() {
        if (bitsLeft == 0) {
            need(1);
            bits = in.readUnsignedByte();
            bitsLeft = 8;
        }
        boolean set = (bits & 1) != 0;
        bits >>= 1;
        bitsLeft--;
        return set;
    }

    String shortString() {
        int length = octet();
        need(length);
        bitsLeft = 0;
        return in.readCharSequence(length, StandardCharsets.UTF_8).toString();
    }

    byte[] longString() {
        byte[] bytes = new byte[length32()];
        in.readBytes(bytes);
        return bytes;
    }

    /** A field table, as its bytes behind the length. */
    FieldTable table() {
        byte[] bytes = longString();
        return bytes.length == 0 ? FieldTable.EMPTY : FieldTable.ofBytes(bytes);
    }

    private int length32() {
        bitsLeft = 0;
        long length = unsignedLongInt();
        if (length > remaining()) {
            throw truncated();
        }
        return (int) length;
    }

    private void need(int bytes) {
        if (remaining() < bytes) {
            throw truncated();
        }
        bitsLeft = 0;
    }

    private static AmqpException truncated() {
        return new AmqpException(
                ReplyCode.SYNTAX_ERROR, "a field reaches behind the end of its frame");
    }
}
