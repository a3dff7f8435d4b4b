package io.polymq.storage;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The newest offset of each key among records that count: those of a transaction do once its commit
 * marker is there, those of an aborted one never. Fed with the batches of a shard in order. Not for
 * several threads.
 */
final class CommittedKeys {

    private static final short COMMIT = 1;

    private final Map<ByteBuffer, Long> newest = new HashMap<>();
    private final Map<Long, Open> open = new HashMap<>();

    /** A transaction of which no marker was seen yet. */
    private record Open(long first, Map<ByteBuffer, Long> newest) {}

    /** Takes the batch that the cursor has just come to. */
    void add(RecordBatchCursor cursor) {
        boolean inTransaction = (cursor.attributes() & RecordBatches.TRANSACTIONAL) != 0;
        if (cursor.isControl()) {
            ended(cursor);
            return;
        }
        Map<ByteBuffer, Long> into =
                inTransaction
                        ? open.computeIfAbsent(
                                        cursor.producerId(),
                                        _ -> new Open(cursor.baseOffset(), new HashMap<>()))
                                .newest
                        : newest;
        while (cursor.nextInBatch()) {
            ByteBuffer key = cursor.key();
            if (key != null) {
                into.merge(copy(key), cursor.offset(), Math::max);
            }
        }
    }

    private void ended(RecordBatchCursor cursor) {
        Open ended = open.remove(cursor.producerId());
        if (ended == null || !cursor.nextInBatch()) {
            return;
        }
        ByteBuffer key = cursor.key();
        // a marker's key is its version and its type
        if (key != null && key.remaining() >= 4 && key.getShort(key.position() + 2) == COMMIT) {
            ended.newest.forEach((each, offset) -> newest.merge(each, offset, Math::max));
        }
    }

    /** The newest offset of the key that counts; null when none does. */
    @Nullable Long of(ByteBuffer key) {
        return newest.get(key);
    }

    int size() {
        return newest.size();
    }

    /** Everything below that offset is decided; at most {@code end}. */
    long decidedUpTo(long end) {
        long decided = end;
        for (Open each : open.values()) {
            decided = Math.min(decided, each.first);
        }
        return decided;
    }

    private static ByteBuffer copy(ByteBuffer key) {
        return ByteBuffer.allocate(key.remaining()).put(key).flip();
    }
}
