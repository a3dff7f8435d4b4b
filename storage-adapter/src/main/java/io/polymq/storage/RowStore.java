package io.polymq.storage;

import io.polymq.config.StorageConfig;
import io.polymq.storage.OrderedStore.Changes;
import io.polymq.storage.OrderedStore.Family;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The drivers {@code memory} and {@code rocksdb}: one row per batch in an {@link OrderedStore}. All
 * changes go through the {@link RowWriter}; reads run on the reader threads, or at once when rows
 * are in memory.
 */
final class RowStore implements ShardStore {

    /** Where the driver rocksdb has its rows, in the storage folder. */
    static final String ROWS = "rows";

    private static final byte[] NEXT_ID = RowKeys.of("next-id");

    final OrderedStore rows;
    private final String driver;
    private final RowWriter writer;
    private final SpaceGuard space;
    private final InstantSource clock;
    private final int maxAppend;
    private final StorageMetrics metrics;
    private final Closeable lock;
    private final @Nullable ExecutorService readers;
    private final ScheduledExecutorService ticker;
    private final ConcurrentHashMap<String, RowShard> loaded = new ConcurrentHashMap<>();
    private final Set<Changed> changedCursors = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private record Changed(RowShard shard, AckCursor cursor) {}

    RowStore(
            String driver,
            OrderedStore rows,
            SpaceGuard space,
            StorageConfig config,
            InstantSource clock,
            StorageMetrics metrics,
            boolean inMemory,
            Closeable lock) {
        this.driver = driver;
        this.rows = rows;
        this.space = space;
        this.clock = clock;
        this.metrics = metrics;
        this.lock = lock;
        maxAppend = config.maxAppendBytes();
        writer = new RowWriter(rows, driver, config.pendingBytes());
        readers =
                inMemory
                        ? null
                        : Executors.newFixedThreadPool(
                                config.readThreads(),
                                Thread.ofPlatform()
                                        .name("polymq-" + driver + "-read-", 0)
                                        .daemon()
                                        .factory());
        ticker =
                Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().name("polymq-" + driver + "-tick").daemon().factory());
        long cursorMillis = config.cursorInterval().toMillis();
        ticker.scheduleWithFixedDelay(
                this::writeCursors, cursorMillis, cursorMillis, TimeUnit.MILLISECONDS);
        long retentionMillis = config.retentionInterval().toMillis();
        RowRetention retention = new RowRetention(this, clock);
        ticker.scheduleWithFixedDelay(
                retention::run, retentionMillis, retentionMillis, TimeUnit.MILLISECONDS);
        ticker.scheduleWithFixedDelay(space::refresh, 1, 1, TimeUnit.SECONDS);
    }

    boolean inMemory() {
        return readers == null;
    }

    @Override
    public String driver() {
        return driver;
    }

    @Override
    public void copyTo(Path folder) throws IOException {
        rows.checkpoint(folder.resolve(ROWS));
    }

    @Override
    public boolean isFull() {
        return space.isFull();
    }

    <T> CompletableFuture<T> submit(RowOperations.Task<T> task) {
        writer.submit(task);
        return task.result;
    }

    <T> CompletableFuture<T> reading(Supplier<T> read) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Runnable run =
                () -> {
                    try {
                        result.complete(read.get());
                    } catch (RuntimeException e) {
                        result.completeExceptionally(e);
                    }
                };
        if (closed) {
            result.completeExceptionally(
                    new StorageException(StorageException.Kind.CLOSED, "storage is closed"));
        } else if (readers == null) {
            run.run();
        } else {
            try {
                readers.execute(run);
            } catch (RejectedExecutionException e) {
                result.completeExceptionally(
                        new StorageException(StorageException.Kind.CLOSED, "storage is closed", e));
            }
        }
        return result;
    }

    void append(
            RowShard shard, ByteBuffer batches, Durability durability, AppendListener listener) {
        appendParts(
                List.of(shard),
                List.of(batches),
                durability,
                (bases, timestamp, failure) ->
                        listener.appended(failure == null ? bases[0] : -1, timestamp, failure));
    }

    private void appendParts(
            List<RowShard> shards,
            List<ByteBuffer> batches,
            Durability durability,
            RowOperations.Append.Done done) {
        int bytes = 0;
        try {
            for (ByteBuffer part : batches) {
                RecordBatches.check(part);
                bytes += part.remaining();
                if (bytes > maxAppend) {
                    throw new StorageException(
                            StorageException.Kind.TOO_LARGE,
                            "an append of more than " + maxAppend + " bytes");
                }
            }
        } catch (StorageException e) {
            writer.completions().execute(() -> done.appended(new long[0], -1, e));
            return;
        }
        space.spend(bytes);
        metrics.appended(bytes, batches.size());
        writer.submit(new RowOperations.Append(shards, batches, durability, clock.millis(), done));
    }

    @Override
    public CompletableFuture<List<Appended>> appendAll(
            List<ShardAppend> appends, Durability durability) {
        CompletableFuture<List<Appended>> result = new CompletableFuture<>();
        if (appends.isEmpty()) {
            result.complete(List.of());
            return result;
        }
        List<RowShard> shards = new ArrayList<>();
        List<ByteBuffer> batches = new ArrayList<>();
        for (ShardAppend append : appends) {
            shards.add((RowShard) append.shard());
            batches.add(append.batches());
        }
        appendParts(
                shards,
                batches,
                durability,
                (bases, timestamp, failure) -> {
                    if (failure != null) {
                        result.completeExceptionally(failure);
                        return;
                    }
                    List<Appended> places = new ArrayList<>(bases.length);
                    for (int i = 0; i < bases.length; i++) {
                        places.add(
                                new Appended(
                                        bases[i],
                                        bases[i] + RecordBatches.offsetSpan(batches.get(i)),
                                        timestamp));
                    }
                    result.complete(places);
                });
        return result;
    }

    @Override
    public CompletableFuture<Shard> create(String name, ShardSpec spec) {
        return submit(
                new RowOperations.Task<Shard>() {
                    private @Nullable RowShard shard;

                    @Override
                    public void prepare(Changes changes) {
                        if (rows.get(Family.NAMES, RowKeys.of(name)) != null) {
                            throw new StorageException(
                                    StorageException.Kind.SHARD_EXISTS,
                                    "shard " + name + " exists already");
                        }
                        byte[] next = rows.get(Family.META, NEXT_ID);
                        long id = next == null ? 1 : RowKeys.number(next, 0);
                        ShardState state = ShardState.created(id, name, spec, 0);
                        changes.put(Family.META, NEXT_ID, RowKeys.of(id + 1));
                        changes.put(Family.NAMES, RowKeys.of(name), RowKeys.of(id));
                        changes.put(Family.SHARDS, RowKeys.of(id), state.encode());
                        shard = new RowShard(RowStore.this, state);
                        loaded.put(name, shard);
                    }

                    @Override
                    public void rollback() {
                        loaded.remove(name);
                    }

                    @Override
                    Shard value() {
                        if (shard == null) {
                            throw new IllegalStateException("not prepared");
                        }
                        return shard;
                    }
                });
    }

    @Override
    public Optional<Shard> open(String name) {
        RowShard known = loaded.get(name);
        if (known == null) {
            known =
                    loaded.computeIfAbsent(
                            name,
                            absent -> {
                                ShardState state = find(absent);
                                return state == null ? null : new RowShard(this, state);
                            });
        }
        return Optional.ofNullable(known);
    }

    private @Nullable ShardState find(String name) {
        byte[] id = rows.get(Family.NAMES, RowKeys.of(name));
        byte[] state = id == null ? null : rows.get(Family.SHARDS, id);
        return state == null ? null : ShardState.decode(ByteBuffer.wrap(state));
    }

    private RowShard require(String name) {
        return (RowShard)
                open(name)
                        .orElseThrow(
                                () ->
                                        new StorageException(
                                                StorageException.Kind.NO_SUCH_SHARD,
                                                "there is no shard " + name));
    }

    @Override
    public CompletableFuture<Void> alter(String name, ShardSpec spec) {
        return submit(
                new RowOperations.Task<Void>() {
                    private @Nullable RowShard shard;
                    private ShardSpec before = spec;

                    @Override
                    public void prepare(Changes changes) {
                        shard = require(name);
                        before = shard.spec;
                        shard.spec = spec;
                        changes.put(Family.SHARDS, RowKeys.of(shard.id()), shard.state().encode());
                        if (spec.keyIndex() && !before.keyIndex()) {
                            indexKeys(shard, changes);
                        }
                    }

                    @Override
                    public void rollback() {
                        if (shard != null) {
                            shard.spec = before;
                        }
                    }

                    @Override
                    @Nullable Void value() {
                        return null;
                    }
                });
    }

    private static void indexKeys(RowShard shard, Changes changes) {
        RecordBatchCursor cursor = new RecordBatchCursor();
        try (OrderedStore.Walk walk = shard.walk()) {
            for (boolean there = walk.first(); there; there = walk.next()) {
                cursor.reset(RowShard.batch(walk.value()));
                while (cursor.next()) {
                    ByteBuffer key = cursor.key();
                    if (key != null && !cursor.isControl()) {
                        changes.put(
                                Family.KEYS,
                                RowKeys.of(shard.id(), key),
                                RowKeys.of(cursor.offset()));
                    }
                }
            }
        }
        shard.superseded = true;
    }

    @Override
    public CompletableFuture<Void> delete(String name) {
        return submit(
                new RowOperations.Task<Void>() {
                    private @Nullable RowShard shard;

                    @Override
                    public void prepare(Changes changes) {
                        shard = require(name);
                        shard.deleted = true;
                        byte[] from = RowKeys.of(shard.id());
                        byte[] to = RowKeys.of(shard.id() + 1);
                        changes.delete(Family.NAMES, RowKeys.of(name));
                        changes.delete(Family.SHARDS, from);
                        for (Family family : List.of(Family.BATCHES, Family.CURSORS, Family.KEYS)) {
                            changes.deleteRange(family, from, to);
                        }
                    }

                    @Override
                    public void rollback() {
                        if (shard != null) {
                            shard.deleted = false;
                        }
                    }

                    @Override
                    public void complete(@Nullable StorageException failure) {
                        if (failure == null && shard != null) {
                            loaded.remove(name, shard);
                            shard.watches.close();
                        }
                        super.complete(failure);
                    }

                    @Override
                    @Nullable Void value() {
                        return null;
                    }
                });
    }

    @Override
    public Stream<String> list(String prefix) {
        byte[] from = RowKeys.of(prefix);
        List<String> names = new ArrayList<>();
        try (OrderedStore.Walk walk = rows.walk(Family.NAMES, from, RowKeys.behind(from))) {
            for (boolean there = walk.first(); there; there = walk.next()) {
                names.add(new String(walk.key(), java.nio.charset.StandardCharsets.UTF_8));
            }
        }
        return names.stream();
    }

    /** Names and states of all shards. */
    List<ShardState> states() {
        List<ShardState> states = new ArrayList<>();
        byte[] end = new byte[9];
        Arrays.fill(end, (byte) 0xff);
        try (OrderedStore.Walk walk = rows.walk(Family.SHARDS, new byte[0], end)) {
            for (boolean there = walk.first(); there; there = walk.next()) {
                states.add(ShardState.decode(ByteBuffer.wrap(walk.value())));
            }
        }
        return states;
    }

    void cursorChanged(RowShard shard, AckCursor cursor) {
        changedCursors.add(new Changed(shard, cursor));
    }

    private void writeCursors() {
        for (Changed changed : new HashSet<>(changedCursors)) {
            changedCursors.remove(changed);
            writer.submit(new RowOperations.WriteCursor(changed.shard, changed.cursor));
        }
    }

    @Override
    public StoreStatistics statistics() {
        long live = 0;
        long shards = 0;
        for (ShardState state : states()) {
            shards++;
            live += state.bytes();
        }
        return new StoreStatistics(shards, rows.bytes(), live, 1);
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
        writeCursors();
        writer.close();
        if (readers != null) {
            Shutdowns.finish(readers);
        }
        for (Map.Entry<String, RowShard> entry : loaded.entrySet()) {
            entry.getValue().watches.close();
        }
        rows.close();
        try {
            lock.close();
        } catch (IOException e) {
            throw new StorageException(StorageException.Kind.IO, "cannot unlock the folder", e);
        }
    }
}
