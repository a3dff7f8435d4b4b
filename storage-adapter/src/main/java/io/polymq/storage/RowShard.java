package io.polymq.storage;

import io.polymq.storage.OrderedStore.Family;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A shard whose batches are rows. What the writer changes (end, start, counters) is written by the
 * writer thread alone; the high watermark by the completion thread; everyone reads.
 *
 * <p>A row's value is the running maximum of timestamps (8 bytes) and the batch.
 */
final class RowShard implements Shard, AckCursor.Home, BatchRows {

    static final int ROW_HEADER = 8;

    final RowStore store;
    final EndWatches watches;
    private final long id;
    private final String name;
    private final ConcurrentHashMap<String, AckCursor> cursors = new ConcurrentHashMap<>();

    volatile ShardSpec spec;
    volatile long start;
    volatile long end;
    volatile long highWatermark;
    volatile long records;
    volatile long bytes;
    volatile long appended;
    volatile boolean deleted;
    volatile boolean superseded;
    long maxTimestamp;

    RowShard(RowStore store, ShardState state) {
        this.store = store;
        id = state.id();
        name = state.name();
        spec = state.spec();
        start = state.startOffset();
        end = state.endOffset();
        highWatermark = end;
        records = state.records();
        bytes = state.bytes();
        maxTimestamp = state.maxTimestamp();
        superseded = spec.compaction();
        watches = new EndWatches(end);
    }

    /** On the writer. */
    ShardState state() {
        return new ShardState(id, name, spec, 0, start, end, records, bytes, maxTimestamp);
    }

    /** On the writer: what came since that state did not happen. */
    void restore(ShardState before) {
        appended -= Math.max(0, records - before.records());
        start = before.startOffset();
        end = before.endOffset();
        records = before.records();
        bytes = before.bytes();
        maxTimestamp = before.maxTimestamp();
    }

    void requireThere() {
        if (deleted) {
            throw new StorageException(
                    StorageException.Kind.NO_SUCH_SHARD, "shard " + name + " was deleted");
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public ShardSpec spec() {
        return spec;
    }

    @Override
    public long startOffset() {
        return start;
    }

    @Override
    public long endOffset() {
        return end;
    }

    @Override
    public long highWatermark() {
        return highWatermark;
    }

    @Override
    public void append(ByteBuffer batches, Durability durability, AppendListener listener) {
        store.append(this, batches, durability, listener);
    }

    @Override
    public @Nullable ReadResult readCached(long offset, int maxBytes, boolean minOneBatch) {
        return store.inMemory() ? readNow(offset, maxBytes, minOneBatch) : null;
    }

    @Override
    public CompletableFuture<ReadResult> read(long offset, int maxBytes, boolean minOneBatch) {
        return store.reading(() -> readNow(offset, maxBytes, minOneBatch));
    }

    private ReadResult readNow(long offset, int maxBytes, boolean minOneBatch) {
        requireThere();
        long from = start;
        long to = highWatermark;
        if (offset < from || offset > to) {
            throw new StorageException(
                    StorageException.Kind.OFFSET_OUT_OF_RANGE,
                    "offset " + offset + " of " + name + ", which has " + from + " to " + to);
        }
        List<Slice> slices = new ArrayList<>();
        int total = 0;
        try (OrderedStore.Walk walk = walk()) {
            boolean there =
                    offset < to
                            && (walk.floor(RowKeys.of(id, offset)) && next(walk.value()) > offset
                                    || walk.ceiling(RowKeys.of(id, offset)));
            while (there && RowKeys.number(walk.key(), 8) < to) {
                ByteBuffer batch = batch(walk.value());
                if (total + batch.remaining() > maxBytes && !(minOneBatch && slices.isEmpty())) {
                    break;
                }
                slices.add(new Slice.Memory(batch.asReadOnlyBuffer()));
                total += batch.remaining();
                there = walk.next();
            }
        }
        return new ReadResult(slices, total, from, to);
    }

    OrderedStore.Walk walk() {
        return store.rows.walk(Family.BATCHES, RowKeys.of(id), RowKeys.of(id + 1));
    }

    static ByteBuffer batch(byte[] row) {
        return ByteBuffer.wrap(row, ROW_HEADER, row.length - ROW_HEADER).slice();
    }

    static long next(byte[] row) {
        return RecordBatches.nextOffset(ByteBuffer.wrap(row), ROW_HEADER);
    }

    private BatchSearch search() {
        requireThere();
        return new BatchSearch(this, start, highWatermark);
    }

    @Override
    public CompletableFuture<Optional<StoredRecord>> readRecord(long offset) {
        return store.reading(() -> Optional.ofNullable(search().at(offset)));
    }

    @Override
    public CompletableFuture<KeyedRead> readByKey(ByteBuffer key) {
        ByteBuffer wanted = key.duplicate();
        return store.reading(
                () -> {
                    StoredRecord found;
                    if (spec.keyIndex()) {
                        byte[] at = store.rows.get(Family.KEYS, RowKeys.of(id, wanted));
                        found = at == null ? null : search().at(RowKeys.number(at, 0));
                        found = found == null ? null : found.copy();
                    } else {
                        found = search().lastWithKey(wanted);
                    }
                    return new KeyedRead(found == null ? -1 : found.offset(), found);
                });
    }

    @Override
    public CompletableFuture<List<StoredRecord>> readByHeader(
            String headerName, ByteBuffer value, long fromOffset, int limit) {
        ByteBuffer wanted = value.duplicate();
        return store.reading(() -> search().withHeader(headerName, wanted, fromOffset, limit));
    }

    @Override
    public CompletableFuture<OptionalLong> offsetForTime(long timestamp) {
        return store.reading(() -> search().offsetForTime(timestamp));
    }

    @Override
    public CompletableFuture<TimedOffset> maxTimestamp() {
        return store.reading(() -> search().maxTimestamp());
    }

    @Override
    public CompletableFuture<Void> trim(long newStartOffset) {
        return store.submit(new RowOperations.Trim(this, newStartOffset));
    }

    @Override
    public CompletableFuture<Void> deleteRecords(long[] offsets) {
        long[] sorted = offsets.clone();
        Arrays.sort(sorted);
        return store.submit(
                        RowOperations.Rewrite.of(
                                this,
                                record -> Arrays.binarySearch(sorted, record.offset()) < 0,
                                sorted))
                .thenApply(count -> null);
    }

    @Override
    public CompletableFuture<Long> deleteByKey(ByteBuffer key) {
        ByteBuffer gone = key.duplicate();
        return store.submit(
                RowOperations.Rewrite.of(this, record -> !gone.equals(record.key()), null));
    }

    @Override
    public Watch watchEnd(long offset, Runnable action) {
        return watches.add(offset, action);
    }

    @Override
    public GroupCursor cursor(String group) {
        requireThere();
        return cursors.computeIfAbsent(
                group,
                absent -> {
                    byte[] kept = store.rows.get(Family.CURSORS, RowKeys.of(id, absent));
                    return kept == null
                            ? new AckCursor(this, absent, start)
                            : AckCursor.decode(this, absent, kept);
                });
    }

    @Override
    public List<String> groups() {
        TreeSet<String> names = new TreeSet<>(cursors.keySet());
        try (OrderedStore.Walk walk =
                store.rows.walk(Family.CURSORS, RowKeys.of(id), RowKeys.of(id + 1))) {
            for (boolean there = walk.first(); there; there = walk.next()) {
                names.add(RowKeys.text(walk.key()));
            }
        }
        return List.copyOf(names);
    }

    @Override
    public CompletableFuture<Void> deleteCursor(String group) {
        cursors.remove(group);
        return store.submit(new RowOperations.DeleteCursor(this, group));
    }

    @Override
    public void changed(AckCursor cursor) {
        store.cursorChanged(this, cursor);
    }

    @Override
    public CompletableFuture<Void> persist(AckCursor cursor) {
        return store.submit(new RowOperations.WriteCursor(this, cursor));
    }

    boolean holds(AckCursor cursor) {
        return cursors.get(cursor.group()) == cursor;
    }

    @Override
    public ShardStatistics statistics() {
        return new ShardStatistics(records, bytes, bytes, appended);
    }

    // As searches see the batches.

    private record Stored(long baseOffset, long runningMax, ByteBuffer batch) implements Row {
        @Override
        public long nextOffset() {
            return RecordBatches.nextOffset(batch, 0);
        }

        @Override
        public int bytes() {
            return batch.remaining();
        }

        @Override
        public long maxTimestamp() {
            return batch.getLong(RecordBatches.MAX_TIMESTAMP);
        }
    }

    private static Row row(OrderedStore.Walk walk) {
        byte[] value = walk.value();
        return new Stored(RowKeys.number(walk.key(), 8), RowKeys.number(value, 0), batch(value));
    }

    @Override
    public @Nullable Row atOrBefore(long offset) {
        try (OrderedStore.Walk walk = walk()) {
            return walk.floor(RowKeys.of(id, offset)) ? row(walk) : null;
        }
    }

    @Override
    public @Nullable Row atOrAfter(long offset) {
        try (OrderedStore.Walk walk = walk()) {
            return walk.ceiling(RowKeys.of(id, offset)) ? row(walk) : null;
        }
    }

    @Override
    public ByteBuffer load(Row row) {
        ByteBuffer batch = ((Stored) row).batch();
        RecordBatches.check(batch);
        return batch;
    }
}
