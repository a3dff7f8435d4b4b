package io.polymq.amqp.v1.frame;

import io.netty.buffer.ByteBuf;

/**
 * Frames around performatives, and those that come with every message written straight into a
 * buffer. Stateless.
 */
public final class Frames {

    public static final int HEADER_BYTES = 8;
    public static final int AMQP = 0;
    public static final int SASL = 1;

    /** No peer may want smaller ones. */
    public static final int LEAST_MAX = 512;

    /** A transfer's performative with all its fields fits. */
    public static final int TRANSFER_ROOM = 48;

    private static final byte[] AMQP_HEADER = {'A', 'M', 'Q', 'P', 0, 1, 0, 0};
    private static final byte[] SASL_HEADER = {'A', 'M', 'Q', 'P', 3, 1, 0, 0};
    private static final byte[] EMPTY = {0, 0, 0, 8, 2, 0, 0, 0};

    private Frames() {}

    /** A protocol header. */
    public static byte[] header(boolean sasl) {
        return sasl ? SASL_HEADER.clone() : AMQP_HEADER.clone();
    }

    /** A frame that says that its sender is alive. */
    public static byte[] empty() {
        return EMPTY.clone();
    }

    /**
     * Begins a frame whose size is set by {@link #end}.
     *
     * @return where it begins
     */
    public static int begin(ByteBuf out, int type, int channel) {
        int at = out.writerIndex();
        out.writeInt(0).writeByte(2).writeByte(type).writeShort(channel);
        return at;
    }

    public static void end(ByteBuf out, int at) {
        out.setInt(at, out.writerIndex() - at);
    }

    /**
     * Writes a transfer's performative.
     *
     * @param first whether it is the first of its delivery, which has the tag
     */
    public static void transfer(
            ByteBuf out,
            long handle,
            int deliveryId,
            boolean first,
            boolean settled,
            boolean more) {
        out.writeByte(0).writeByte(0x53).writeByte(Descriptors.TRANSFER).writeByte(0xC0);
        int size = out.writerIndex();
        out.writeByte(0).writeByte(first ? 6 : more ? 6 : 5);
        uint(out, handle);
        if (first) {
            uint(out, deliveryId & 0xFFFF_FFFFL);
            out.writeByte(0xA0).writeByte(4).writeInt(deliveryId);
            out.writeByte(0x43);
        } else {
            out.writeByte(0x40).writeByte(0x40).writeByte(0x40);
        }
        out.writeByte(settled ? 0x41 : 0x42);
        if (first || more) {
            out.writeByte(more ? 0x41 : 0x42);
        }
        out.setByte(size, out.writerIndex() - size - 1);
    }

    private static void uint(ByteBuf out, long value) {
        if (value == 0) {
            out.writeByte(0x43);
        } else if (value <= 255) {
            out.writeByte(0x52).writeByte((int) value);
        } else {
            out.writeByte(0x70).writeInt((int) value);
        }
    }
}
