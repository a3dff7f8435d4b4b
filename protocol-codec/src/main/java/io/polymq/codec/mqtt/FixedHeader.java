package io.polymq.codec.mqtt;

import io.netty.buffer.ByteBuf;

/** Finds where packets end (2.1). Stateless. */
public final class FixedHeader {

    /** Too few bytes to tell. */
    public static final int INCOMPLETE = -1;

    /** More than four bytes, or not the shortest form. */
    public static final int MALFORMED = -2;

    private FixedHeader() {}

    /** The remaining length of the packet whose first byte is at {@code at}. */
    public static int remainingLength(byte[] bytes, int at, int end) {
        int value = 0;
        for (int i = 1; i <= 4; i++) {
            if (at + i >= end) {
                return INCOMPLETE;
            }
            int b = bytes[at + i];
            value |= (b & 0x7F) << 7 * (i - 1);
            if (b >= 0) {
                return b == 0 && i > 1 ? MALFORMED : value;
            }
        }
        return MALFORMED;
    }

    /** The same on a buffer, from its reader index on. */
    public static int remainingLength(ByteBuf in) {
        int value = 0;
        for (int i = 1; i <= 4; i++) {
            if (in.readableBytes() <= i) {
                return INCOMPLETE;
            }
            int b = in.getByte(in.readerIndex() + i);
            value |= (b & 0x7F) << 7 * (i - 1);
            if (b >= 0) {
                return b == 0 && i > 1 ? MALFORMED : value;
            }
        }
        return MALFORMED;
    }

    /** Bytes of the fixed header in front of so many. */
    public static int size(int remainingLength) {
        return 1 + Wire.variableLength(remainingLength);
    }
}
