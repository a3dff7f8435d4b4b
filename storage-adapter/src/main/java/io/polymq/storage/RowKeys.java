package io.polymq.storage;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Keys of rows: numbers are big-endian so that rows of a shard lie together, in order. */
final class RowKeys {

    private RowKeys() {}

    static byte[] of(long number) {
        return ByteBuffer.allocate(8).putLong(number).array();
    }

    static byte[] of(long shard, long offset) {
        return ByteBuffer.allocate(16).putLong(shard).putLong(offset).array();
    }

    static byte[] of(long shard, ByteBuffer key) {
        ByteBuffer row = ByteBuffer.allocate(8 + key.remaining()).putLong(shard);
        row.put(8, key, key.position(), key.remaining());
        return row.array();
    }

    static byte[] of(long shard, String text) {
        return of(shard, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    static byte[] of(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static long number(byte[] row, int at) {
        return ByteBuffer.wrap(row).getLong(at);
    }

    /** What follows the shard id. */
    static String text(byte[] row) {
        return new String(row, 8, row.length - 8, StandardCharsets.UTF_8);
    }

    /** The first key behind all that begin with the prefix. */
    static byte[] behind(byte[] prefix) {
        byte[] key = prefix.clone();
        for (int i = key.length - 1; i >= 0; i--) {
            if (key[i] != (byte) 0xff) {
                key[i]++;
                return Arrays.copyOf(key, i + 1);
            }
        }
        byte[] last = new byte[64];
        Arrays.fill(last, (byte) 0xff);
        return last;
    }
}
