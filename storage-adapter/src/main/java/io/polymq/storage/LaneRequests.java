package io.polymq.storage;

import io.polymq.storage.StorageException.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What is asked of lanes, besides rewriting. */
final class LaneRequests {

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
    private static final int SMALL = 128;

    private LaneRequests() {}

    /** Batches for one shard. */
    static final class Append implements LaneRequest {
        private final LogShard shard;
        private final Durability durability;
        private final AppendListener listener;
        private final long now;
        private final int bytes;
        private ByteBuffer batches;
        private long base = -1;
        private long next;

        Append(
                LogShard shard,
                ByteBuffer batches,
                Durability durability,
                long now,
                AppendListener listener) {
            this.shard = shard;
            this.batches = batches;
            this.durability = durability;
            this.now = now;
            this.listener = listener;
            bytes = batches.remaining();
        }

        LogShard shard() {
            return shard;
        }

        ByteBuffer batches() {
            return batches;
        }

        /** The batches are in the block; they are not needed any more. */
        void put(long baseOffset, long nextOffset) {
            base = baseOffset;
            next = nextOffset;
            batches = NOTHING;
        }

        @Override
        public void prepare(LaneWriter lane, LaneBlock block) {
            shard.requireThere();
            if (shard.gather(this)) {
                lane.gathers(shard);
            }
        }

        @Override
        public void rollback() {
            shard.takeBack(base);
        }

        @Override
        public void end(@Nullable StorageException failure) {
            if (failure == null) {
                shard.advance(next);
                listener.appended(base, now, null);
            } else {
                listener.appended(-1, -1, failure);
            }
        }

        @Override
        public Durability durability() {
            return durability;
        }

        @Override
        public void forcedWith(long lsn) {
            shard.forcedWith(lsn);
        }

        @Override
        public boolean isBehindForced(long lsn) {
            return shard.isBehindForced(lsn);
        }

        @Override
        public int bytes() {
            return bytes;
        }

        @Override
        public boolean publishes() {
            return true;
        }
    }

    /** A request with a future that changes one shard. */
    abstract static class Change<T> implements LaneRequest {
        final CompletableFuture<T> result = new CompletableFuture<>();

        @Override
        public void rollback() {
            // memory follows when the change has ended
        }

        @Override
        public Durability durability() {
            return Durability.SYNC;
        }

        @Override
        public int bytes() {
            return SMALL;
        }

        @Override
        public boolean publishes() {
            return false;
        }

        @Override
        public void end(@Nullable StorageException failure) {
            if (failure != null) {
                result.completeExceptionally(failure);
            }
        }
    }

    /**
     * Makes a shard. Once it was written it may be there whatever its caller was told, so its name
     * stays taken until the lane has recovered.
     */
    static final class CreateShard extends Change<Void> {
        private final LogShard shard;
        private final Runnable show;
        private final Runnable remove;
        private boolean written;

        CreateShard(LogShard shard, Runnable show, Runnable remove) {
            this.shard = shard;
            this.show = show;
            this.remove = remove;
        }

        @Override
        public void prepare(LaneWriter lane, LaneBlock block) {
            putState(shard, shard.spec, lane, block);
            written = true;
        }

        @Override
        public void rollback() {
            written = false;
        }

        @Override
        public void end(@Nullable StorageException failure) {
            if (failure == null) {
                show.run();
                result.complete(null);
            } else if (!written) {
                remove.run();
            }
            super.end(failure);
        }

        @Override
        public void survived() {
            show.run();
        }
    }

    private static void putState(LogShard shard, ShardSpec spec, LaneWriter lane, LaneBlock block) {
        ShardState state = shard.stateNow(spec);
        block.entry(LaneFormat.SHARD, shard.id(), state.encode());
        lane.event(new IndexEvent.ShardWritten(state));
    }

    /** Writes a shard's whole state: it has other limits, or its entry has to move on. */
    static final class WriteShard extends Change<Void> {
        private final LogShard shard;
        private final @Nullable ShardSpec other;

        /**
         * @param other its limits from now on; null to leave them
         */
        WriteShard(LogShard shard, @Nullable ShardSpec other) {
            this.shard = shard;
            this.other = other;
        }

        @Override
        public void prepare(LaneWriter lane, LaneBlock block) {
            if (shard.deleted && other == null) {
                return;
            }
            shard.requireThere();
            putState(shard, other == null ? shard.spec : other, lane, block);
        }

        @Override
        public void end(@Nullable StorageException failure) {
            if (failure == null) {
                survived();
                result.complete(null);
            }
            super.end(failure);
        }

        @Override
        public void survived() {
            if (other != null) {
                shard.spec = other;
            }
        }
    }

    /** Moves the start; done when the index has let go of what lies before it. */
    static final class Trim extends Change<Void> {
        private final LogShard shard;
        private final long to;
        private long before = -1;

        Trim(LogShard shard, long to) {
            this.shard = shard;
            this.to = to;
        }

        @Override
        public void prepare(LaneWriter lane, LaneBlock block) {
            shard.requireThere();
            if (to > shard.endOffset()) {
                throw new StorageException(
                        Kind.OFFSET_OUT_OF_RANGE,
                        "trim to "
                                + to
                                + " of "
                                + shard.name()
                                + ", which ends at "
                                + shard.endOffset());
            }
            before = shard.preparedStart();
            if (to > before) {
                shard.prepareStart(to);
                block.beginEntry(LaneFormat.TRIM, shard.id(), 8).putLong(to).endEntry();
                lane.event(new IndexEvent.Trimmed(shard.id(), to));
            }
        }

        @Override
        public void rollback() {
            shard.prepareStart(before);
        }

        @Override
        public void end(@Nullable StorageException failure) {
            if (failure == null) {
                survived();
            }
            super.end(failure);
        }

        @Override
        public void survived() {
            shard.moveStart(to);
        }

        @Override
        public Runnable afterApply() {
            return () -> result.complete(null);
        }
    }

    /** Deletes a shard. */
    static final class DeleteShard extends Change<Void> {
        private final LogShard shard;
        private final LogShards registry;
        private final Runnable then;
        private Runnable forget = () -> {};

        DeleteShard(LogShard shard, LogShards registry, Runnable then) {
            this.shard = shard;
            this.registry = registry;
            this.then = then;
        }

        @Override
        public void prepare(LaneWriter lane, LaneBlock block) {
            shard.requireThere();
            shard.deleted = true;
            block.beginEntry(LaneFormat.DELETE_SHARD, shard.id(), 0).endEntry();
            lane.event(new IndexEvent.ShardDeleted(shard.id()));
        }

        @Override
        public void rollback() {
            shard.deleted = false;
        }

        @Override
        public void end(@Nullable StorageException failure) {
            if (failure == null) {
                survived();
            }
            super.end(failure);
        }

        @Override
        public void survived() {
            forget = registry.hide(shard);
            shard.gone();
            then.run();
        }

        @Override
        public Runnable afterApply() {
            return () -> {
                shard.gone();
                forget.run();
                result.complete(null);
            };
        }
    }

    /** Writes a cursor as it is by then. */
    static final class WriteCursor extends Change<Void> {
        private final LogShard shard;
        private final AckCursor cursor;

        private final Durability durability;

        WriteCursor(LogShard shard, AckCursor cursor, Durability durability) {
            this.shard = shard;
            this.cursor = cursor;
            this.durability = durability;
        }

        @Override
        public Durability durability() {
            return durability;
        }

        @Override
        public void prepare(LaneWriter lane, LaneBlock block) {
            shard.requireThere();
            if (shard.holds(cursor)) {
                byte[] state = cursor.encodeClean();
                put(block, shard.id(), cursor.group(), state);
                lane.event(new IndexEvent.CursorWritten(shard.id(), cursor.group(), state));
            }
        }

        static void put(LaneBlock block, long shard, String group, byte[] state) {
            byte[] name = group.getBytes(StandardCharsets.UTF_8);
            block.beginEntry(LaneFormat.CURSOR, shard, 2 + name.length + state.length);
            block.putShort(name.length).put(name).put(state).endEntry();
        }

        @Override
        public void rollback() {
            cursor.markDirty();
            shard.changed(cursor);
        }

        @Override
        public void end(@Nullable StorageException failure) {
            if (failure == null) {
                result.complete(null);
            } else if (!shard.deleted && failure.kind() != Kind.CLOSED) {
                rollback();
            }
            super.end(failure);
        }
    }

    /** Forgets a cursor. */
    static final class DropCursor extends Change<Void> {
        private final LogShard shard;
        private final String group;

        DropCursor(LogShard shard, String group) {
            this.shard = shard;
            this.group = group;
        }

        @Override
        public void prepare(LaneWriter lane, LaneBlock block) {
            byte[] name = group.getBytes(StandardCharsets.UTF_8);
            block.entry(LaneFormat.DROP_CURSOR, shard.id(), name);
            lane.event(new IndexEvent.CursorDropped(shard.id(), group));
        }

        @Override
        public Runnable afterApply() {
            return () -> result.complete(null);
        }
    }

    /** Says that a segment may be missing from now on. */
    static final class DropSegment extends Change<Void> {
        private final LaneFiles files;
        private final long segment;

        DropSegment(LaneFiles files, long segment) {
            this.files = files;
            this.segment = segment;
        }

        @Override
        public void rollback() {
            files.dropping(segment, false);
        }

        @Override
        public void prepare(LaneWriter lane, LaneBlock block) {
            files.dropping(segment, true);
            block.beginEntry(LaneFormat.DROP_SEGMENT, 0, 8).putLong(segment).endEntry();
            lane.event(new IndexEvent.SegmentDropped(segment));
        }

        @Override
        public Runnable afterApply() {
            return () -> result.complete(null);
        }
    }

    /** Parts of an atomic append that are in one lane, and what ties them to other lanes. */
    static final class Parts implements LaneRequest {
        private final List<LogShard> shards;
        private final List<ByteBuffer> batches;
        private final Durability durability;
        private final Tie tie;
        private final Ended ended;
        private final long[] bases;
        private final long[] nexts;
        private final int bytes;
        private @Nullable LaneWriter lane;
        private int prepared;

        /** How the parts' lane takes note of the whole. */
        interface Tie {
            /** Puts what comes before the parts; false when the parts are there already. */
            boolean begin(LaneWriter lane, LaneBlock block);

            /** The parts were not written after all. */
            default void takeBack(LaneWriter lane) {}

            /** Whether they must be written, come what may. */
            boolean survives();
        }

        /** How it ended; the bases are meaningless after a failure. */
        interface Ended {
            void ended(long[] bases, long[] nexts, @Nullable StorageException failure);

            /** It was told that it failed, and is there all the same. */
            default void survived() {}
        }

        Parts(
                List<LogShard> shards,
                List<ByteBuffer> batches,
                Durability durability,
                Tie tie,
                Ended ended) {
            this.shards = shards;
            this.batches = batches;
            this.durability = durability;
            this.tie = tie;
            this.ended = ended;
            bases = new long[shards.size()];
            nexts = new long[shards.size()];
            bytes = batches.stream().mapToInt(ByteBuffer::remaining).sum();
        }

        @Override
        public void prepare(LaneWriter lane, LaneBlock block) {
            prepared = 0;
            if (!tie.survives()) {
                shards.forEach(LogShard::requireThere);
            }
            if (!tie.begin(lane, block)) {
                return;
            }
            this.lane = lane;
            try {
                for (LogShard shard : shards) {
                    nexts[prepared] = 0;
                    if (!shard.deleted) {
                        bases[prepared] = shard.put(lane, block, batches.get(prepared));
                        nexts[prepared] = shard.endOffset();
                    }
                    prepared++;
                }
            } catch (StorageException e) {
                rollback();
                throw e;
            }
        }

        @Override
        public void rollback() {
            if (lane != null) {
                tie.takeBack(lane);
                lane = null;
            }
            while (prepared > 0) {
                prepared--;
                if (nexts[prepared] > 0) {
                    shards.get(prepared).takeBack(bases[prepared]);
                }
            }
        }

        @Override
        public void end(@Nullable StorageException failure) {
            if (failure == null) {
                for (int i = 0; i < nexts.length; i++) {
                    shards.get(i).advance(nexts[i]);
                }
            }
            ended.ended(bases, nexts, failure);
        }

        @Override
        public void survived() {
            ended.survived();
        }

        @Override
        public Durability durability() {
            return durability;
        }

        @Override
        public void forcedWith(long lsn) {
            shards.forEach(shard -> shard.forcedWith(lsn));
        }

        @Override
        public boolean isBehindForced(long lsn) {
            for (LogShard shard : shards) {
                if (shard.isBehindForced(lsn)) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public int bytes() {
            return bytes;
        }

        @Override
        public boolean publishes() {
            return !tie.survives();
        }

        @Override
        public boolean survives() {
            return tie.survives();
        }
    }
}
