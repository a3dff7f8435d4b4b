package io.polymq.network;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;

/**
 * A packet of known size that takes several reads, gathered in an array which is used for nothing
 * else. It grows with what comes: who announces much and sends little holds little. Connection
 * zone.
 */
final class LargePacket {

    /** Packets that come in a few reads are as quickly joined. */
    static final int LEAST_BYTES = 32 << 10;

    /** The array is at most so many times what has come. */
    private static final int AHEAD = 32;

    private final int whole;

    /** The first read as it came, so that the array is made when more of the packet is known. */
    private ByteBuf bytes;

    private boolean begun;

    /**
     * @param first what there is of it; is released
     * @param whole the packet's size
     */
    LargePacket(ByteBuf first, int whole) {
        this.whole = whole;
        bytes = first;
    }

    /** Takes of that what is missing; whether the packet is whole now. */
    boolean add(ByteBuf in) {
        int have = bytes.readableBytes();
        int more = Math.min(missing(), in.readableBytes());
        if (!begun || bytes.writableBytes() < more) {
            begun = true;
            moveTo(array(have + more));
        }
        bytes.writeBytes(in, more);
        return have + more == whole;
    }

    private ByteBuf array(int needed) {
        int size = (int) Math.min(whole, (long) AHEAD * needed);
        return UnpooledByteBufAllocator.DEFAULT.heapBuffer(size, whole);
    }

    private void moveTo(ByteBuf array) {
        ByteBuf old = bytes;
        bytes = array;
        bytes.writeBytes(old);
        old.release();
    }

    int missing() {
        return whole - bytes.readableBytes();
    }

    ByteBuf bytes() {
        return bytes;
    }
}
