package io.polymq.storage;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Searches over a shard's batches that hold for every driver. {@code start} and {@code end} bound
 * the offsets that count.
 */
record BatchSearch(BatchRows rows, long start, long end) {

    /**
     * Bisects over the running maximum, which never falls, then walks on: the maximum may stem from
     * a batch that is gone.
     */
    OptionalLong offsetForTime(long timestamp) {
        long low = start;
        long high = end;
        while (low < high) {
            long middle = low + (high - low) / 2;
            BatchRows.Row row = rows.atOrBefore(middle);
            if (row == null || row.runningMax() < timestamp) {
                low = row == null ? middle + 1 : Math.max(middle + 1, row.nextOffset());
            } else {
                high = Math.max(low, Math.min(middle, row.baseOffset()));
                if (row.baseOffset() <= low) {
                    break;
                }
            }
        }
        RecordBatchCursor cursor = new RecordBatchCursor();
        for (BatchRows.Row row = holding(low); row != null && row.baseOffset() < end; ) {
            if (row.maxTimestamp() >= timestamp) {
                cursor.reset(rows.load(row));
                while (cursor.next()) {
                    if (cursor.timestamp() >= timestamp && counts(cursor)) {
                        return OptionalLong.of(cursor.offset());
                    }
                }
            }
            row = rows.atOrAfter(row.nextOffset());
        }
        return OptionalLong.empty();
    }

    TimedOffset maxTimestamp() {
        BatchRows.Row last = end == 0 ? null : rows.atOrBefore(end - 1);
        if (last == null || last.nextOffset() <= start) {
            return new TimedOffset(-1, -1);
        }
        OptionalLong found = offsetForTime(last.runningMax());
        if (found.isPresent()) {
            return new TimedOffset(found.getAsLong(), last.runningMax());
        }
        return searchMaxTimestamp();
    }

    /** The record that the running maximum stems from is gone: look at all. */
    private TimedOffset searchMaxTimestamp() {
        BatchRows.Row best = null;
        long offset = -1;
        long timestamp = -1;
        RecordBatchCursor cursor = new RecordBatchCursor();
        for (BatchRows.Row row = holding(start); row != null && row.baseOffset() < end; ) {
            if (best == null || row.maxTimestamp() > timestamp) {
                cursor.reset(rows.load(row));
                while (cursor.next()) {
                    if (cursor.offset() >= start
                            && (offset < 0 || cursor.timestamp() > timestamp)) {
                        best = row;
                        offset = cursor.offset();
                        timestamp = cursor.timestamp();
                    }
                }
            }
            row = rows.atOrAfter(row.nextOffset());
        }
        return new TimedOffset(offset, timestamp);
    }

    /** Looks from the end backwards. */
    @Nullable StoredRecord lastWithKey(ByteBuffer key) {
        return lastWithKey(key, record -> true);
    }

    @Nullable StoredRecord lastWithKey(ByteBuffer key, BatchRewriter.Keep counts) {
        RecordBatchCursor cursor = new RecordBatchCursor();
        BatchRows.Row row = end == 0 ? null : rows.atOrBefore(end - 1);
        while (row != null && row.nextOffset() > start) {
            StoredRecord found = null;
            cursor.reset(rows.load(row));
            while (cursor.next()) {
                if (counts(cursor) && key.equals(cursor.key()) && counts.test(cursor)) {
                    found = cursor.record();
                }
            }
            if (found != null) {
                return found.copy();
            }
            row = row.baseOffset() == 0 ? null : rows.atOrBefore(row.baseOffset() - 1);
        }
        return null;
    }

    /** The record at that offset, as a view of what was loaded; null when it is a hole. */
    @Nullable StoredRecord at(long offset) {
        BatchRows.Row row = offset < start || offset >= end ? null : rows.atOrBefore(offset);
        return row == null || row.nextOffset() <= offset ? null : in(rows.load(row), offset);
    }

    /** The same in batches of which one may hold it. */
    @Nullable StoredRecord in(ByteBuffer batches, long offset) {
        RecordBatchCursor cursor = new RecordBatchCursor().reset(batches);
        return offset >= start && offset < end && cursor.seek(offset) && !cursor.isControl()
                ? cursor.record()
                : null;
    }

    List<StoredRecord> withHeader(String name, ByteBuffer value, long from, int limit) {
        List<StoredRecord> found = new ArrayList<>();
        RecordBatchCursor cursor = new RecordBatchCursor();
        long first = Math.max(from, start);
        for (BatchRows.Row row = holding(first); row != null && row.baseOffset() < end; ) {
            cursor.reset(rows.load(row));
            while (cursor.next()) {
                if (found.size() >= limit) {
                    return found;
                }
                if (cursor.offset() >= first
                        && cursor.offset() < end
                        && carries(cursor, name, value)) {
                    found.add(cursor.record().copy());
                }
            }
            row = rows.atOrAfter(row.nextOffset());
        }
        return found;
    }

    private boolean counts(RecordBatchCursor cursor) {
        return cursor.offset() >= start && cursor.offset() < end;
    }

    private static boolean carries(RecordBatchCursor cursor, String name, ByteBuffer value) {
        if (cursor.headerCount() == 0) {
            return false;
        }
        for (StoredRecord.Header header : cursor.headers()) {
            if (header.name().equals(name) && value.equals(header.value())) {
                return true;
            }
        }
        return false;
    }

    /** The batch that holds the offset, or the first behind it. */
    BatchRows.@Nullable Row holding(long offset) {
        BatchRows.Row row = rows.atOrBefore(offset);
        return row != null && row.nextOffset() > offset ? row : rows.atOrAfter(offset);
    }
}
