package io.polymq.codec.kafka;

import java.nio.ByteBuffer;

/**
 * Looks at the lengths inside snappy data before the library does, which allocates whatever they
 * say. Java producers write xerial's blocks (a magic, two numbers, then length and block
 * repeatedly), others one raw block.
 */
final class SnappyFraming {

    private static final long MAGIC = 0x82534e4150505900L;
    private static final int HEADER_BYTES = 16;
    private static final int LENGTH_BYTES = 4;
    private static final int MAX_VARINT_BYTES = 5;

    private SnappyFraming() {}

    /**
     * @param skip where the data begins behind the buffer's position
     * @param maxInflated what one block may inflate to
     */
    static boolean isSound(ByteBuffer batch, int skip, int maxInflated) {
        int at = batch.position() + skip;
        int end = batch.limit();
        if (end - at < HEADER_BYTES || batch.getLong(at) != MAGIC) {
            return isSoundBlock(batch, at, end, maxInflated);
        }
        at += HEADER_BYTES;
        while (at < end) {
            if (end - at < LENGTH_BYTES) {
                return false;
            }
            if (end - at >= HEADER_BYTES && batch.getLong(at) == MAGIC) {
                at += HEADER_BYTES; // streams may be put behind each other
                continue;
            }
            int length = batch.getInt(at);
            at += LENGTH_BYTES;
            if (length < 0
                    || length > end - at
                    || !isSoundBlock(batch, at, at + length, maxInflated)) {
                return false;
            }
            at += length;
        }
        return true;
    }

    /** A block begins with the length that it inflates to. */
    private static boolean isSoundBlock(ByteBuffer batch, int from, int to, int maxInflated) {
        long inflated = 0;
        for (int i = 0; i < MAX_VARINT_BYTES && from + i < to; i++) {
            byte next = batch.get(from + i);
            inflated |= (long) (next & 0x7f) << (7 * i);
            if (next >= 0) {
                return inflated <= maxInflated;
            }
        }
        return false;
    }
}
