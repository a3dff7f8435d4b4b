package io.polymq.core.router;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Hashes of levels and prefixes, with a secret so that no peer can choose texts that collide.
 * Shared, immutable.
 */
final class LevelHash {

    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long MIX = 0xA0761D6478BD642FL;

    private final long secret;
    private final long factor;

    LevelHash(long seed) {
        this.secret = spread(seed);
        this.factor = spread(seed + MIX) | 1;
    }

    long of(byte[] bytes, int from, int to) {
        long hash = secret ^ (to - from);
        int at = from;
        for (; at + 8 <= to; at += 8) {
            hash = fold(hash ^ (long) LONGS.get(bytes, at));
        }
        long tail = 0;
        for (int shift = 0; at < to; at++, shift += 8) {
            tail |= (bytes[at] & 0xFFL) << shift;
        }
        return fold(hash ^ tail ^ MIX);
    }

    /** Another hash out of one, so that equal texts in different roles fall on different places. */
    long role(long hash, int role) {
        return fold(hash ^ secret ^ role * 0x9E3779B97F4A7C15L);
    }

    /** Both halves of the product: every bit of the value reaches the lower and the upper ones. */
    private long fold(long value) {
        return Math.unsignedMultiplyHigh(value, factor) ^ value * factor;
    }

    /** Makes any seed, small ones too, a number of evenly set bits. */
    private static long spread(long seed) {
        long bits = (seed ^ seed >>> 30) * 0xBF58476D1CE4E5B9L;
        bits = (bits ^ bits >>> 27) * 0x94D049BB133111EBL;
        return bits ^ bits >>> 31 ^ MIX;
    }
}
