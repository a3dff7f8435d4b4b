package io.polymq.kafka.produce;

import io.polymq.storage.ReadResult;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.RecordBatches;
import io.polymq.storage.Shard;
import io.polymq.storage.Slice;
import io.polymq.storage.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * Learns from the log what a snapshot does not say: every batch's producer, sequences and
 * transaction. Replaying what is known already changes nothing. Where blocking is allowed, before
 * anyone else sees the states.
 */
final class ProducerReplay {

    private static final int SCAN_BYTES = 1 << 20;

    private final Shard shard;
    private final Map<Long, ProducerState> states;
    private final PartitionTransactions transactions;

    ProducerReplay(
            Shard shard, Map<Long, ProducerState> states, PartitionTransactions transactions) {
        this.shard = shard;
        this.states = states;
        this.transactions = transactions;
    }

    /** Goes through the log from there to its end. */
    void from(long offset) {
        long at = Math.max(offset, shard.startOffset());
        long end = shard.highWatermark();
        while (at < end) {
            try (ReadResult read = shard.read(at, SCAN_BYTES, true).join()) {
                long before = at;
                for (Slice slice : read.slices()) {
                    at = Math.max(at, replay(slice.toBuffer(), at));
                }
                if (at == before) {
                    return;
                }
            } catch (IOException e) {
                throw new StorageException(StorageException.Kind.IO, "scanning producers", e);
            }
        }
    }

    private long replay(ByteBuffer batches, long from) {
        long next = from;
        for (int at = batches.position(); at < batches.limit(); ) {
            if (batches.getLong(at + RecordBatches.PRODUCER_ID) >= 0) {
                replay(batches, at);
            }
            next = RecordBatches.nextOffset(batches, at);
            at += RecordBatches.size(batches, at);
        }
        return next;
    }

    private void replay(ByteBuffer batches, int at) {
        long id = batches.getLong(at + RecordBatches.PRODUCER_ID);
        short epoch = batches.getShort(at + RecordBatches.PRODUCER_EPOCH);
        long time = batches.getLong(at + RecordBatches.MAX_TIMESTAMP);
        long base = batches.getLong(at + RecordBatches.BASE_OFFSET);
        short attributes = batches.getShort(at + RecordBatches.ATTRIBUTES);
        ProducerState state = states.computeIfAbsent(id, _ -> new ProducerState(id, epoch, time));
        synchronized (state) {
            if ((attributes & RecordBatches.CONTROL) != 0) {
                marker(state, epoch, time, base, batches, at);
                return;
            }
            int first = batches.getInt(at + RecordBatches.BASE_SEQUENCE);
            int count = batches.getInt(at + RecordBatches.LAST_OFFSET_DELTA) + 1;
            int last = ProducerState.last(first, count);
            if (epoch >= state.epoch() && state.duplicate(epoch, first, last) == null) {
                state.add(epoch, first, last, CompletableFuture.completedFuture(base), time);
            }
        }
        if ((attributes & RecordBatches.TRANSACTIONAL) != 0) {
            transactions.begin(id, base);
        }
    }

    private void marker(
            ProducerState state, short epoch, long time, long base, ByteBuffer batches, int at) {
        RecordBatchCursor cursor = new RecordBatchCursor();
        cursor.reset(batches.duplicate().position(at).limit(at + RecordBatches.size(batches, at)));
        if (!cursor.next()) {
            return;
        }
        ByteBuffer key = cursor.key();
        ByteBuffer value = cursor.value();
        if (key == null || value == null) {
            return;
        }
        ControlRecordType type = ControlRecordType.parse(key.duplicate());
        if (type == ControlRecordType.COMMIT || type == ControlRecordType.ABORT) {
            // the value begins with its version, then has the coordinator's epoch
            int coordinator = value.getInt(value.position() + Short.BYTES);
            state.marked(epoch, coordinator, time);
            transactions.end(state.id(), base, type == ControlRecordType.COMMIT);
        }
    }

    /** The control batch that ends a transaction, as it goes to the log. */
    static ByteBuffer marker(EndOfTransaction end, long now) {
        return MemoryRecords.withEndTransactionMarker(
                        0,
                        now,
                        0,
                        end.producerId(),
                        end.epoch(),
                        new EndTransactionMarker(
                                end.commit() ? ControlRecordType.COMMIT : ControlRecordType.ABORT,
                                end.coordinatorEpoch()))
                .buffer();
    }
}
