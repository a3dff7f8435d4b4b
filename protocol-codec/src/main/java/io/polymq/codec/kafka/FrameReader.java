package io.polymq.codec.kafka;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.Readable;

/**
 * What the generated message classes read from: one frame. When its bytes stay the network's, all
 * that is handed out is copied, once, so that a message outlives its frame; of a frame with an
 * array of its own, records point into that.
 */
final class FrameReader implements Readable {

    private static final int MAX_VARINT_BYTES = 5;
    private static final int MAX_VARLONG_BYTES = 10;

    private final ByteBuf in;
    private final int maxElements;
    private final boolean ownArray;

    /**
     * @param maxElements how many elements one collection may have
     * @param ownArray whether the frame's array is used for nothing else ever
     */
    FrameReader(ByteBuf in, int maxElements, boolean ownArray) {
        this.in = in;
        this.maxElements = maxElements;
        this.ownArray = ownArray;
    }

    @Override
    public byte readByte() {
        return in.readByte();
    }

    @Override
    public short readShort() {
        return in.readShort();
    }

    @Override
    public int readInt() {
        return in.readInt();
    }

    @Override
    public long readLong() {
        return in.readLong();
    }

    @Override
    public double readDouble() {
        return in.readDouble();
    }

    @Override
    public byte[] readArray(int length) {
        bounded(length);
        byte[] copy = new byte[length];
        in.readBytes(copy);
        return copy;
    }

    @Override
    public ByteBuffer readByteBuffer(int length) {
        if (!ownArray) {
            return ByteBuffer.wrap(readArray(length));
        }
        bounded(length);
        int at = in.arrayOffset() + in.readerIndex();
        in.skipBytes(length);
        return ByteBuffer.wrap(in.array(), at, length).slice();
    }

    @Override
    public int readUnsignedVarint() {
        int value = 0;
        for (int i = 0; i < MAX_VARINT_BYTES; i++) {
            byte next = in.readByte();
            value |= (next & 0x7f) << (7 * i);
            if (next >= 0) {
                return value;
            }
        }
        throw malformed("a varint of more than " + MAX_VARINT_BYTES + " bytes");
    }

    @Override
    public int readVarint() {
        int raw = readUnsignedVarint();
        return (raw >>> 1) ^ -(raw & 1);
    }

    @Override
    public long readVarlong() {
        long raw = 0;
        for (int i = 0; i < MAX_VARLONG_BYTES; i++) {
            byte next = in.readByte();
            raw |= (long) (next & 0x7f) << (7 * i);
            if (next >= 0) {
                return (raw >>> 1) ^ -(raw & 1);
            }
        }
        throw malformed("a varlong of more than " + MAX_VARLONG_BYTES + " bytes");
    }

    /**
     * The generated readers hold the announced size of every collection against this before they
     * allocate, so it is also where the bound on collections lies.
     */
    @Override
    public int remaining() {
        return Math.min(in.readableBytes(), maxElements);
    }

    @Override
    public Readable slice() {
        return new FrameReader(in.slice(), maxElements, ownArray);
    }

    private void bounded(int length) {
        if (length < 0 || length > in.readableBytes()) {
            throw malformed(
                    "a field of "
                            + length
                            + " bytes where "
                            + in.readableBytes()
                            + " are left of the frame");
        }
    }

    private static KafkaProtocolException malformed(String what) {
        return new KafkaProtocolException(KafkaProtocolException.Reason.MALFORMED, what);
    }
}
