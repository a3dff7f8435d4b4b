package io.polymq.kafka.produce;

import io.polymq.storage.Durability;
import io.polymq.storage.KeyedRead;
import io.polymq.storage.RecordBatchBuilder;
import io.polymq.storage.Shard;
import io.polymq.storage.StoredRecord;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what is known of producers in a compacted shard, a record per partition, so that after a
 * restart only what was appended since has to be looked at. Shared.
 */
public final class ProducerSnapshots {

    private static final Logger LOG = LoggerFactory.getLogger(ProducerSnapshots.class);

    private static final byte FORMAT = 2;
    private static final int NO_CHUNK = -1;

    private final Shard shard;
    private final Executor blocking;
    private final InstantSource clock;

    /**
     * @param blocking runs what reads files
     */
    public ProducerSnapshots(Shard shard, Executor blocking, InstantSource clock) {
        this.shard = shard;
        this.blocking = blocking;
        this.clock = clock;
    }

    /** The partition's states up to {@code offset}, which is where reading has to go on. */
    record Snapshot(long offset, ByteBuffer states) {}

    Executor blocking() {
        return blocking;
    }

    long now() {
        return clock.millis();
    }

    /** The newest snapshot; null when there is none that can be read. */
    CompletableFuture<@Nullable Snapshot> load(UUID topic, int partition) {
        return shard.readByKey(key(topic, partition, NO_CHUNK))
                .thenApply(ProducerSnapshots::snapshot);
    }

    private static @Nullable Snapshot snapshot(KeyedRead read) {
        StoredRecord stored = read.record();
        ByteBuffer value = stored == null ? null : stored.value();
        if (value == null || value.remaining() < 9) {
            return null;
        }
        ByteBuffer from = ByteBuffer.allocate(value.remaining()).put(value.duplicate()).flip();
        return from.get() == FORMAT ? new Snapshot(from.getLong(), from) : null;
    }

    /**
     * Written behind: a lost snapshot costs time at the next start, nothing else. But the first of
     * a partition tells that there is something to be looked at, so that one is waited for.
     */
    CompletableFuture<?> save(UUID topic, int partition, long offset, ByteBuffer states) {
        ByteBuffer value = ByteBuffer.allocate(1 + 8 + states.remaining());
        value.put(FORMAT).putLong(offset).put(states).flip();
        return append(key(topic, partition, NO_CHUNK), value, Durability.SYNC);
    }

    /** Keeps what will not change any more of the partition's aborted transactions. */
    void saveAborted(UUID topic, int partition, AbortedTransactions.Chunk chunk) {
        append(
                key(topic, partition, chunk.number()),
                AbortedTransactions.encode(chunk),
                Durability.SYNC);
    }

    /** A chunk that was kept; null when it is not there. */
    CompletableFuture<AbortedTransactions.@Nullable Chunk> loadAborted(
            UUID topic, int partition, int chunk) {
        return shard.readByKey(key(topic, partition, chunk))
                .thenApply(
                        read -> {
                            StoredRecord stored = read.record();
                            ByteBuffer value = stored == null ? null : stored.value();
                            return value == null ? null : AbortedTransactions.decode(chunk, value);
                        });
    }

    void forgetAborted(UUID topic, int partition, int chunk) {
        append(key(topic, partition, chunk), null, Durability.OS);
    }

    void forget(UUID topic, int partition) {
        append(key(topic, partition, NO_CHUNK), null, Durability.OS);
    }

    private CompletableFuture<?> append(
            ByteBuffer key, @Nullable ByteBuffer value, Durability durability) {
        ByteBuffer batch = new RecordBatchBuilder().append(clock.millis(), key, value).build();
        return shard.append(batch, durability)
                .whenComplete(
                        (_, failure) -> {
                            if (failure != null) {
                                LOG.warn("a snapshot of producers was not kept", failure);
                            }
                        });
    }

    private static ByteBuffer key(UUID topic, int partition, int chunk) {
        ByteBuffer key =
                ByteBuffer.allocate(chunk == NO_CHUNK ? 20 : 24)
                        .putLong(topic.getMostSignificantBits())
                        .putLong(topic.getLeastSignificantBits())
                        .putInt(partition);
        return (chunk == NO_CHUNK ? key : key.putInt(chunk)).flip();
    }
}
