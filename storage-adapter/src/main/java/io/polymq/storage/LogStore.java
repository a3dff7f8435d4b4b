package io.polymq.storage;

import io.polymq.config.StorageConfig;
import io.polymq.storage.StorageException.Kind;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The driver {@code log}: a few lanes under an index. Threads: per lane a writer and one that ends
 * requests; one that keeps the index; readers; one for maintenance (rewriting, cleaning,
 * retention); one that ticks. What each may touch is said in the classes.
 */
final class LogStore implements ShardStore {

    private static final Logger log = LoggerFactory.getLogger(LogStore.class);

    private final LogIndex index;
    private final LogLanes lanes;
    private final LogShards shards;
    private final LogReads reads;
    private final IndexApplier applier;
    private final AtomicAppends atomicAppends;
    private final SpaceGuard space;
    private final InstantSource clock;
    private final StorageMetrics metrics;
    private final StorageConfig config;
    private final Closeable lock;
    private final Rewrites rewrites = new Rewrites(this);
    private final Cleaner cleaner;
    private final LogRetention retention;
    private final ExecutorService maintenance;
    private final ScheduledExecutorService ticker;
    private final AtomicLong nextShard = new AtomicLong();
    private final AtomicLong shardCount = new AtomicLong();
    private final Set<Changed> changedCursors = ConcurrentHashMap.newKeySet();
    private final Map<Integer, Long> checkpointed = new ConcurrentSkipListMap<>();
    private volatile boolean closed;
    private volatile boolean maintaining;

    private record Changed(LogShard shard, AckCursor cursor) {}

    /** Opens the folder, with recovery; blocks. */
    LogStore(LogSetup setup) {
        config = setup.config();
        clock = setup.clock();
        metrics = setup.metrics();
        space = setup.space();
        lock = setup.lock();
        index = new LogIndex(setup.rows(), this::shardIndexed, this::retryIndex);
        lanes = new LogLanes(setup, index, this::wakeApplier);
        shards = new LogShards(index, this::make);
        reads = new LogReads(this, config.readThreads());
        atomicAppends = new AtomicAppends(this);
        applier =
                new IndexApplier(
                        index,
                        lanes::all,
                        LogReads::load,
                        config.checkpointBytes(),
                        IndexApplier.nanos(config.checkpointInterval()),
                        failure ->
                                lanes.refuse(
                                        new StorageException(
                                                Kind.UNAVAILABLE,
                                                "the index failed; storage must be opened again",
                                                failure)));
        maintenance =
                Executors.newSingleThreadExecutor(
                        Thread.ofPlatform().name("polymq-log-maintenance").daemon().factory());
        ticker =
                Executors.newScheduledThreadPool(
                        2, Thread.ofPlatform().name("polymq-log-tick-", 0).daemon().factory());
        cleaner = new Cleaner(this, rewrites, config.cleanPercent(), config.cleanRate(), metrics);
        retention = new LogRetention(this, clock, setup.nanos(), new Compactor(rewrites));
        try {
            lanes.open(clock.millis());
        } catch (IOException e) {
            abandon();
            throw new StorageException(
                    Kind.IO, "cannot open " + setup.folder() + ": " + e.getMessage(), e);
        } catch (StorageException e) {
            abandon();
            throw e;
        }
        nextShard.set(index.nextShard());
        shardCount.set(index.shardCount());
        lanes.all().forEach(lane -> checkpointed.put(lane.id, lane.segment().id()));
        lanes.start();
        applier.start(this::checkpointed);
        for (LaneWriter lane : lanes.all()) {
            atomicAppends.finish(lane.id, index.intents(lane.id));
        }
        schedule();
    }

    private void abandon() {
        reads.close();
        maintenance.shutdown();
        ticker.shutdown();
        lanes.abandon();
        index.rows().close();
        unlock();
    }

    private void schedule() {
        every(config.cursorInterval(), this::writeCursors);
        every(config.forceInterval(), () -> lanes.all().forEach(LaneWriter::forceWritten));
        every(java.time.Duration.ofSeconds(1), space::refresh);
        every(config.retentionInterval(), this::maintain);
    }

    private void every(java.time.Duration interval, Runnable action) {
        long millis = interval.toMillis();
        ticker.scheduleWithFixedDelay(
                () -> {
                    try {
                        action.run();
                    } catch (RuntimeException e) {
                        log.atError().setCause(e).log("A regular task of storage failed");
                    }
                },
                millis,
                millis,
                TimeUnit.MILLISECONDS);
    }

    // What the parts ask of the whole.

    LogIndex index() {
        return index;
    }

    LogReads reads() {
        return reads;
    }

    boolean isClosing() {
        return closed;
    }

    @Nullable LaneWriter lane(int id) {
        return lanes.get(id);
    }

    @Nullable LogShard find(String name) {
        return shards.find(name);
    }

    /** By its number, loaded when it has to be; null when it was deleted. */
    @Nullable LogShard shard(long id) {
        LogShard loaded = shards.loaded(id);
        if (loaded != null) {
            return loaded.deleted ? null : loaded;
        }
        ShardRow row = index.shard(id);
        return row == null ? null : shards.find(row.name);
    }

    /** If it is in memory. */
    @Nullable LogShard loaded(long id) {
        return shards.loaded(id);
    }

    /** On the shard's lane: whether no deletion was prepared. */
    boolean isThere(long id) {
        LogShard loaded = shards.loaded(id);
        return loaded != null ? !loaded.deleted : index.shard(id) != null;
    }

    void pin(LogShard shard) {
        shards.pin(shard);
    }

    void unpin(LogShard shard) {
        shards.unpin(shard);
    }

    void intentDone(int lane, long sequence) {
        applier.intentDone(lane, sequence);
    }

    private void wakeApplier() {
        applier.wake();
    }

    private void shardIndexed(ShardRow row) {
        LogShard shard = shards.loaded(row.id);
        if (shard != null) {
            shard.applied(row);
        }
    }

    private void retryIndex(StorageException failure) {
        if (closed) {
            throw failure;
        }
        log.atError()
                .addKeyValue("reason", failure.getMessage())
                .log("The index cannot be written; trying again");
        java.util.concurrent.locks.LockSupport.parkNanos(500_000_000L);
    }

    private void checkpointed() {
        lanes.all()
                .forEach(
                        lane -> {
                            LanePosition position = index.position(lane.id);
                            if (position != null) {
                                checkpointed.put(lane.id, position.segment());
                            }
                        });
    }

    private @Nullable LogShard make(ShardRow row) {
        LaneWriter lane = lanes.get(row.lane);
        return lane == null ? null : new LogShard(this, lane, row);
    }

    void cursorChanged(LogShard shard, AckCursor cursor) {
        changedCursors.add(new Changed(shard, cursor));
    }

    private void writeCursors() {
        for (Changed changed : new HashSet<>(changedCursors)) {
            changedCursors.remove(changed);
            changed.shard.lane.submit(
                    new LaneRequests.WriteCursor(changed.shard, changed.cursor, Durability.OS));
        }
    }

    private void maintain() {
        if (maintaining || closed) {
            return;
        }
        maintaining = true;
        try {
            maintenance.execute(
                    () -> {
                        try {
                            retention.run();
                            for (LaneWriter lane : lanes.all()) {
                                cleaner.run(lane, checkpointed.getOrDefault(lane.id, 0L));
                            }
                        } catch (RuntimeException e) {
                            if (!closed) {
                                log.atError().setCause(e).log("Maintenance of storage failed");
                            }
                        } finally {
                            maintaining = false;
                        }
                    });
        } catch (RejectedExecutionException e) {
            maintaining = false;
        }
    }

    /** Runs a rewriting of the shard's batches on the maintenance thread. */
    CompletableFuture<Long> rewriting(LogShard shard, Function<Rewrites, Long> work) {
        CompletableFuture<Long> result = new CompletableFuture<>();
        try {
            maintenance.execute(
                    () -> {
                        try {
                            shard.requireThere();
                            result.complete(work.apply(rewrites));
                        } catch (RuntimeException e) {
                            result.completeExceptionally(e);
                        }
                    });
        } catch (RejectedExecutionException e) {
            result.completeExceptionally(new StorageException(Kind.CLOSED, "storage is closed", e));
        }
        return result;
    }

    // The driver.

    @Override
    public String driver() {
        return "log";
    }

    @Override
    public CompletableFuture<Shard> create(String name, ShardSpec spec) {
        if (spec.ownLane()) {
            return reads.run(() -> lanes.ownLane(clock.millis(), spec.segmentBytes()))
                    .thenCompose(lane -> create(name, spec, lane));
        }
        return create(name, spec, null);
    }

    private CompletableFuture<Shard> create(
            String name, ShardSpec spec, @Nullable LaneWriter ownLane) {
        long id = nextShard.getAndIncrement();
        LaneWriter lane = ownLane == null ? lanes.sharedFor(id) : ownLane;
        ShardState state = ShardState.created(id, name, spec, lane.id);
        LogShard shard = new LogShard(this, lane, new ShardRow(state, -1));
        LogShards.Entry entry;
        try {
            entry = shards.reserve(name, shard);
        } catch (StorageException e) {
            if (ownLane != null) {
                lanes.remove(ownLane);
            }
            return CompletableFuture.failedFuture(e);
        }
        LaneRequests.CreateShard create =
                new LaneRequests.CreateShard(
                        shard,
                        () -> {
                            shards.show(entry);
                            shardCount.incrementAndGet();
                        },
                        () -> shards.remove(entry));
        lane.submit(create);
        return create.result.thenApply(done -> shard);
    }

    @Override
    public Optional<Shard> open(String name) {
        return Optional.ofNullable(shards.find(name));
    }

    @Override
    public long bytes(String name) {
        LogShard loaded = shards.loaded(name);
        if (loaded != null) {
            return loaded.deleted ? 0 : loaded.statistics().bytes();
        }
        ShardRow row = shards.isHidden(name) ? null : index.shard(name);
        return row == null ? 0 : row.bytes;
    }

    private StorageException noShard(String name) {
        return new StorageException(Kind.NO_SUCH_SHARD, "there is no shard " + name);
    }

    @Override
    public CompletableFuture<Void> alter(String name, ShardSpec spec) {
        LogShard shard = shards.find(name);
        if (shard == null) {
            return CompletableFuture.failedFuture(noShard(name));
        }
        LaneRequests.WriteShard alter = new LaneRequests.WriteShard(shard, spec);
        shard.lane.submit(alter);
        return alter.result;
    }

    @Override
    public CompletableFuture<Void> delete(String name) {
        LogShard shard = shards.find(name);
        if (shard == null) {
            return CompletableFuture.failedFuture(noShard(name));
        }
        LaneRequests.DeleteShard delete =
                new LaneRequests.DeleteShard(shard, shards, shardCount::decrementAndGet);
        shard.lane.submit(delete);
        if (!lanes.isShared(shard.lane)) {
            return delete.result.thenRunAsync(() -> lanes.remove(shard.lane), maintenance);
        }
        return delete.result;
    }

    @Override
    public Stream<String> list(String prefix) {
        return ShardNames.stream(index, shards, prefix);
    }

    void append(
            LogShard shard, ByteBuffer batches, Durability durability, AppendListener listener) {
        long now = clock.millis();
        try {
            check(batches, 0);
        } catch (StorageException e) {
            refuse(shard.lane, listener, e);
            return;
        }
        shard.lane.submit(new LaneRequests.Append(shard, batches, durability, now, listener));
    }

    private static void refuse(LaneWriter lane, AppendListener listener, StorageException why) {
        lane.completions().execute(() -> listener.appended(-1, -1, why));
    }

    /** The bytes together with those before. */
    private int check(ByteBuffer batches, int before) {
        RecordBatches.check(batches);
        long bytes = (long) before + batches.remaining();
        if (bytes > config.maxAppendBytes()) {
            throw new StorageException(
                    Kind.TOO_LARGE,
                    "an append of " + bytes + " bytes; the limit is " + config.maxAppendBytes());
        }
        return (int) bytes;
    }

    @Override
    public CompletableFuture<List<Appended>> appendAll(
            List<ShardAppend> appends, Durability durability) {
        if (appends.isEmpty()) {
            return CompletableFuture.completedFuture(List.of());
        }
        try {
            int bytes = 0;
            for (ShardAppend append : appends) {
                ((LogShard) append.shard()).requireThere();
                bytes = check(append.batches(), bytes);
            }
            if (space.isFull()) {
                throw new StorageException(Kind.FULL, "the device is nearly full");
            }
            metrics.appended(bytes, appends.size());
        } catch (StorageException e) {
            return CompletableFuture.failedFuture(e);
        }
        return atomicAppends.append(new ArrayList<>(appends), durability, clock.millis());
    }

    @Override
    public boolean isFull() {
        return space.isFull();
    }

    @Override
    public StoreStatistics statistics() {
        long disk = 0;
        long live = 0;
        long segments = 0;
        for (LaneWriter lane : lanes.all()) {
            for (Segment segment : lane.files.all()) {
                disk += segment.end;
                live += index.liveBytes(segment.lane(), segment.id());
                segments++;
            }
        }
        return new StoreStatistics(shardCount.get(), disk, live, segments);
    }

    @Override
    public void copyTo(Path folder) throws IOException {
        lanes.copyTo(folder);
        LogCopy.verify(folder);
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        Shutdowns.finish(ticker);
        maintenance.shutdown();
        writeCursors();
        lanes.all().forEach(LaneWriter::close);
        Shutdowns.finish(maintenance);
        applier.close();
        reads.close();
        shards.close();
        lanes.closeFiles();
        index.rows().close();
        unlock();
    }

    private void unlock() {
        try {
            lock.close();
        } catch (IOException e) {
            throw new StorageException(Kind.IO, "cannot unlock the folder", e);
        }
    }
}
