package io.polymq.storage;

import java.nio.ByteBuffer;

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
}
