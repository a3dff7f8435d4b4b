package io.polymq.storage;

import io.polymq.storage.OrderedStore.Changes;
import io.polymq.storage.OrderedStore.Family;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What may happen to the rows of shards. All of it runs on the row writer. */
final class RowOperations {

    private RowOperations() {}

    /** An operation with a future. */
    abstract static class Task<T> implements RowWriter.Operation {
        final CompletableFuture<T> result = new CompletableFuture<>();

        abstract @Nullable T value();

        @Override
        public boolean alone() {
            return true;
        }

        @Override
        public void complete(@Nullable StorageException failure) {
            if (failure == null) {
                result.complete(value());
            } else {
                result.completeExceptionally(failure);
            }
        }
    }

    /** Batches for one or more shards, together. */
    static final class Append implements RowWriter.Operation {
        private final List<RowShard> shards;
        private final List<ByteBuffer> batches;
        private final Durability durability;
        private final long now;
        private final Done done;
        private final long[] bases;
        private final ShardState[] before;
        private final int bytes;

        /** How it ended. */
        interface Done {
            void appended(long[] bases, long timestamp, @Nullable StorageException failure);
        }

        Append(
                List<RowShard> shards,
                List<ByteBuffer> batches,
                Durability durability,
                long now,
                Done done) {
            this.shards = shards;
            this.batches = batches;
            this.durability = durability;
            this.now = now;
            this.done = done;
            bases = new long[shards.size()];
            before = new ShardState[shards.size()];
            bytes = batches.stream().mapToInt(ByteBuffer::remaining).sum();
        }

        @Override
        public int bytes() {
            return bytes;
        }

        @Override
        public boolean force() {
            return durability == Durability.SYNC;
        }

        @Override
        public void prepare(Changes changes) {
            shards.forEach(RowShard::requireThere);
            if (shards.getFirst().store.isFull()) {
                throw new StorageException(StorageException.Kind.FULL, "storage is full");
            }
            for (int i = 0; i < bases.length; i++) {
                before[i] = shards.get(i).state();
                bases[i] = shards.get(i).end;
                add(shards.get(i), batches.get(i), changes);
            }
        }

        private static void add(RowShard shard, ByteBuffer batches, Changes changes) {
            for (int at = batches.position(); at < batches.limit(); ) {
                int size = RecordBatches.size(batches, at);
                byte[] row = new byte[RowShard.ROW_HEADER + size];
                batches.get(at, row, RowShard.ROW_HEADER, size);
                ByteBuffer stored = RowShard.batch(row);
                long base = shard.end;
                stored.putLong(RecordBatches.BASE_OFFSET, base);
                stored.putInt(RecordBatches.LEADER_EPOCH, 0);
                shard.maxTimestamp =
                        Math.max(shard.maxTimestamp, stored.getLong(RecordBatches.MAX_TIMESTAMP));
                ByteBuffer.wrap(row).putLong(0, shard.maxTimestamp);
                changes.put(Family.BATCHES, RowKeys.of(shard.id(), base), row);
                if (shard.spec.keyIndex()) {
                    indexKeys(shard, stored, changes);
                }
                int count = stored.getInt(RecordBatches.RECORD_COUNT);
                shard.end = RecordBatches.nextOffset(stored, 0);
                shard.records += count;
                shard.appended += count;
                shard.bytes += size;
                at += size;
            }
            changes.put(Family.SHARDS, RowKeys.of(shard.id()), shard.state().encode());
        }

        private static void indexKeys(RowShard shard, ByteBuffer batch, Changes changes) {
            RecordBatchCursor cursor = new RecordBatchCursor().reset(batch);
            while (cursor.next()) {
                ByteBuffer key = cursor.key();
                if (key != null && !cursor.isControl()) {
                    changes.put(
                            Family.KEYS, RowKeys.of(shard.id(), key), RowKeys.of(cursor.offset()));
                    shard.superseded = true;
                }
            }
        }

        @Override
        public void rollback() {
            for (int i = bases.length - 1; i >= 0; i--) {
                shards.get(i).restore(before[i]);
            }
        }

        @Override
        public void complete(@Nullable StorageException failure) {
            if (failure == null) {
                for (int i = 0; i < bases.length; i++) {
                    RowShard shard = shards.get(i);
                    long next = bases[i] + RecordBatches.offsetSpan(batches.get(i));
                    shard.highWatermark = Math.max(shard.highWatermark, next);
                }
            }
            done.appended(bases, failure == null ? now : -1, failure);
            if (failure == null) {
                for (RowShard shard : shards) {
                    shard.watches.advance(shard.highWatermark);
                }
            }
        }
    }

    /** Moves the start. */
    static final class Trim extends Task<Void> {
        private final RowShard shard;
        private final long to;
        private @Nullable ShardState before;

        Trim(RowShard shard, long to) {
            this.shard = shard;
            this.to = to;
        }

        @Override
        public void rollback() {
            if (before != null) {
                shard.restore(before);
            }
        }

        @Override
        public void prepare(Changes changes) {
            shard.requireThere();
            long from = shard.start;
            if (to > shard.end) {
                throw new StorageException(
                        StorageException.Kind.OFFSET_OUT_OF_RANGE,
                        "trim to " + to + " of " + shard.name() + ", which ends at " + shard.end);
            }
            if (to <= from) {
                return;
            }
            before = shard.state();
            long records = shard.records;
            long bytes = shard.bytes;
            long keepFrom = to;
            try (OrderedStore.Walk walk = shard.walk()) {
                for (boolean there = walk.first(); there; there = walk.next()) {
                    long base = RowKeys.number(walk.key(), 8);
                    if (base >= to) {
                        break;
                    }
                    ByteBuffer batch = RowShard.batch(walk.value());
                    int count = batch.getInt(RecordBatches.RECORD_COUNT);
                    records -= Math.max(0, readable(count, base, from));
                    if (RecordBatches.nextOffset(batch, 0) > to) {
                        records += Math.max(0, readable(count, base, to));
                        keepFrom = base;
                    } else {
                        bytes -= batch.remaining();
                    }
                }
            }
            changes.deleteRange(
                    Family.BATCHES, RowKeys.of(shard.id(), 0), RowKeys.of(shard.id(), keepFrom));
            shard.start = to;
            shard.records = Math.max(0, records);
            shard.bytes = bytes;
            changes.put(Family.SHARDS, RowKeys.of(shard.id()), shard.state().encode());
        }

        /** Of a batch's records, about how many lie at or behind the start. */
        private static long readable(int count, long base, long start) {
            return count - Math.max(0, start - base);
        }

        @Override
        @Nullable Void value() {
            return null;
        }
    }

    /** Makes batches anew without some records; the result is how many went. */
    static final class Rewrite extends Task<Long> {
        private final RowShard shard;
        private final BatchRewriter.Keep keep;
        private final long @Nullable [] only;
        private long removed;
        private @Nullable ShardState before;

        private Rewrite(RowShard shard, BatchRewriter.Keep keep, long @Nullable [] only) {
            this.shard = shard;
            this.keep = keep;
            this.only = only;
        }

        /**
         * @param only offsets, in order, whose batches are looked at; null: all batches
         */
        static Rewrite of(RowShard shard, BatchRewriter.Keep keep, long @Nullable [] only) {
            return new Rewrite(shard, keep, only);
        }

        @Override
        public void prepare(Changes changes) {
            shard.requireThere();
            before = shard.state();
            List<ByteBuffer> lostKeys = new ArrayList<>();
            try (OrderedStore.Walk walk = shard.walk()) {
                if (only == null) {
                    for (boolean there = walk.first(); there; there = walk.next()) {
                        rewrite(walk, changes, lostKeys);
                    }
                } else {
                    long done = -1;
                    for (long offset : only) {
                        if (offset >= done && walk.floor(RowKeys.of(shard.id(), offset))) {
                            rewrite(walk, changes, lostKeys);
                            done = RowShard.next(walk.value());
                        }
                    }
                }
            }
            if (removed > 0) {
                for (ByteBuffer key : lostKeys) {
                    reindex(key, changes);
                }
                changes.put(Family.SHARDS, RowKeys.of(shard.id()), shard.state().encode());
            }
        }

        @Override
        public void rollback() {
            if (before != null) {
                shard.restore(before);
            }
        }

        private void rewrite(OrderedStore.Walk walk, Changes changes, List<ByteBuffer> lostKeys) {
            byte[] old = walk.value();
            ByteBuffer batch = RowShard.batch(old);
            ByteBuffer fresh =
                    BatchRewriter.filter(
                            batch,
                            record -> {
                                boolean stays =
                                        record.offset() < shard.start
                                                || record.isControl()
                                                || keep.test(record);
                                ByteBuffer key = record.key();
                                if (!stays && key != null && shard.spec.keyIndex()) {
                                    lostKeys.add(key);
                                }
                                return stays;
                            });
            if (fresh == batch) {
                return;
            }
            int gone = batch.getInt(RecordBatches.RECORD_COUNT);
            if (fresh == null) {
                changes.delete(Family.BATCHES, walk.key());
                shard.bytes -= batch.remaining();
            } else {
                gone -= fresh.getInt(RecordBatches.RECORD_COUNT);
                byte[] row = Arrays.copyOf(old, RowShard.ROW_HEADER + fresh.remaining());
                fresh.get(0, row, RowShard.ROW_HEADER, fresh.remaining());
                changes.put(Family.BATCHES, walk.key(), row);
                shard.bytes += fresh.remaining() - batch.remaining();
            }
            removed += gone;
            shard.records -= gone;
        }

        /** The newest record of a key may be gone: the one before takes its place. */
        private void reindex(ByteBuffer key, Changes changes) {
            byte[] row = RowKeys.of(shard.id(), key);
            byte[] indexed = shard.store.rows.get(Family.KEYS, row);
            if (indexed == null) {
                return;
            }
            long newest = -1;
            RecordBatchCursor cursor = new RecordBatchCursor();
            try (OrderedStore.Walk walk = shard.walk()) {
                for (boolean there = walk.last(); there && newest < 0; there = walk.previous()) {
                    cursor.reset(RowShard.batch(walk.value()));
                    while (cursor.next()) {
                        if (cursor.offset() >= shard.start
                                && key.equals(cursor.key())
                                && keep.test(cursor)) {
                            newest = cursor.offset();
                        }
                    }
                }
            }
            if (newest < 0) {
                changes.delete(Family.KEYS, row);
            } else if (newest != RowKeys.number(indexed, 0)) {
                changes.put(Family.KEYS, row, RowKeys.of(newest));
            }
        }

        @Override
        Long value() {
            return removed;
        }
    }

    /** Writes a cursor's state. */
    static final class WriteCursor extends Task<Void> {
        private final RowShard shard;
        private final AckCursor cursor;

        WriteCursor(RowShard shard, AckCursor cursor) {
            this.shard = shard;
            this.cursor = cursor;
        }

        @Override
        public boolean alone() {
            return false;
        }

        @Override
        public boolean force() {
            return shard.spec.durability() == Durability.SYNC;
        }

        @Override
        public void prepare(Changes changes) {
            shard.requireThere();
            if (shard.holds(cursor)) {
                changes.put(
                        Family.CURSORS,
                        RowKeys.of(shard.id(), cursor.group()),
                        cursor.encodeClean());
            }
        }

        @Override
        public void rollback() {
            cursor.markDirty();
            shard.changed(cursor);
        }

        @Override
        @Nullable Void value() {
            return null;
        }
    }

    /** Forgets a cursor. */
    static final class DeleteCursor extends Task<Void> {
        private final RowShard shard;
        private final String group;

        DeleteCursor(RowShard shard, String group) {
            this.shard = shard;
            this.group = group;
        }

        @Override
        public void prepare(Changes changes) {
            changes.delete(Family.CURSORS, RowKeys.of(shard.id(), group));
        }

        @Override
        public void rollback() {
            // the row is still there: the cursor comes back as it was written last
        }

        @Override
        @Nullable Void value() {
            return null;
        }
    }
}
