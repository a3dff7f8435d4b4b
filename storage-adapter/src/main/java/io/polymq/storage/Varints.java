package io.polymq.storage;

import java.nio.ByteBuffer;

/** Zig-zag variable-length integers as v2 records use them. Shared, stateless. */
final class Varints {

    private Varints() {}

    static int sizeOfInt(int value) {
        int zigzag = (value << 1) ^ (value >> 31);
        return (38 - Integer.numberOfLeadingZeros(zigzag)) / 7 + (zigzag == 0 ? 1 : 0);
    }

    static int sizeOfLong(long value) {
        long zigzag = (value << 1) ^ (value >> 63);
        return (70 - Long.numberOfLeadingZeros(zigzag)) / 7 + (zigzag == 0 ? 1 : 0);
    }

    static int put(byte[] to, int at, int value) {
        int rest = (value << 1) ^ (value >> 31);
        while ((rest & ~0x7f) != 0) {
            to[at++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        to[at++] = (byte) rest;
        return at;
    }

    static int put(byte[] to, int at, long value) {
        long rest = (value << 1) ^ (value >> 63);
        while ((rest & ~0x7fL) != 0) {
            to[at++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        to[at++] = (byte) rest;
        return at;
    }

    /** Reads at the buffer's position and moves it; fails when more than 64 bits or cut short. */
    static long read(ByteBuffer from) {
        long value = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            if (!from.hasRemaining()) {
                throw new StorageException(
                        StorageException.Kind.CORRUPT_BATCH, "a number is cut short");
            }
            byte next = from.get();
            value |= (next & 0x7fL) << shift;
            if (next >= 0) {
                return (value >>> 1) ^ -(value & 1);
            }
        }
        throw new StorageException(StorageException.Kind.CORRUPT_BATCH, "a number has no end");
    }

    static int readInt(ByteBuffer from) {
        long value = read(from);
        if (value != (int) value) {
            throw new StorageException(
                    StorageException.Kind.CORRUPT_BATCH, "a 32-bit number is " + value);
        }
        return (int) value;
    }
}
