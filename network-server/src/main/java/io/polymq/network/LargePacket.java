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
    private ByteBuf bytes;

    /**
     * @param begun what there is of it; is released
     * @param whole the packet's size
     */
    LargePacket(ByteBuf begun, int whole) {
        this.whole = whole;
        bytes = array(begun.readableBytes());
        move(begun);
    }

    private ByteBuf array(int needed) {
        int size = (int) Math.min(whole, (long) AHEAD * needed);
        return UnpooledByteBufAllocator.DEFAULT.heapBuffer(size, whole);
    }

    private void move(ByteBuf from) {
        bytes.writeBytes(from);
        from.release();
    }

    /** Takes of that what is missing; whether the packet is whole now. */
    boolean add(ByteBuf in) {
        int have = bytes.readableBytes();
        int more = Math.min(whole - have, in.readableBytes());
        if (bytes.writableBytes() < more) {
            ByteBuf old = bytes;
            bytes = array(have + more);
            move(old);
        }
        bytes.writeBytes(in, more);
        return have + more == whole;
    }

    ByteBuf bytes() {
        return bytes;
    }
}
