package io.polymq.storage;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes a batch anew without some of its records: same base offset, same last offset, same
 * compression and producer, so that offsets stay where they were.
 */
final class BatchRewriter {

    private BatchRewriter() {}

    /** Which records stay. */
    interface Keep {
        boolean test(RecordBatchCursor record);
    }

    /**
     * @param batches one or more batches
     * @return the same buffer when every record stays, null when none does
     */
    static @Nullable ByteBuffer filter(ByteBuffer batches, Keep keep) {
        List<ByteBuffer> kept = new ArrayList<>();
        boolean same = true;
        int bytes = 0;
        for (int at = batches.position(); at < batches.limit(); ) {
            int size = RecordBatches.size(batches, at);
            ByteBuffer batch = batches.slice(at, size);
            ByteBuffer fresh = filterOne(batch, keep);
            same &= fresh == batch;
            if (fresh != null) {
                kept.add(fresh);
                bytes += fresh.remaining();
            }
            at += size;
        }
        if (same) {
            return batches;
        }
        if (kept.isEmpty()) {
            return null;
        }
        ByteBuffer all = ByteBuffer.allocate(bytes);
        kept.forEach(all::put);
        return all.flip();
    }

    private static @Nullable ByteBuffer filterOne(ByteBuffer batch, Keep keep) {
        RecordBatchCursor cursor = new RecordBatchCursor().reset(batch);
        if (!cursor.nextBatch()) {
            return null;
        }
        int at = batch.position();
        int attributes = cursor.attributes();
        RecordBatchBuilder builder = new RecordBatchBuilder(BatchCompression.of(attributes));
        RecordHeaders headers = new RecordHeaders();
        int total = 0;
        while (cursor.nextInBatch()) {
            total++;
            if (keep.test(cursor)) {
                builder.appendAt(
                        (int) (cursor.offset() - cursor.baseOffset()),
                        cursor.timestamp(),
                        cursor.key(),
                        cursor.value(),
                        headers.clear().addAll(cursor.headers()));
            }
        }
        if (builder.count() == total) {
            return batch;
        }
        if (builder.isEmpty()) {
            return null;
        }
        builder.attributes(attributes);
        builder.producer(
                cursor.producerId(),
                batch.getShort(at + RecordBatches.PRODUCER_EPOCH),
                batch.getInt(at + RecordBatches.BASE_SEQUENCE));
        return builder.build(
                cursor.baseOffset(), batch.getInt(at + RecordBatches.LAST_OFFSET_DELTA));
    }
}
