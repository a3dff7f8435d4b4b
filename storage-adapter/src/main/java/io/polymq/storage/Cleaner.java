package io.polymq.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives disk space back: removes segments in which nothing is wanted any more, and while a lane
 * takes too much space for what it holds, copies what is wanted from the emptiest segments to the
 * lane's end, shard by shard, at a bounded rate. On the maintenance thread.
 *
 * <p>Before a segment goes, everything that only it says is said again at the lane's end, so that
 * the index could be made anew from what is left: the state of each shard that it mentions, cursors
 * written there, and, as long as older segments exist, what was deleted.
 */
final class Cleaner {

    private static final Logger log = LoggerFactory.getLogger(Cleaner.class);
    private static final int VICTIMS = 8;

    private final LogStore store;
    private final Rewrites rewrites;
    private final int percent;
    private final long bytesPerSecond;
    private final StorageMetrics metrics;

    Cleaner(
            LogStore store,
            Rewrites rewrites,
            int percent,
            long bytesPerSecond,
            StorageMetrics metrics) {
        this.store = store;
        this.rewrites = rewrites;
        this.percent = percent;
        this.bytesPerSecond = bytesPerSecond;
        this.metrics = metrics;
    }

    /** One pass over a lane. */
    void run(LaneWriter lane, long checkpointed) {
        try {
            List<Segment> victims = choose(lane, checkpointed);
            if (!victims.isEmpty()) {
                clean(lane, victims);
            }
        } catch (IOException | StorageException | CompletionException e) {
            if (!store.isClosing()) {
                log.atWarn()
                        .addKeyValue("lane", lane.id)
                        .addKeyValue("reason", e.toString())
                        .log("Cleaning stopped");
            }
        }
    }

    private List<Segment> choose(LaneWriter lane, long checkpointed) {
        List<Segment> sealed = new ArrayList<>();
        long total = 0;
        long live = 0;
        for (Segment segment : lane.files.all()) {
            long wanted = liveBytes(segment);
            total += segment.end;
            live += wanted;
            if (segment.id() < checkpointed) {
                sealed.add(segment);
            }
        }
        sealed.sort(
                Comparator.comparingDouble(
                        segment -> (double) liveBytes(segment) / Math.max(1, segment.end)));
        List<Segment> victims = new ArrayList<>();
        long copied = 0;
        for (Segment segment : sealed) {
            long wanted = liveBytes(segment);
            boolean tooMuch = total > live / 100.0 * percent + lane.files.segmentBytes();
            boolean fits = copied + wanted <= lane.files.segmentBytes();
            if (victims.size() >= VICTIMS
                    || wanted > 0 && (!tooMuch || !fits || wanted > segment.end * 9 / 10)) {
                break;
            }
            victims.add(segment);
            copied += wanted;
            total -= segment.end - wanted;
        }
        return victims;
    }

    private long liveBytes(Segment segment) {
        return store.index().liveBytes(segment.lane(), segment.id());
    }

    private void clean(LaneWriter lane, List<Segment> victims) throws IOException {
        Survivors survivors = new Survivors(lane);
        for (Segment victim : victims) {
            survivors.collect(victim);
        }
        survivors.write();
        for (Segment victim : victims) {
            LaneRequests.DropSegment drop = new LaneRequests.DropSegment(lane.files, victim.id());
            lane.submit(drop);
            drop.result.join();
            lane.files.drop(victim);
        }
    }

    /** A live batch and where it is. */
    private record Live(BatchPlace place, long shard, Segment segment) {}

    /** What has to be said again before segments go. */
    private final class Survivors {
        private final LaneWriter lane;
        private final List<Live> batches = new ArrayList<>();
        private final Set<Long> shards = new HashSet<>();
        private final Set<Long> undone;
        private final List<LaneRequests.Change<Void>> entries = new ArrayList<>();

        Survivors(LaneWriter lane) {
            this.lane = lane;
            undone = Set.copyOf(store.index().intents(lane.id).keySet());
        }

        void collect(Segment victim) throws IOException {
            long oldest = lane.files.all().iterator().next().id();
            Set<Long> mentioned = new HashSet<>();
            LaneReplay replay = new LaneReplay(victim);
            long position = LaneFormat.SEGMENT_HEADER;
            for (long lsn = victim.firstLsn(); lsn <= victim.lastLsn; lsn++) {
                ByteBuffer block = LaneRecovery.block(victim, position, victim.end);
                if (block == null || block.getLong(LaneFormat.BLOCK_LSN) != lsn) {
                    throw new StorageException(
                            StorageException.Kind.CORRUPT_STORE,
                            "block "
                                    + lsn
                                    + " at "
                                    + position
                                    + " in "
                                    + victim.path()
                                    + " is damaged; the segment stays as it is");
                }
                for (IndexEvent event : replay.events(block, position)) {
                    look(event, victim, victim.id() == oldest, mentioned);
                }
                position += block.limit();
            }
            for (long shard : mentioned) {
                ShardRow row = store.index().shard(shard);
                if (row != null && row.anchor <= victim.id()) {
                    shards.add(shard);
                }
            }
        }

        private void look(IndexEvent event, Segment victim, boolean oldest, Set<Long> mentioned) {
            switch (event) {
                case BatchRef ref -> {
                    mentioned.add(ref.shard);
                    BatchPlace place = store.index().place(ref.shard, ref.baseOffset);
                    if (place != null
                            && place.segment() == victim.id()
                            && place.position() == ref.position) {
                        batches.add(new Live(place, ref.shard, victim));
                    }
                }
                case IndexEvent.ShardWritten(ShardState state) -> mentioned.add(state.id());
                case IndexEvent.Trimmed(long shard, long start) -> mentioned.add(shard);
                case IndexEvent.ShardDeleted(long shard) -> {
                    if (!oldest) {
                        entries.add(new Again(LaneFormat.DELETE_SHARD, shard, new byte[0], event));
                    }
                }
                case IndexEvent.CursorWritten(long shard, String group, byte[] state) -> {
                    if (store.index().cursorSegment(shard, group) == victim.id()) {
                        entries.add(new CursorAgain(shard, group));
                    }
                }
                case IndexEvent.CursorDropped(long shard, String group) -> {
                    if (!oldest && store.index().cursorSegment(shard, group) < 0) {
                        entries.add(
                                new Again(LaneFormat.DROP_CURSOR, shard, RowKeys.of(group), event));
                    }
                }
                case IndexEvent.BatchesDropped(long shard, long[] bases) -> {
                    if (!oldest && store.index().shard(shard) != null) {
                        ByteBuffer body = ByteBuffer.allocate(bases.length * 8);
                        for (long base : bases) {
                            body.putLong(base);
                        }
                        entries.add(new Again(LaneFormat.DROP_BATCHES, shard, body.array(), event));
                    }
                }
                case IndexEvent.Intended(long sequence, byte[] body) -> {
                    if (undone.contains(sequence)) {
                        entries.add(new Again(LaneFormat.INTENT, 0, body, event));
                    }
                }
                case IndexEvent.KeyChanged changed -> {}
                case IndexEvent.IntentDone done -> {}
                case IndexEvent.PartTaken taken -> {}
                case IndexEvent.SegmentDropped dropped -> {}
                case IndexEvent.Listed listed -> {}
            }
        }

        void write() {
            writeBatches();
            for (long shard : shards) {
                LogShard found = store.shard(shard);
                if (found != null) {
                    entries.add(new LaneRequests.WriteShard(found, null));
                }
            }
            entries.forEach(lane::submit);
            entries.forEach(entry -> entry.result.join());
        }

        private void writeBatches() {
            batches.sort(
                    Comparator.comparingLong(Live::shard)
                            .thenComparingLong(live -> live.place().baseOffset()));
            List<Rewrites.Rewritten> portion = new ArrayList<>();
            int bytes = 0;
            for (Live live : batches) {
                BatchPlace place = live.place();
                portion.add(
                        new Rewrites.Rewritten(
                                live.shard(),
                                place.baseOffset(),
                                place.nextOffset(),
                                place.runningMax(),
                                read(live)));
                bytes += place.bytes();
                if (bytes >= Rewrites.PORTION) {
                    copy(portion, bytes);
                    portion.clear();
                    bytes = 0;
                }
            }
            if (!portion.isEmpty()) {
                copy(portion, bytes);
            }
        }

        private ByteBuffer read(Live live) {
            BatchPlace place = live.place();
            return LogReads.load(
                    new BatchRef(
                            live.shard(),
                            null,
                            place.baseOffset(),
                            place.nextOffset(),
                            place.maxTimestamp(),
                            place.runningMax(),
                            place.bytes(),
                            place.records(),
                            false,
                            live.segment(),
                            place.position()));
        }

        private void copy(List<Rewrites.Rewritten> portion, int bytes) {
            long begin = System.nanoTime();
            rewrites.write(lane, portion, List.of());
            metrics.cleaned(bytes);
            long due = bytes * 1_000_000_000L / bytesPerSecond;
            LockSupport.parkNanos(due - (System.nanoTime() - begin));
        }
    }

    /** An entry that is said again as it was. */
    private static final class Again extends LaneRequests.Change<Void> {
        private final byte type;
        private final long shard;
        private final byte[] body;
        private final IndexEvent event;

        Again(byte type, long shard, byte[] body, IndexEvent event) {
            this.type = type;
            this.shard = shard;
            this.body = body;
            this.event = event;
        }

        @Override
        public void prepare(LaneWriter lane, LaneBlock block) {
            block.entry(type, shard, body);
            lane.event(event);
        }

        @Override
        public Runnable afterApply() {
            return () -> result.complete(null);
        }
    }

    /** A cursor as the index has it, or as it is by now if its shard is in memory. */
    private final class CursorAgain extends LaneRequests.Change<Void> {
        private final long shard;
        private final String group;

        CursorAgain(long shard, String group) {
            this.shard = shard;
            this.group = group;
        }

        @Override
        public void prepare(LaneWriter lane, LaneBlock block) {
            byte[] state = store.index().cursor(shard, group);
            LogShard loaded = store.loaded(shard);
            AckCursor current = loaded == null ? null : loaded.cursorIfHeld(group);
            if (current != null) {
                state = current.encodeClean();
            }
            if (state != null && (loaded == null || !loaded.deleted)) {
                LaneRequests.WriteCursor.put(block, shard, group, state);
                lane.event(new IndexEvent.CursorWritten(shard, group, state));
            }
        }

        @Override
        public Runnable afterApply() {
            return () -> result.complete(null);
        }
    }
}
