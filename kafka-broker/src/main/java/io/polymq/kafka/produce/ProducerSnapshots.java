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

/**
 * Keeps what is known of producers in a compacted shard, a record per partition, so that after a
 * restart only what was appended since has to be looked at. Shared.
 */
public final class ProducerSnapshots {

    private static final byte FORMAT = 1;

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
        return shard.readByKey(key(topic, partition)).thenApply(ProducerSnapshots::snapshot);
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

    /** Written behind: a lost snapshot costs time at the next start, nothing else. */
    void save(UUID topic, int partition, long offset, ByteBuffer states) {
        ByteBuffer value = ByteBuffer.allocate(1 + 8 + states.remaining());
        value.put(FORMAT).putLong(offset).put(states).flip();
        append(key(topic, partition), value);
    }

    void forget(UUID topic, int partition) {
        append(key(topic, partition), null);
    }

    private void append(ByteBuffer key, @Nullable ByteBuffer value) {
        ByteBuffer batch = new RecordBatchBuilder().append(clock.millis(), key, value).build();
        shard.append(
                batch,
                Durability.OS,
                (_, _, failure) -> {
                    if (failure != null) {
                        org.slf4j.LoggerFactory.getLogger(ProducerSnapshots.class)
                                .warn("a snapshot of producers was not kept", failure);
                    }
                });
    }

    private static ByteBuffer key(UUID topic, int partition) {
        return ByteBuffer.allocate(20)
                .putLong(topic.getMostSignificantBits())
                .putLong(topic.getLeastSignificantBits())
                .putInt(partition)
                .flip();
    }
}
