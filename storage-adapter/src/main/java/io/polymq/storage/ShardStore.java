package io.polymq.storage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * All shards of one driver. Safe for any thread. Futures and listeners complete on the driver's
 * completion threads, a lone append's perhaps on the one that writes; what they run must not block.
 */
public interface ShardStore extends AutoCloseable {

    /** The driver's name: {@code log}, {@code memory}, {@code rocksdb}. */
    String driver();

    /**
     * Creates durably; fails with {@link StorageException.Kind#SHARD_EXISTS} when the name is
     * taken.
     */
    CompletableFuture<Shard> create(String name, ShardSpec spec);

    /**
     * The shard of that name, loaded when it was idle; may read the index, so not for a loop's hot
     * path.
     */
    Optional<Shard> open(String name);

    /**
     * Bytes of a shard's batches, 0 when there is none of that name; one that is idle is not loaded
     * for it. May read the index.
     */
    default long bytes(String name) {
        return open(name).map(shard -> shard.statistics().bytes()).orElse(0L);
    }

    /** Changes limits and durability of a shard that exists. */
    CompletableFuture<Void> alter(String name, ShardSpec spec);

    /**
     * Deletes durably; readers and watchers of the shard fail with {@link
     * StorageException.Kind#NO_SUCH_SHARD}.
     */
    CompletableFuture<Void> delete(String name);

    /** Names that begin with the prefix, in order; close the stream. */
    Stream<String> list(String prefix);

    /**
     * Appends to several shards at once: after a crash either all of it is there or none. The
     * results are in the order of the appends.
     */
    CompletableFuture<List<Appended>> appendAll(List<ShardAppend> appends, Durability durability);

    /**
     * Whether publishes are refused at the moment because the device is nearly full; acks, deletes
     * and reads go on.
     */
    boolean isFull();

    /** Bytes on the device and the driver's other totals, for metrics and the console. */
    StoreStatistics statistics();

    /**
     * Writes into an empty folder what a store of this driver can be opened from: everything that
     * was acknowledged before the call, and of each shard a prefix of what comes meanwhile. The
     * copy is forced and read again before this returns. Blocks; the store goes on.
     *
     * @throws UnsupportedOperationException when the driver keeps nothing
     */
    void copyTo(Path folder) throws IOException;

    @Override
    void close();
}
