package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;
import io.polymq.storage.GroupCursor;
import io.polymq.storage.ReadResult;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.Shard;
import io.polymq.storage.Slice;
import io.polymq.storage.StorageException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads a queue's messages from its shard without consuming them, page by page. Shard zone. */
final class ShardBrowse {

    private static final int PAGE_BYTES = 256 << 10;

    private final Level level;
    private final Shard shard;
    private final GroupCursor cursor;
    private final RecordReader reader;
    private final int max;
    private final Browse.Result to;
    private final RecordBatchCursor records = new RecordBatchCursor();
    private final List<QueuedMessage> found = new ArrayList<>();

    ShardBrowse(
            Level level,
            Shard shard,
            GroupCursor cursor,
            RecordReader reader,
            int max,
            Browse.Result to) {
        this.level = level;
        this.shard = shard;
        this.cursor = cursor;
        this.reader = reader;
        this.max = max;
        this.to = to;
    }

    void begin(long offset) {
        long from = Math.max(cursor.nextUnacknowledged(offset), shard.startOffset());
        if (from >= shard.highWatermark() || found.size() >= max) {
            to.found(found, null);
            return;
        }
        shard.read(from, PAGE_BYTES, true)
                .whenComplete(
                        (result, failure) ->
                                level.core.queue().execute(() -> arrived(from, result, failure)));
    }

    private void arrived(long from, @Nullable ReadResult result, @Nullable Throwable failure) {
        if (result == null) {
            to.found(List.of(), failure);
            return;
        }
        long next = from;
        try (result) {
            for (Slice slice : result.slices()) {
                records.reset(slice.toBuffer());
                boolean more = records.next();
                while (more && found.size() < max) {
                    if (records.offset() >= next) {
                        next = records.offset() + 1;
                        one();
                    }
                    more = records.next();
                }
                if (!more) {
                    next = Math.max(next, records.lastOffset() + 1);
                }
            }
        } catch (IOException | StorageException e) {
            to.found(List.of(), e);
            return;
        }
        if (next == from) {
            to.found(found, null);
        } else {
            begin(next);
        }
    }

    private void one() {
        long offset = records.offset();
        if (cursor.isAcknowledged(offset)) {
            return;
        }
        Entry entry = level.find(offset);
        if (entry != null) {
            found.add(level.core.view(entry));
            return;
        }
        KeptMessage message = records.isControl() ? null : reader.read(records.record());
        if (message != null) {
            found.add(
                    new QueuedMessage(
                            level.core.id(level, offset), message, 0, false, records.timestamp()));
        }
    }
}
