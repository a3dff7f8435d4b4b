package io.polymq.admin.api;

import io.polymq.core.admin.AdminCall;
import io.polymq.core.message.Message;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.subject.Subject;
import io.polymq.core.topic.Committed;
import io.polymq.core.topic.Topic;
import io.polymq.storage.ReadResult;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.RecordBatches;
import io.polymq.storage.Shard;
import io.polymq.storage.Slice;
import io.polymq.storage.StoredRecord;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a partition for people: whatever protocol wrote a record, it is told in neutral terms. */
final class RecordPages {
    private static final int MOST_BYTES = 4 << 20;

    private final MessageRecords records;

    RecordPages(MessageRecords records) {
        this.records = records;
    }

    /** A page of what is committed. */
    Map<String, Object> read(Topic topic, Shard shard, Committed committed, long from, int limit)
            throws Exception {
        List<Map<String, Object>> items = new ArrayList<>();
        long next = Math.max(from, shard.startOffset());
        if (next < committed.end()) {
            try (ReadResult result = AdminCall.await(shard.read(next, MOST_BYTES, true))) {
                next = collect(topic, result, committed, next, limit, items);
            }
        }
        Map<String, Object> page = new LinkedHashMap<>();
        page.put("start_offset", shard.startOffset());
        page.put("high_watermark", shard.highWatermark());
        page.put("next_offset", next);
        page.put("items", items);
        return page;
    }

    private long collect(
            Topic topic,
            ReadResult result,
            Committed committed,
            long from,
            int limit,
            List<Map<String, Object>> items)
            throws Exception {
        long end = committed.end();
        Subject implied = Subject.ofDotted(topic.name());
        RecordBatchCursor cursor = new RecordBatchCursor(MOST_BYTES * 4);
        long next = from;
        for (Slice slice : result.slices()) {
            cursor.reset(slice.toBuffer());
            while (cursor.nextBatch()) {
                if (cursor.baseOffset() >= end) {
                    return next;
                }
                boolean hidden = isHidden(cursor, committed);
                while (cursor.nextInBatch()) {
                    if (cursor.offset() < from) {
                        continue;
                    }
                    if (items.size() == limit) {
                        return next;
                    }
                    next = cursor.offset() + 1;
                    if (!hidden) {
                        items.add(shown(cursor.record(), implied));
                    }
                }
                next = Math.max(next, cursor.lastOffset() + 1);
            }
        }
        return next;
    }

    private static boolean isHidden(RecordBatchCursor cursor, Committed committed) {
        return cursor.isControl()
                || (cursor.attributes() & RecordBatches.TRANSACTIONAL) != 0
                        && committed.isAborted(cursor.producerId(), cursor.baseOffset());
    }

    private Map<String, Object> shown(StoredRecord record, Subject implied) {
        Message message = records.read(record, implied, new Message());
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("offset", record.offset());
        row.put("timestamp", record.timestamp());
        row.put("key", bytes(record.key()));
        row.put("tombstone", record.value() == null);
        row.putAll(Shown.message(message));
        return row;
    }

    private static @Nullable Object bytes(@Nullable ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        byte[] copy = new byte[buffer.remaining()];
        buffer.duplicate().get(copy);
        return Shown.bytes(copy, 0, copy.length);
    }
}
