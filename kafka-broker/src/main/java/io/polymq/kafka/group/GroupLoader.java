package io.polymq.kafka.group;

import io.polymq.storage.ReadResult;
import io.polymq.storage.RecordBatches;
import io.polymq.storage.Shard;
import io.polymq.storage.Slice;
import io.polymq.storage.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.coordinator.common.runtime.CoordinatorLoader;
import org.apache.kafka.coordinator.common.runtime.CoordinatorPlayback;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.common.runtime.Deserializer;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Plays the coordinator's own records back to it. Runs where blocking is allowed. */
final class GroupLoader implements CoordinatorLoader<CoordinatorRecord> {

    private static final Logger LOG = LoggerFactory.getLogger(GroupLoader.class);
    private static final int READ_BYTES = 1 << 20;

    private final GroupLog log;
    private final Executor blocking;
    private final LongSupplier clock;
    private final MemberEvents members;
    private final GroupCoordinatorRecordSerde serde = new GroupCoordinatorRecordSerde();

    GroupLoader(GroupLog log, MemberEvents members, Executor blocking, LongSupplier clock) {
        this.log = log;
        this.members = members;
        this.blocking = blocking;
        this.clock = clock;
    }

    @Override
    public CompletableFuture<LoadSummary> load(
            TopicPartition partition, CoordinatorPlayback<CoordinatorRecord> playback) {
        return CompletableFuture.supplyAsync(() -> play(partition, playback), blocking);
    }

    private LoadSummary play(
            TopicPartition partition, CoordinatorPlayback<CoordinatorRecord> playback) {
        long begun = clock.getAsLong();
        members.loading(partition.partition());
        Shard shard = log.shard(partition);
        long end = shard.highWatermark();
        long at = shard.startOffset();
        long records = 0;
        long bytes = 0;
        while (at < end) {
            try (ReadResult read = shard.read(at, READ_BYTES, true).join()) {
                long before = at;
                for (Slice slice : read.slices()) {
                    ByteBuffer batches = slice.toBuffer();
                    bytes += batches.remaining();
                    records += play(partition.partition(), batches, playback);
                    at = behind(batches);
                }
                if (at == before) {
                    break;
                }
            } catch (IOException e) {
                throw new StorageException(StorageException.Kind.IO, "loading groups", e);
            }
            playback.updateLastWrittenOffset(at);
            playback.updateLastCommittedOffset(at);
        }
        log.loaded(partition, end);
        return new LoadSummary(begun, clock.getAsLong(), 0, records, bytes);
    }

    private static long behind(ByteBuffer batches) {
        long next = 0;
        for (int at = batches.position(); at < batches.limit(); ) {
            next = RecordBatches.nextOffset(batches, at);
            at += RecordBatches.size(batches, at);
        }
        return next;
    }

    private long play(
            int partition, ByteBuffer batches, CoordinatorPlayback<CoordinatorRecord> playback) {
        long played = 0;
        for (MutableRecordBatch batch : MemoryRecords.readableRecords(batches).batches()) {
            for (Record record : batch) {
                played++;
                if (batch.isControlBatch()) {
                    control(batch, record, playback);
                } else {
                    play(partition, batch, record, playback);
                }
            }
        }
        return played;
    }

    private static void control(
            MutableRecordBatch batch,
            Record record,
            CoordinatorPlayback<CoordinatorRecord> playback) {
        ControlRecordType type = ControlRecordType.parse(record.key());
        if (type == ControlRecordType.COMMIT || type == ControlRecordType.ABORT) {
            playback.replayEndTransactionMarker(
                    batch.producerId(),
                    batch.producerEpoch(),
                    type == ControlRecordType.COMMIT
                            ? TransactionResult.COMMIT
                            : TransactionResult.ABORT);
        }
    }

    private void play(
            int partition,
            MutableRecordBatch batch,
            Record record,
            CoordinatorPlayback<CoordinatorRecord> playback) {
        CoordinatorRecord decoded;
        try {
            decoded = serde.deserialize(record.key(), record.value());
        } catch (Deserializer.UnknownRecordTypeException newer) {
            LOG.warn("left out a group record of an unknown type: {}", newer.getMessage());
            return;
        }
        members.loaded(partition, decoded);
        playback.replay(record.offset(), batch.producerId(), batch.producerEpoch(), decoded);
    }

    @Override
    public void close() {
        // the executor is the broker's
    }
}
