package io.polymq.storage;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Where things stand in a v2 record batch, for those who look at one without decoding it. Shared,
 * stateless.
 */
public final class RecordBatches {

    public static final int BASE_OFFSET = 0;
    public static final int LENGTH = 8;
    public static final int LEADER_EPOCH = 12;
    public static final int MAGIC = 16;
    public static final int CRC = 17;
    public static final int ATTRIBUTES = 21;
    public static final int LAST_OFFSET_DELTA = 23;
    public static final int BASE_TIMESTAMP = 27;
    public static final int MAX_TIMESTAMP = 35;
    public static final int PRODUCER_ID = 43;
    public static final int PRODUCER_EPOCH = 51;
    public static final int BASE_SEQUENCE = 53;
    public static final int RECORD_COUNT = 57;
    public static final int HEADER_BYTES = 61;

    /** Bits of the attributes. */
    public static final int COMPRESSION_MASK = 0x07;

    public static final int LOG_APPEND_TIME = 0x08;
    public static final int TRANSACTIONAL = 0x10;
    public static final int CONTROL = 0x20;

    private RecordBatches() {}

    /** The whole size of the batch that begins at {@code at}. */
    public static int size(ByteBuffer batches, int at) {
        return batches.getInt(at + LENGTH) + LENGTH + 4;
    }

    /** How many offsets the batches between position and limit take together. */
    public static int offsetSpan(ByteBuffer batches) {
        int span = 0;
        for (int at = batches.position(); at < batches.limit(); at += size(batches, at)) {
            span += batches.getInt(at + LAST_OFFSET_DELTA) + 1;
        }
        return span;
    }

    /** How many records the batches between position and limit hold together. */
    public static int recordCount(ByteBuffer batches) {
        int count = 0;
        for (int at = batches.position(); at < batches.limit(); at += size(batches, at)) {
            count += batches.getInt(at + RECORD_COUNT);
        }
        return count;
    }

    /** The largest timestamp in the batches between position and limit. */
    public static long maxTimestamp(ByteBuffer batches) {
        long max = -1;
        for (int at = batches.position(); at < batches.limit(); at += size(batches, at)) {
            max = Math.max(max, batches.getLong(at + MAX_TIMESTAMP));
        }
        return max;
    }

    /** The offset behind the last record of the batch that begins at {@code at}. */
    public static long nextOffset(ByteBuffer batches, int at) {
        return batches.getLong(at + BASE_OFFSET) + batches.getInt(at + LAST_OFFSET_DELTA) + 1;
    }

    /** The checksum that the batch at {@code at} ought to carry. */
    public static int checksum(ByteBuffer batches, int at, int size) {
        CRC32C crc = new CRC32C();
        crc.update(batches.slice(at + ATTRIBUTES, size - ATTRIBUTES));
        return (int) crc.getValue();
    }

    /**
     * Checks that whole, well-formed v2 batches with a right checksum fill the buffer between
     * position and limit; the records inside are not decoded.
     *
     * @return how many batches there are
     * @throws StorageException {@link StorageException.Kind#CORRUPT_BATCH}, saying what and where
     */
    public static int check(ByteBuffer batches) {
        int count = 0;
        int at = batches.position();
        if (at == batches.limit()) {
            throw corrupt("no batch", at);
        }
        while (at < batches.limit()) {
            int left = batches.limit() - at;
            if (left < HEADER_BYTES) {
                throw corrupt("a batch header of only " + left + " bytes", at);
            }
            int length = batches.getInt(at + LENGTH);
            if (length < HEADER_BYTES - LENGTH - 4 || length > left - LENGTH - 4) {
                throw corrupt("batch length " + length + " with " + left + " bytes left", at);
            }
            if (batches.get(at + MAGIC) != 2) {
                throw corrupt("magic " + batches.get(at + MAGIC) + " instead of 2", at);
            }
            if (batches.getInt(at + LAST_OFFSET_DELTA) < 0
                    || batches.getInt(at + LAST_OFFSET_DELTA) == Integer.MAX_VALUE) {
                throw corrupt("last offset delta out of range", at);
            }
            int records = batches.getInt(at + RECORD_COUNT);
            if (records < 0 || records > batches.getInt(at + LAST_OFFSET_DELTA) + 1) {
                throw corrupt("more records than offsets", at);
            }
            int size = length + LENGTH + 4;
            if (checksum(batches, at, size) != batches.getInt(at + CRC)) {
                throw corrupt("wrong checksum", at);
            }
            at += size;
            count++;
        }
        return count;
    }

    private static StorageException corrupt(String what, int at) {
        return new StorageException(
                StorageException.Kind.CORRUPT_BATCH, what + " at position " + at);
    }
}
