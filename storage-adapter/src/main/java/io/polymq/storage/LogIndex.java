package io.polymq.storage;

import io.polymq.storage.OrderedStore.Changes;
import io.polymq.storage.OrderedStore.Family;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the lanes' entries add up to, as rows: the state of each shard, the place of each batch,
 * cursors, newest offsets of keys, live bytes of segments, and how far it has followed each lane.
 * Everything in it can be made anew from the lanes.
 *
 * <p>{@link #apply} and {@link #commit} belong to one thread (recovery, then the applier); rows may
 * be read by any.
 */
final class LogIndex {

    static final int BATCH_ROW = 40;

    private static final byte[] NEXT_SHARD = RowKeys.of("next-shard");
    private static final String LANE = "lane/";
    private static final String PARTIAL = "partial/";
    private static final byte[] SHARD_COUNT = RowKeys.of("shard-count");
    private static final int MAX_CHANGES = 20_000;
    private static final int FEW = 64;

    /** Reads a batch for the key index. */
    interface Loader {
        ByteBuffer load(BatchRef ref);
    }

    /** What to do when rows cannot be written: return to try again. */
    interface Retry {
        void orThrow(StorageException failure);
    }

    record SegmentKey(int lane, long segment) {}

    private final OrderedStore rows;
    private final Map<Long, ShardRow> shards = new HashMap<>();
    private final Map<SegmentKey, AtomicLong> live = new ConcurrentHashMap<>();
    private final Set<SegmentKey> touched = new HashSet<>();
    private final Map<Integer, LanePosition> positions = new TreeMap<>();
    private final Map<String, Long> names = new HashMap<>();
    private final Map<Integer, Begun> begun = new HashMap<>();
    private final Set<Integer> partial = new HashSet<>();
    private final Consumer<ShardRow> onShard;
    private final Retry retry;
    private volatile long nextShard;
    private volatile long shardCount;
    private @Nullable Changes changes;
    private @Nullable Applying applying;
    private int changed;
    private final List<ShardRow> dirty = new ArrayList<>();

    /** Shards with changes that the rows do not show yet. */
    private final Set<Long> unsettled = new HashSet<>();

    /** A block of which the rows held a part when they were opened. */
    private record Begun(long lsn, int done) {}

    /** The block that is being applied, and how many of its logged events are. */
    private static final class Applying {
        final int lane;
        final long lsn;
        int done;

        Applying(int lane, long lsn) {
            this.lane = lane;
            this.lsn = lsn;
        }
    }

    /**
     * @param onShard hears of each shard whose row is written
     */
    LogIndex(OrderedStore rows, Consumer<ShardRow> onShard, Retry retry) {
        this.rows = rows;
        this.retry = retry;
        this.onShard = onShard;
        byte[] next = rows.get(Family.META, NEXT_SHARD);
        nextShard = next == null ? 1 : RowKeys.number(next, 0);
        byte[] count = rows.get(Family.META, SHARD_COUNT);
        shardCount = count == null ? 0 : RowKeys.number(count, 0);
        try (OrderedStore.Walk walk =
                rows.walk(Family.SEGMENTS, new byte[0], RowKeys.behind(new byte[] {0x7f}))) {
            for (boolean there = walk.first(); there; there = walk.next()) {
                SegmentKey key =
                        new SegmentKey(
                                (int) RowKeys.number(walk.key(), 0), RowKeys.number(walk.key(), 8));
                live.put(key, new AtomicLong(RowKeys.number(walk.value(), 0)));
            }
        }
    }

    OrderedStore rows() {
        return rows;
    }

    /** How many shards there are as of what was applied. */
    long shardCount() {
        return shardCount;
    }

    long nextShard() {
        return nextShard;
    }

    /** How far the lane was followed; null when it never was. */
    @Nullable LanePosition position(int lane) {
        LanePosition known = positions.get(lane);
        if (known != null) {
            return known;
        }
        byte[] row = rows.get(Family.META, RowKeys.of(LANE + lane));
        return row == null ? null : LanePosition.decode(ByteBuffer.wrap(row));
    }

    long liveBytes(int lane, long segment) {
        AtomicLong bytes = live.get(new SegmentKey(lane, segment));
        return bytes == null ? 0 : bytes.get();
    }

    Set<SegmentKey> segments() {
        return live.keySet();
    }

    private void addLive(int lane, long segment, long bytes) {
        SegmentKey key = new SegmentKey(lane, segment);
        live.computeIfAbsent(key, absent -> new AtomicLong()).addAndGet(bytes);
        touched.add(key);
    }

    private Changes changes() {
        Changes open = changes;
        if (open == null) {
            open = rows.changes();
            changes = open;
        }
        changed++;
        return open;
    }

    // Applying.

    /** Takes a block's events in; they are in the rows after {@link #commit}. */
    void apply(
            int lane, long lsn, Segment segment, long end, List<IndexEvent> events, Loader loader) {
        applying = new Applying(lane, lsn);
        int skip = doneOf(lane, lsn);
        int met = 0;
        for (IndexEvent event : events) {
            boolean logged =
                    !(event instanceof IndexEvent.KeyChanged
                            || event instanceof IndexEvent.IntentDone);
            if (logged && met++ < skip) {
                continue;
            }
            applyOne(lane, segment, event, loader);
            if (logged) {
                applying.done = met;
            }
        }
        LanePosition now = positionOf(lane);
        positions.put(
                lane,
                new LanePosition(lsn + 1, segment.id(), end, now.intentSequence(), now.parts()));
        applying = null;
        if (changed > MAX_CHANGES) {
            commit();
        }
    }

    private void applyOne(int lane, Segment segment, IndexEvent event, Loader loader) {
        switch (event) {
            case BatchRef ref -> putBatch(lane, ref, loader);
            case IndexEvent.ShardWritten(ShardState state) ->
                    shardWritten(lane, state, segment.id());
            case IndexEvent.Trimmed(long shard, long start) -> trim(lane, row(lane, shard), start);
            case IndexEvent.ShardDeleted(long shard) -> deleteShard(lane, shard);
            case IndexEvent.CursorWritten(long shard, String group, byte[] state) ->
                    putCursor(shard, group, state, segment.id());
            case IndexEvent.CursorDropped(long shard, String group) -> {
                unsettled.add(shard);
                changes().delete(Family.CURSORS, RowKeys.of(shard, group));
            }
            case IndexEvent.BatchesDropped(long shard, long[] bases) ->
                    dropBatches(lane, shard, bases);
            case IndexEvent.KeyChanged(long shard, ByteBuffer key, long was, long newest) -> {
                settle();
                if (newestOf(shard, key) == was) {
                    putKey(shard, key, newest);
                }
            }
            case IndexEvent.Intended(long sequence, byte[] body) -> {
                changes().put(Family.META, intentKey(lane, sequence), body);
                listed(lane, sequence, Map.of());
            }
            case IndexEvent.IntentDone(long sequence) ->
                    changes().delete(Family.META, intentKey(lane, sequence));
            case IndexEvent.PartTaken(int coordinator, long sequence) ->
                    listed(lane, 0, Map.of(coordinator, sequence));
            case IndexEvent.SegmentDropped(long dropped) -> dropSegment(lane, dropped);
            case IndexEvent.Listed(SegmentList list) -> {
                nextShard = Math.max(nextShard, list.nextShard());
                listed(lane, list.intentSequence(), list.parts());
                addLive(lane, segment.id(), 0);
            }
        }
    }

    private LanePosition positionOf(int lane) {
        LanePosition known = position(lane);
        return known == null ? LanePosition.at(0, 0) : known;
    }

    private void listed(int lane, long intents, Map<Integer, Long> parts) {
        LanePosition before = positionOf(lane);
        Map<Integer, Long> all = new TreeMap<>(before.parts());
        parts.forEach((coordinator, sequence) -> all.merge(coordinator, sequence, Math::max));
        positions.put(
                lane,
                new LanePosition(
                        before.nextLsn(),
                        before.segment(),
                        before.position(),
                        Math.max(before.intentSequence(), intents),
                        all));
    }

    /** How many of the block's events the rows hold already, though not the whole block. */
    private int doneOf(int lane, long lsn) {
        Begun found = begun.computeIfAbsent(lane, this::begunOf);
        return found.lsn == lsn ? found.done : 0;
    }

    private Begun begunOf(int lane) {
        byte[] row = rows.get(Family.META, RowKeys.of(PARTIAL + lane));
        return row == null
                ? new Begun(-1, 0)
                : new Begun(RowKeys.number(row, 0), (int) RowKeys.number(row, 8));
    }

    private static byte[] intentKey(int lane, long sequence) {
        return RowKeys.of("intent/" + lane + "/" + sequence);
    }

    /** Intents of a lane that were not known to be done, in order. */
    Map<Long, byte[]> intents(int lane) {
        Map<Long, byte[]> found = new TreeMap<>();
        String prefix = "intent/" + lane + "/";
        byte[] from = RowKeys.of(prefix);
        try (OrderedStore.Walk walk = rows.walk(Family.META, from, RowKeys.behind(from))) {
            for (boolean there = walk.first(); there; there = walk.next()) {
                String key = new String(walk.key(), java.nio.charset.StandardCharsets.UTF_8);
                found.put(Long.parseLong(key.substring(prefix.length())), walk.value());
            }
        }
        return found;
    }

    void forgetIntent(int lane, long sequence) {
        changes().delete(Family.META, intentKey(lane, sequence));
    }

    /** The row as of what was applied; an empty one when a rebuild meets records before it. */
    private ShardRow row(int lane, long shard) {
        ShardRow row = find(shard);
        if (row == null) {
            row = new ShardRow(ShardState.created(shard, "", ShardSpec.DEFAULT, lane), -1);
            shards.put(shard, row);
            shardCount++;
        }
        return row;
    }

    private @Nullable ShardRow find(long shard) {
        ShardRow row = shards.get(shard);
        if (row == null) {
            byte[] stored = rows.get(Family.SHARDS, RowKeys.of(shard));
            if (stored != null) {
                row = ShardRow.decode(stored);
                shards.put(shard, row);
            }
        }
        return row == null || row.gone ? null : row;
    }

    private void putBatch(int lane, BatchRef ref, Loader loader) {
        ShardRow row = row(lane, ref.shard);
        boolean known = false;
        if (ref.moved) {
            settle(ref.shard);
            byte[] old = rows.get(Family.BATCHES, RowKeys.of(ref.shard, ref.baseOffset));
            known = old != null;
            if (old != null) {
                row.records -= readable(recordsOf(old), ref.baseOffset, row.start);
                unplace(lane, row, old);
            }
        }
        if (ref.nextOffset <= row.start) {
            return;
        }
        touch(row);
        unsettled.add(ref.shard);
        row.first = Math.min(row.first, ref.baseOffset);
        row.end = Math.max(row.end, ref.nextOffset);
        row.maxTimestamp = Math.max(row.maxTimestamp, ref.runningMax);
        row.records += readable(ref.records, ref.baseOffset, row.start);
        row.bytes += ref.bytes;
        addLive(lane, ref.segment.id(), ref.bytes);
        changes().put(Family.BATCHES, RowKeys.of(ref.shard, ref.baseOffset), encode(ref));
        if (row.spec.keyIndex() && !known) {
            indexKeys(row, loader.load(ref), ref.moved);
        }
    }

    /**
     * @param late an index made anew meets the batch where it was moved to, perhaps behind newer
     *     ones: newer offsets stay
     */
    private void indexKeys(ShardRow row, ByteBuffer batch, boolean late) {
        RecordBatchCursor cursor = new RecordBatchCursor().reset(batch);
        while (cursor.next()) {
            ByteBuffer key = cursor.key();
            if (key != null
                    && !cursor.isControl()
                    && !(late && newestOf(row.id, key) > cursor.offset())) {
                changes().put(Family.KEYS, RowKeys.of(row.id, key), RowKeys.of(cursor.offset()));
            }
        }
    }

    private static byte[] encode(BatchRef ref) {
        return ByteBuffer.allocate(BATCH_ROW)
                .putLong(ref.segment.id())
                .putInt((int) ref.position)
                .putInt(ref.bytes)
                .putInt((int) (ref.nextOffset - ref.baseOffset))
                .putInt(ref.records)
                .putLong(ref.maxTimestamp)
                .putLong(ref.runningMax)
                .array();
    }

    private static long readable(int records, long base, long start) {
        return Math.max(0, records - Math.max(0, start - base));
    }

    private static int recordsOf(byte[] batch) {
        return BatchPlace.decode(0, batch).records();
    }

    /** Takes a batch's bytes out of the counters. */
    private void unplace(int lane, ShardRow row, byte[] batch) {
        BatchPlace place = BatchPlace.decode(0, batch);
        row.bytes -= place.bytes();
        touch(row);
        addLive(lane, place.segment(), -place.bytes());
    }

    private void shardWritten(int lane, ShardState state, long segment) {
        ShardRow row = find(state.id());
        if (row == null) {
            row = new ShardRow(state, segment);
            row.records = 0;
            row.bytes = 0;
            shards.put(state.id(), row);
            shardCount++;
        } else {
            trim(lane, row, state.startOffset());
            row.written(state, segment);
        }
        touch(row);
        nextShard = Math.max(nextShard, state.id() + 1);
        if (owner(state.name()) < state.id()) {
            names.put(state.name(), state.id());
            changes().put(Family.NAMES, RowKeys.of(state.name()), RowKeys.of(state.id()));
        }
    }

    /** The newest shard of that name as of what was applied; -1 when there is none. */
    private long owner(String name) {
        Long pending = names.get(name);
        if (pending != null) {
            return pending;
        }
        byte[] row = rows.get(Family.NAMES, RowKeys.of(name));
        return row == null ? -1 : RowKeys.number(row, 0);
    }

    private void trim(int lane, ShardRow row, long start) {
        if (start <= row.start) {
            return;
        }
        settle(row.id);
        long keepFrom = start;
        List<byte[]> gone = new ArrayList<>();
        try (OrderedStore.Walk walk = batches(row.id)) {
            boolean there = walk.ceiling(RowKeys.of(row.id, row.first));
            for (; there; there = walk.next()) {
                byte[] key = walk.key();
                long base = RowKeys.number(key, 8);
                if (base >= start) {
                    break;
                }
                BatchPlace place = BatchPlace.decode(base, walk.value());
                row.records -= readable(place.records(), base, row.start);
                if (place.nextOffset() > start) {
                    row.records += readable(place.records(), base, start);
                    keepFrom = base;
                } else {
                    unplace(lane, row, walk.value());
                    collect(gone, key);
                }
            }
        }
        remove(Family.BATCHES, gone, RowKeys.of(row.id, row.first), RowKeys.of(row.id, keepFrom));
        unsettled.add(row.id);
        row.first = keepFrom;
        row.start = start;
        row.end = Math.max(row.end, start);
        touch(row);
    }

    private void touch(ShardRow row) {
        if (!row.dirty) {
            row.dirty = true;
            dirty.add(row);
        }
    }

    private static void collect(List<byte[]> gone, byte[] key) {
        if (gone.size() <= FEW) {
            gone.add(key);
        }
    }

    /**
     * Rows that were collected, all there are from one key to another. One by one while they are
     * few: each walk over the rows has to look through all ranges that were deleted lately.
     */
    private void remove(Family family, List<byte[]> gone, byte[] from, byte[] to) {
        if (gone.size() > FEW) {
            changes().deleteRange(family, from, to);
        } else {
            gone.forEach(key -> changes().delete(family, key));
        }
    }

    private void dropBatches(int lane, long shard, long[] bases) {
        settle(shard);
        ShardRow row = find(shard);
        if (row == null) {
            return;
        }
        for (long base : bases) {
            byte[] key = RowKeys.of(shard, base);
            byte[] stored = rows.get(Family.BATCHES, key);
            if (stored != null) {
                row.records -= readable(recordsOf(stored), base, row.start);
                unplace(lane, row, stored);
                changes().delete(Family.BATCHES, key);
            }
        }
        unsettled.add(shard);
    }

    private void deleteShard(int lane, long shard) {
        settle(shard);
        ShardRow row = find(shard);
        if (row == null) {
            return;
        }
        byte[] from = RowKeys.of(shard);
        byte[] to = RowKeys.of(shard + 1);
        for (Family family : List.of(Family.BATCHES, Family.CURSORS, Family.KEYS)) {
            List<byte[]> gone = new ArrayList<>();
            try (OrderedStore.Walk walk = rows.walk(family, from, to)) {
                boolean there = walk.first();
                while (there && (family == Family.BATCHES || gone.size() <= FEW)) {
                    collect(gone, walk.key());
                    if (family == Family.BATCHES) {
                        unplace(lane, row, walk.value());
                    }
                    there = walk.next();
                }
            }
            remove(family, gone, from, to);
        }
        unsettled.add(shard);
        changes().delete(Family.SHARDS, from);
        if (owner(row.name) == shard) {
            names.put(row.name, -1L);
            changes().delete(Family.NAMES, RowKeys.of(row.name));
        }
        row.gone = true;
        shardCount--;
    }

    private void putCursor(long shard, String group, byte[] state, long segment) {
        unsettled.add(shard);
        byte[] value = ByteBuffer.allocate(8 + state.length).putLong(segment).put(state).array();
        changes().put(Family.CURSORS, RowKeys.of(shard, group), value);
    }

    private void putKey(long shard, ByteBuffer key, long newest) {
        unsettled.add(shard);
        if (newest < 0) {
            changes().delete(Family.KEYS, RowKeys.of(shard, key));
        } else {
            changes().put(Family.KEYS, RowKeys.of(shard, key), RowKeys.of(newest));
        }
    }

    private void dropSegment(int lane, long segment) {
        SegmentKey key = new SegmentKey(lane, segment);
        live.remove(key);
        touched.remove(key);
        changes().delete(Family.SEGMENTS, RowKeys.of(lane, segment));
    }

    private void settle(long shard) {
        if (unsettled.contains(shard)) {
            settle();
        }
    }

    /**
     * Makes what was applied so far readable, before an event that has to look at it. RocksDB may
     * put these rows on the device at any time, so they say how far they go within the block.
     */
    private void settle() {
        if (changes == null) {
            return;
        }
        Applying now = applying;
        if (now != null && now.done > 0) {
            changes()
                    .put(
                            Family.META,
                            RowKeys.of(PARTIAL + now.lane),
                            RowKeys.of(now.lsn, now.done));
            partial.add(now.lane);
        }
        write();
    }

    /** Puts all that was applied into the rows, with the lanes' positions, as one change. */
    void commit() {
        for (int lane : partial) {
            changes().delete(Family.META, RowKeys.of(PARTIAL + lane));
        }
        partial.clear();
        write();
        shards.clear();
    }

    private void write() {
        Changes open = changes();
        List<ShardRow> written = new ArrayList<>();
        for (ShardRow row : dirty) {
            row.dirty = false;
            if (!row.gone) {
                open.put(Family.SHARDS, RowKeys.of(row.id), row.encode());
                written.add(row);
            }
        }
        dirty.clear();
        unsettled.clear();
        for (SegmentKey key : touched) {
            open.put(
                    Family.SEGMENTS,
                    RowKeys.of(key.lane, key.segment),
                    RowKeys.of(liveBytes(key.lane, key.segment)));
        }
        touched.clear();
        positions.forEach(
                (lane, position) ->
                        open.put(Family.META, RowKeys.of(LANE + lane), position.encode()));
        open.put(Family.META, NEXT_SHARD, RowKeys.of(nextShard));
        open.put(Family.META, SHARD_COUNT, RowKeys.of(shardCount));
        while (true) {
            try {
                rows.apply(open, false);
                break;
            } catch (StorageException e) {
                retry.orThrow(e);
            }
        }
        open.close();
        changes = null;
        changed = 0;
        names.clear();
        // only now: readers look for what they hear of in the rows
        written.forEach(onShard);
    }

    // Reading.

    OrderedStore.Walk batches(long shard) {
        return rows.walk(Family.BATCHES, RowKeys.of(shard), RowKeys.of(shard + 1));
    }

    @Nullable ShardRow shard(long id) {
        byte[] stored = rows.get(Family.SHARDS, RowKeys.of(id));
        return stored == null ? null : ShardRow.decode(stored);
    }

    @Nullable ShardRow shard(String name) {
        byte[] id = rows.get(Family.NAMES, RowKeys.of(name));
        return id == null ? null : shard(RowKeys.number(id, 0));
    }

    @Nullable BatchPlace place(long shard, long baseOffset) {
        byte[] stored = rows.get(Family.BATCHES, RowKeys.of(shard, baseOffset));
        return stored == null ? null : BatchPlace.decode(baseOffset, stored);
    }

    /** The cursor's state, without the place of its entry. */
    byte @Nullable [] cursor(long shard, String group) {
        byte[] stored = rows.get(Family.CURSORS, RowKeys.of(shard, group));
        return stored == null ? null : java.util.Arrays.copyOfRange(stored, 8, stored.length);
    }

    /** In which segment the cursor was written last; -1: there is none. */
    long cursorSegment(long shard, String group) {
        byte[] stored = rows.get(Family.CURSORS, RowKeys.of(shard, group));
        return stored == null ? -1 : RowKeys.number(stored, 0);
    }

    /** The offset that the key index has for the key; -1 when none. */
    long newestOf(long shard, ByteBuffer key) {
        byte[] stored = rows.get(Family.KEYS, RowKeys.of(shard, key));
        return stored == null ? -1 : RowKeys.number(stored, 0);
    }
}
