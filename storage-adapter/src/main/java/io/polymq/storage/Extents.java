package io.polymq.storage;

import java.nio.ByteBuffer;

/**
 * Cuts the batches of an entry into extents: runs that are known to the index as one. A batch joins
 * the one before while they stay below {@link #LIMIT} together. The writer and recovery use the
 * same rule, so they find the same extents in the same entry. Not for several threads.
 */
final class Extents {

    /** A larger one is always a single batch. */
    static final int LIMIT = 60 << 10;

    /** Takes an extent when it is complete. */
    interface Sink {
        void extent(
                long baseOffset,
                long nextOffset,
                long maxTimestamp,
                long runningMax,
                int bytes,
                int records,
                long position);
    }

    private final Sink sink;
    private long base;
    private long next;
    private long max;
    private long runningMax;
    private int bytes;
    private int records;
    private long position;

    Extents(Sink sink) {
        this.sink = sink;
    }

    /** Begins an entry of a shard whose largest timestamp so far is that. */
    void begin(long maxTimestampSoFar) {
        runningMax = maxTimestampSoFar;
        bytes = 0;
    }

    /**
     * The next batch of the entry, {@code size} bytes at {@code at}, which has that offset and
     * stands there in the file.
     */
    void add(ByteBuffer batches, int at, int size, long baseOffset, long positionInFile) {
        if (bytes > 0 && bytes + size > LIMIT) {
            end();
        }
        if (bytes == 0) {
            base = baseOffset;
            position = positionInFile;
            max = Long.MIN_VALUE;
            records = 0;
        }
        next = baseOffset + batches.getInt(at + RecordBatches.LAST_OFFSET_DELTA) + 1;
        long time = batches.getLong(at + RecordBatches.MAX_TIMESTAMP);
        max = Math.max(max, time);
        runningMax = Math.max(runningMax, time);
        records += batches.getInt(at + RecordBatches.RECORD_COUNT);
        bytes += size;
    }

    /** The entry ends; the largest timestamp with it. */
    long end() {
        if (bytes > 0) {
            sink.extent(base, next, max, runningMax, bytes, records, position);
            bytes = 0;
        }
        return runningMax;
    }
}
