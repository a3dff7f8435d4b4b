package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;
import io.polymq.storage.RecordBatchBuilder;
import io.polymq.storage.RecordBatchCursor;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;

/**
 * Messages in a row as batches of records in memory: a few arrays of bytes, where objects for each
 * message would be several times as large, and all be moved by each collection. Shard zone.
 */
final class PackedMessages {

    /** Takes a message with what was packed with it. */
    interface Each {
        void message(long offset, KeptMessage message, long enqueuedAt);
    }

    private static final int BATCH_BYTES = 64 << 10;

    /** Behind so many, batches go into chunks; those are too large for the collector to move. */
    private static final int FEW = 16;

    /** A region of the launcher's heap, with room for the array's own header. */
    private static final int CHUNK_BYTES = (4 << 20) - 64;

    private static final ByteBuffer NO_CHUNK = ByteBuffer.allocate(0);

    /**
     * @param count of messages
     * @param payload bytes of theirs
     */
    private record Batch(long first, ByteBuffer records, int count, long payload) {

        long end() {
            return first + count;
        }
    }

    private final QueueRecords codec;
    private final ArrayDeque<Batch> batches = new ArrayDeque<>();
    private final RecordBatchBuilder last = new RecordBatchBuilder();
    private final RecordBatchCursor cursor = new RecordBatchCursor();

    /** Of the messages in {@link #last}. */
    private long lastFirst;

    private long lastPayload;

    /** The newest, from its position on free. */
    private ByteBuffer chunk = NO_CHUNK;

    private long count;
    private long payload;

    PackedMessages(QueueRecords codec) {
        this.codec = codec;
    }

    long count() {
        return count;
    }

    /** Bytes of the messages' payloads. */
    long payload() {
        return payload;
    }

    /** Packs the next message, behind all others. */
    void add(long offset, KeptMessage message, long enqueuedAt) {
        if (offset != lastFirst + last.count()) {
            endLast();
            lastFirst = offset;
        }
        codec.write(message, enqueuedAt, last);
        lastPayload += message.payload().length;
        payload += message.payload().length;
        count++;
        if (last.bytes() >= BATCH_BYTES) {
            endLast();
        }
    }

    private void endLast() {
        if (last.isEmpty()) {
            return;
        }
        int records = last.count();
        batches.add(new Batch(lastFirst, place(last.build()), records, lastPayload));
        lastFirst += records;
        lastPayload = 0;
    }

    private ByteBuffer place(ByteBuffer batch) {
        int size = batch.remaining();
        if (batches.size() < FEW || size > CHUNK_BYTES / 4) {
            return batch;
        }
        if (chunk.remaining() < size) {
            chunk = ByteBuffer.allocate(CHUNK_BYTES);
        }
        int at = chunk.position();
        chunk.put(batch);
        return chunk.slice(at, size);
    }

    /** Unpacks some of the oldest, which are no longer here then; there are any. */
    void takeSome(Each to) {
        if (batches.isEmpty()) {
            endLast();
        }
        take(to);
    }

    private void take(Each to) {
        Batch oldest = batches.remove();
        count -= oldest.count();
        payload -= oldest.payload();
        unpack(oldest, to);
    }

    /** Gives up those whose offsets lie between the two. */
    void remove(long from, long to) {
        endLast();
        for (int left = batches.size(); left > 0; left--) {
            Batch next = batches.element();
            if (next.end() <= from || next.first() >= to) {
                batches.add(batches.remove());
            } else {
                take(
                        (offset, message, enqueuedAt) -> {
                            if (offset < from || offset >= to) {
                                add(offset, message, enqueuedAt);
                            }
                        });
                endLast();
            }
        }
    }

    /** Unpacks the oldest whose offsets are not below the first; they stay here. */
    void look(long from, int most, List<QueuedMessage> found, Level level) {
        endLast();
        for (Batch batch : batches) {
            if (found.size() >= most) {
                return;
            }
            if (batch.end() > from) {
                unpack(
                        batch,
                        (offset, message, enqueuedAt) -> {
                            if (offset >= from && found.size() < most) {
                                long id = level.core.id(level, offset);
                                found.add(new QueuedMessage(id, message, 0, false, enqueuedAt));
                            }
                        });
            }
        }
    }

    private void unpack(Batch batch, Each to) {
        cursor.reset(batch.records().duplicate());
        while (cursor.next()) {
            KeptMessage message = codec.read(cursor.record());
            if (message == null) {
                throw new IllegalStateException("a packed message cannot be read");
            }
            to.message(batch.first() + cursor.offset(), message, cursor.timestamp());
        }
    }
}
