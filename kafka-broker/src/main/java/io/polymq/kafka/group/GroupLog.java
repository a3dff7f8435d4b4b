package io.polymq.kafka.group;

import io.polymq.storage.Durability;
import io.polymq.storage.RecordBatches;
import io.polymq.storage.Shard;
import io.polymq.storage.StorageException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.NotCoordinatorException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.coordinator.common.runtime.PartitionWriter;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the coordinator writes its records: a compacted shard per coordinator partition, of which
 * it is the only writer, so that the offsets of an append are known before it is done. Called on
 * the coordinator's threads; listeners are told on storage's.
 */
final class GroupLog implements PartitionWriter {

    private static final Logger LOG = LoggerFactory.getLogger(GroupLog.class);

    /** From this TxnOffsetCommit on a group joins a transaction by its offsets being committed. */
    private static final int FIRST_COMMIT_THAT_JOINS = 5;

    private static final int MAX_RECORDS_BYTES = 16 << 20;

    private final List<Shard> shards;
    private final Map<TopicPartition, List<Listener>> listeners = new ConcurrentHashMap<>();
    private final long[] next;
    private final LogConfig config =
            new LogConfig(Map.of("max.message.bytes", Integer.toString(MAX_RECORDS_BYTES)));
    private final IntConsumer failed;
    private final TransactionGuards guards;
    private final MemberEvents members;

    /**
     * @param guards admits offsets that are committed in a transaction
     * @param members hears of what is written
     * @param failed is told the partition of which an append has failed: what the coordinator
     *     believes of it is no longer what is stored
     */
    GroupLog(
            List<Shard> shards,
            TransactionGuards guards,
            MemberEvents members,
            IntConsumer failed) {
        this.guards = guards;
        this.members = members;
        this.shards = List.copyOf(shards);
        this.next = new long[shards.size()];
        this.failed = failed;
    }

    Shard shard(TopicPartition partition) {
        return shards.get(partition.partition());
    }

    int partitions() {
        return shards.size();
    }

    /** Loading has come to the shard's end: from here on offsets are counted. */
    void loaded(TopicPartition partition, long endOffset) {
        synchronized (next) {
            next[partition.partition()] = endOffset;
        }
    }

    @Override
    public void registerListener(TopicPartition partition, Listener listener) {
        listeners.computeIfAbsent(partition, _ -> new CopyOnWriteArrayList<>()).add(listener);
    }

    @Override
    public void deregisterListener(TopicPartition partition, Listener listener) {
        List<Listener> known = listeners.get(partition);
        if (known != null) {
            known.remove(listener);
        }
    }

    @Override
    public LogConfig config(TopicPartition partition) {
        return config;
    }

    @Override
    public long append(
            TopicPartition partition,
            VerificationGuard guard,
            MemoryRecords records,
            short transactionVersion) {
        guards.appending(partition.partition(), guard, records);
        // The coordinator uses its buffer again as soon as this returns.
        ByteBuffer from = records.buffer();
        ByteBuffer batches = ByteBuffer.allocate(from.remaining()).put(from.duplicate()).flip();
        members.writing(partition.partition(), batches);
        int span = RecordBatches.offsetSpan(batches);
        long end;
        synchronized (next) {
            end = next[partition.partition()] + span;
            next[partition.partition()] = end;
        }
        shard(partition)
                .append(
                        batches,
                        Durability.SYNC,
                        (base, _, failure) -> appended(partition, base, end, span, failure));
        return end;
    }

    private void appended(
            TopicPartition partition,
            long base,
            long end,
            int span,
            @Nullable StorageException failure) {
        if (failure != null || base + span != end) {
            LOG.error("group records of {} were not kept", partition, failure);
            failed.accept(partition.partition());
            return;
        }
        for (Listener listener : listeners.getOrDefault(partition, List.of())) {
            listener.onHighWatermarkUpdated(partition, end);
        }
    }

    @Override
    public CompletableFuture<VerificationGuard> maybeStartTransactionVerification(
            TopicPartition partition,
            String transactionalId,
            long producerId,
            short producerEpoch,
            int apiVersion) {
        return guards.admit(
                transactionalId,
                partition.partition(),
                producerId,
                producerEpoch,
                apiVersion >= FIRST_COMMIT_THAT_JOINS);
    }

    @Override
    public CompletableFuture<Void> deleteRecords(TopicPartition partition, long before) {
        if (partition.partition() >= shards.size()) {
            return CompletableFuture.failedFuture(
                    new NotCoordinatorException("no partition " + partition));
        }
        return shard(partition).trim(before);
    }
}
