package io.polymq.storage;

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
 * A shard of the log driver, in memory while somebody uses it. Who writes what: the lane's writer
 * the end, its answers the high watermark and the start, the applier what the index has; everyone
 * reads.
 */
final class LogShard implements Shard, AckCursor.Home, BatchRows {

    final LogStore store;
    final LaneWriter lane;
    final ShardTail tail;
    private final EndWatches watches;
    private final long id;
    private final String name;
    private final ConcurrentHashMap<String, AckCursor> cursors = new ConcurrentHashMap<>();

    volatile ShardSpec spec;
    volatile boolean deleted;
    private volatile long start;
    private volatile long end;
    private volatile long highWatermark;
    private volatile long appended;
    private volatile Applied applied;

    // Of the lane's writer.
    private final List<LaneRequests.Append> gathered = new ArrayList<>();
    private final List<BatchRef> fresh = new ArrayList<>();
    private final Extents extents = new Extents(this::extent);
    private long maxTimestamp;
    private long forcedInLsn = -1;
    private long preparedStart;

    /** What the index has of the shard. */
    private record Applied(long end, long records, long bytes, long keysFrom) {}

    LogShard(LogStore store, LaneWriter lane, ShardRow row) {
        ShardState state = row.state();
        this.store = store;
        this.lane = lane;
        id = state.id();
        name = state.name();
        spec = state.spec();
        start = state.startOffset();
        preparedStart = start;
        end = state.endOffset();
        highWatermark = end;
        maxTimestamp = state.maxTimestamp();
        applied = new Applied(end, row.records, row.bytes, row.keysFrom);
        tail = new ShardTail(end);
        watches = new EndWatches(end);
    }

    // On the lane's writer.

    /** Waits to be put together with what else comes for the shard in this round. */
    boolean gather(LaneRequests.Append append) {
        gathered.add(append);
        return gathered.size() == 1;
    }

    /**
     * Puts what was gathered as one entry; each append learns its offsets. They stay gathered until
     * {@link #forgetGathered}.
     *
     * @return bytes of the batches
     */
    int putGathered(LaneWriter writer, LaneBlock block) {
        int length = 0;
        for (LaneRequests.Append append : gathered) {
            length += append.bytes();
        }
        block.beginEntry(LaneFormat.RECORDS, id, 8 + length).putLong(maxTimestamp);
        extents.begin(maxTimestamp);
        for (LaneRequests.Append append : gathered) {
            append.put(end, put(block, append.batches()));
        }
        finishEntry(writer, block);
        return length;
    }

    List<LaneRequests.Append> gathered() {
        return gathered;
    }

    void forgetGathered() {
        gathered.clear();
    }

    /** Puts batches as an entry of their own; the first of their offsets. */
    long put(LaneWriter writer, LaneBlock block, ByteBuffer batches) {
        requireThere();
        long base = end;
        block.beginEntry(LaneFormat.RECORDS, id, 8 + batches.remaining()).putLong(maxTimestamp);
        extents.begin(maxTimestamp);
        put(block, batches);
        finishEntry(writer, block);
        return base;
    }

    private long put(LaneBlock block, ByteBuffer batches) {
        int from = batches.position();
        int length = batches.remaining();
        long place = block.put(batches, from, length);
        for (int at = from; at < from + length; ) {
            int size = RecordBatches.size(batches, at);
            long position = place + at - from;
            block.setBase(position, end);
            extents.add(batches, at, size, end, position);
            end += batches.getInt(at + RecordBatches.LAST_OFFSET_DELTA) + 1;
            appended += batches.getInt(at + RecordBatches.RECORD_COUNT);
            at += size;
        }
        return end;
    }

    private void extent(
            long base,
            long next,
            long time,
            long runningMax,
            int bytes,
            int records,
            long position) {
        fresh.add(
                new BatchRef(
                        id,
                        this,
                        base,
                        next,
                        time,
                        runningMax,
                        bytes,
                        records,
                        false,
                        lane.segment(),
                        position));
    }

    private void finishEntry(LaneWriter writer, LaneBlock block) {
        maxTimestamp = extents.end();
        block.endEntry();
        for (BatchRef ref : fresh) {
            writer.remember(ref, this);
            tail.add(ref);
            writer.event(ref);
        }
        fresh.clear();
    }

    /** What was put from that offset on was not written. */
    void takeBack(long base) {
        appended -= tail.removeFrom(base);
        end = base;
    }

    void forcedWith(long lsn) {
        forcedInLsn = lsn;
    }

    boolean isBehindForced(long lsn) {
        return forcedInLsn == lsn;
    }

    /** The start as the blocks say it that were prepared, of which readers may not know yet. */
    long preparedStart() {
        return preparedStart;
    }

    void prepareStart(long to) {
        preparedStart = to;
    }

    ShardState stateNow(ShardSpec withSpec) {
        return new ShardState(id, name, withSpec, lane.id, preparedStart, end, 0, 0, maxTimestamp);
    }

    // In order with the answers.

    void advance(long to) {
        if (to > highWatermark) {
            highWatermark = to;
            if (watches.advance(to)) {
                store.unpin(this);
                if (!watches.isEmpty()) {
                    store.pin(this); // somebody came in between
                }
            }
        }
    }

    /** Records came through a failure of the lane though nobody was told so. */
    static void survived(IndexEvent event) {
        if (event instanceof BatchRef ref && ref.owner != null) {
            ref.owner.advance(ref.nextOffset);
        }
    }

    void moveStart(long to) {
        start = Math.max(start, to);
    }

    void gone() {
        deleted = true;
        watches.close();
        store.unpin(this);
    }

    void closeWatches() {
        watches.close();
    }

    // On the applier.

    void applied(ShardRow row) {
        applied = new Applied(row.end, row.records, row.bytes, row.keysFrom);
        moveStart(row.start);
        tail.trim(row.start, row.end);
    }

    void pruneTail() {
        tail.prune(applied.end);
    }

    void relocate(BatchRef ref, Segment segment, long position) {
        tail.relocate(ref, segment, position);
    }

    // From any thread.

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

    long appliedEnd() {
        return applied.end;
    }

    /** Keys of records from this offset on are in the key index. */
    long keysFrom() {
        return applied.keysFrom;
    }

    @Override
    public void append(ByteBuffer batches, Durability durability, AppendListener listener) {
        store.append(this, batches, durability, listener);
    }

    @Override
    public @Nullable ReadResult readCached(long offset, int maxBytes, boolean minOneBatch) {
        return store.reads().cached(this, offset, maxBytes, minOneBatch);
    }

    @Override
    public CompletableFuture<ReadResult> read(long offset, int maxBytes, boolean minOneBatch) {
        return store.reads().read(this, offset, maxBytes, minOneBatch, LogReads.REGION);
    }

    @Override
    public CompletableFuture<ReadResult> readToSend(
            long offset, int maxBytes, boolean minOneBatch, boolean files) {
        int region = files ? LogReads.SENT_REGION : LogReads.NO_REGION;
        return store.reads().read(this, offset, maxBytes, minOneBatch, region);
    }

    void requireInRange(long offset, long from, long to) {
        if (offset < from || offset > to) {
            throw new StorageException(
                    StorageException.Kind.OFFSET_OUT_OF_RANGE,
                    "offset " + offset + " of " + name + ", which has " + from + " to " + to);
        }
    }

    BatchSearch search() {
        requireThere();
        return new BatchSearch(this, start, highWatermark);
    }

    @Override
    public CompletableFuture<Optional<StoredRecord>> readRecord(long offset) {
        BatchSearch search = search();
        ShardTail.Held held = tail.atOrBefore(offset);
        byte[] memory = held == null ? null : held.bytes();
        if (held != null && memory != null) {
            ByteBuffer batches = ByteBuffer.wrap(memory, held.at(), held.ref().bytes).slice();
            return CompletableFuture.completedFuture(
                    Optional.ofNullable(search.in(batches, offset)));
        }
        return store.reads().run(() -> Optional.ofNullable(search().at(offset)));
    }

    @Override
    public CompletableFuture<KeyedRead> readByKey(ByteBuffer key) {
        ByteBuffer wanted = key.duplicate();
        return store.reads()
                .run(
                        () -> {
                            StoredRecord found = KeyLookup.newest(this, wanted);
                            return new KeyedRead(found == null ? -1 : found.offset(), found);
                        });
    }

    @Override
    public CompletableFuture<List<StoredRecord>> readByHeader(
            String headerName, ByteBuffer value, long fromOffset, int limit) {
        ByteBuffer wanted = value.duplicate();
        return store.reads().run(() -> search().withHeader(headerName, wanted, fromOffset, limit));
    }

    @Override
    public CompletableFuture<OptionalLong> offsetForTime(long timestamp) {
        return store.reads().run(() -> search().offsetForTime(timestamp));
    }

    @Override
    public CompletableFuture<TimedOffset> maxTimestamp() {
        return store.reads().run(() -> search().maxTimestamp());
    }

    @Override
    public CompletableFuture<Void> trim(long newStartOffset) {
        LaneRequests.Trim trim = new LaneRequests.Trim(this, newStartOffset);
        lane.submit(trim);
        return trim.result;
    }

    @Override
    public CompletableFuture<Void> deleteRecords(long[] offsets) {
        long[] sorted = offsets.clone();
        Arrays.sort(sorted);
        return store.rewriting(
                        this,
                        rewrites ->
                                rewrites.remove(
                                        this,
                                        record -> Arrays.binarySearch(sorted, record.offset()) >= 0,
                                        sorted))
                .thenApply(count -> null);
    }

    @Override
    public CompletableFuture<Long> deleteByKey(ByteBuffer key) {
        ByteBuffer gone = key.duplicate();
        return store.rewriting(
                this, rewrites -> rewrites.remove(this, record -> gone.equals(record.key()), null));
    }

    @Override
    public Watch watchEnd(long offset, Runnable action) {
        Watch watch = watches.add(offset, action);
        if (!watches.isEmpty()) {
            store.pin(this);
        }
        return watch;
    }

    @Override
    public GroupCursor cursor(String group) {
        requireThere();
        return cursors.computeIfAbsent(
                group,
                absent -> {
                    byte[] kept = store.index().cursor(id, absent);
                    return kept == null
                            ? new AckCursor(this, absent, start)
                            : AckCursor.decode(this, absent, kept);
                });
    }

    @Override
    public List<String> groups() {
        TreeSet<String> names = new TreeSet<>(cursors.keySet());
        try (OrderedStore.Walk walk =
                store.index()
                        .rows()
                        .walk(OrderedStore.Family.CURSORS, RowKeys.of(id), RowKeys.of(id + 1))) {
            for (boolean there = walk.first(); there; there = walk.next()) {
                names.add(RowKeys.text(walk.key()));
            }
        }
        return List.copyOf(names);
    }

    @Override
    public CompletableFuture<Void> deleteCursor(String group) {
        cursors.remove(group);
        LaneRequests.DropCursor drop = new LaneRequests.DropCursor(this, group);
        lane.submit(drop);
        return drop.result;
    }

    @Override
    public void changed(AckCursor cursor) {
        store.cursorChanged(this, cursor);
    }

    @Override
    public CompletableFuture<Void> persist(AckCursor cursor) {
        LaneRequests.WriteCursor write =
                new LaneRequests.WriteCursor(this, cursor, spec.durability());
        lane.submit(write);
        return write.result;
    }

    @Nullable AckCursor cursorIfHeld(String group) {
        return cursors.get(group);
    }

    boolean holds(AckCursor cursor) {
        return cursors.get(cursor.group()) == cursor;
    }

    @Override
    public ShardStatistics statistics() {
        Applied indexed = applied;
        long[] more = tail.counted(indexed.end, highWatermark);
        long bytes = indexed.bytes + more[1];
        return new ShardStatistics(indexed.records + more[0], bytes, bytes, appended);
    }

    // As searches see the batches: the tail where it reaches, the index below.

    private record Newest(ShardTail.Held held) implements Row {
        @Override
        public long baseOffset() {
            return held.ref().baseOffset;
        }

        @Override
        public long nextOffset() {
            return held.ref().nextOffset;
        }

        @Override
        public int bytes() {
            return held.ref().bytes;
        }

        @Override
        public long maxTimestamp() {
            return held.ref().maxTimestamp;
        }

        @Override
        public long runningMax() {
            return held.ref().runningMax;
        }
    }

    @Override
    public @Nullable Row atOrBefore(long offset) {
        ShardTail.Held held = tail.atOrBefore(offset);
        if (held != null) {
            return new Newest(held);
        }
        try (OrderedStore.Walk walk = store.index().batches(id)) {
            return walk.floor(RowKeys.of(id, offset)) ? place(walk) : null;
        }
    }

    @Override
    public @Nullable Row atOrAfter(long offset) {
        if (offset < tail.from()) {
            try (OrderedStore.Walk walk = store.index().batches(id)) {
                if (walk.ceiling(RowKeys.of(id, offset))) {
                    return place(walk);
                }
            }
        }
        ShardTail.Held held = tail.atOrAfter(offset);
        return held == null ? null : new Newest(held);
    }

    static BatchPlace place(OrderedStore.Walk walk) {
        return BatchPlace.decode(RowKeys.number(walk.key(), 8), walk.value());
    }

    @Override
    public ByteBuffer load(Row row) {
        return store.reads().load(this, row);
    }
}
