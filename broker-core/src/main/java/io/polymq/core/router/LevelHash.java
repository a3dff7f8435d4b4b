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

    LevelHash(long secret) {
        this.secret = secret;
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
        return fold(hash + secret + role * 0x9E3779B97F4A7C15L);
    }

    private long fold(long value) {
        long other = secret | 1;
        return Math.unsignedMultiplyHigh(value, other) ^ value * MIX;
    }
}
