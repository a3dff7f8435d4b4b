package io.polymq.nats.jetstream.stream;

import io.polymq.storage.ReadResult;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.Shard;
import io.polymq.storage.Slice;
import io.polymq.storage.StorageException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a stream's records from the first to the last and builds what is in memory of them: the
 * index, ids of the duplicate window, times to live, how far sources were read, transactions that
 * are open. On a thread that may block; what it found belongs to the zone afterwards.
 */
final class Recovery {

    private static final int READ_BYTES = 4 << 20;

    /** A message whose time to live its headers tell. */
    record Living(long sequence, String ttl, long time, boolean marker) {}

    /** A message id and where it was stored. */
    record Id(String id, long sequence, long time) {}

    final MessageIndex index = new MessageIndex();
    final List<Living> living = new ArrayList<>();
    final List<Id> ids = new ArrayList<>();
    final Map<String, Long> sources = new HashMap<>();
    final OpenTransactions open = new OpenTransactions();
    final List<Long> schedules = new ArrayList<>();
    @Nullable String lastId;
    long lastTime;

    /**
     * @param maxPerSubject older messages of a subject are left out
     * @param idsSince ids of earlier messages are not needed
     */
    static Recovery read(
            Shard shard,
            StreamLog log,
            RecordForm form,
            long base,
            boolean memory,
            long maxPerSubject,
            long idsSince)
            throws IOException {
        Recovery found = new Recovery();
        long from = shard.startOffset();
        found.index.reset(from + base);
        RecordBatchCursor cursor = new RecordBatchCursor();
        long end = shard.highWatermark();
        while (from < end) {
            long next = from;
            try (ReadResult result = shard.read(from, READ_BYTES, true).join()) {
                for (Slice slice : result.slices()) {
                    cursor.reset(slice.toBuffer());
                    while (cursor.nextBatch()) {
                        next = Math.max(next, cursor.lastOffset() + 1);
                        found.open.came(cursor, cursor.baseOffset() + base);
                        while (!cursor.isControl() && cursor.nextInBatch()) {
                            if (cursor.offset() >= from && !log.isHole(cursor.offset())) {
                                StreamMessage message = form.read(cursor, cursor.offset() + base);
                                found.take(message, memory, maxPerSubject, idsSince);
                            }
                        }
                        if (cursor.isControl()) {
                            found.open.ended(OpenTransactions.end(cursor), found.index::remove);
                        }
                    }
                }
            } catch (StorageException trimmed) {
                if (trimmed.kind() != StorageException.Kind.OFFSET_OUT_OF_RANGE) {
                    throw trimmed;
                }
                next = Math.max(next, shard.startOffset());
            }
            if (next <= from) {
                break;
            }
            from = next;
        }
        found.index.skipTo(shard.endOffset() - 1 + base);
        return found;
    }

    private void take(StreamMessage message, boolean memory, long maxPerSubject, long idsSince) {
        byte[] headers = message.headers();
        int size =
                StreamMessage.size(
                        memory,
                        message.subject().length(),
                        headers.length,
                        message.payload().length);
        SubjectEntry entry = index.add(message.sequence(), message.subject(), size, message.time());
        lastTime = Math.max(lastTime, message.time());
        if (maxPerSubject > 0 && entry.count() > maxPerSubject) {
            index.remove(entry.first());
        }
        if (headers.length == 0) {
            lastId = null;
            return;
        }
        String id = message.header(MsgHeaders.MSG_ID);
        lastId = id;
        if (id != null && message.time() >= idsSince) {
            ids.add(new Id(id, message.sequence(), message.time()));
        }
        String ttl = message.header(MsgHeaders.TTL);
        boolean marker = HeaderBlock.has(headers, MsgHeaders.MARKER);
        if (ttl != null || marker) {
            living.add(
                    new Living(message.sequence(), ttl == null ? "" : ttl, message.time(), marker));
        }
        String source = message.header(MsgHeaders.SOURCE);
        if (source != null) {
            String[] parts = source.split(" ");
            if (parts.length >= 4) {
                try {
                    sources.put(
                            parts[0] + ' ' + parts[2] + ' ' + parts[3], Long.parseLong(parts[1]));
                } catch (NumberFormatException foreign) {
                    lastTime = Math.max(lastTime, message.time());
                }
            }
        }
        if (HeaderBlock.has(headers, MsgHeaders.SCHEDULE)) {
            schedules.add(message.sequence());
        }
    }
}
