package io.polymq.storage;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Puts batches to other places or makes them anew without some records. All of it runs on the one
 * maintenance thread, so no two rewrites of a batch can cross. Each portion is written to the
 * shard's lane and awaited until the index has it; the old places stay readable until then.
 */
final class Rewrites {

    static final int PORTION = 1 << 20;

    private final LogStore store;

    Rewrites(LogStore store) {
        this.store = store;
    }

    /** A batch to write again; without bytes it is to be gone. */
    record Rewritten(
            long shard,
            long baseOffset,
            long nextOffset,
            long runningMax,
            @Nullable ByteBuffer to) {
        int bytes() {
            return to == null ? 0 : to.remaining();
        }
    }

    /**
     * Removes records.
     *
     * @param gone which ones
     * @param only offsets, in order, whose batches are looked at; null: all
     * @return how many went
     */
    long remove(LogShard shard, BatchRewriter.Keep gone, long @Nullable [] only) {
        BatchSearch all = shard.search();
        Removal removal = new Removal(shard, all, gone);
        if (only == null) {
            BatchRows.Row row = all.holding(all.start());
            while (row != null && row.baseOffset() < all.end()) {
                removal.look(row);
                row = shard.atOrAfter(row.nextOffset());
            }
        } else {
            long done = all.start();
            for (long offset : only) {
                BatchRows.Row row =
                        offset < done || offset >= all.end() ? null : shard.atOrBefore(offset);
                if (row != null && row.nextOffset() > offset) {
                    removal.look(row);
                    done = row.nextOffset();
                }
            }
        }
        return removal.finish();
    }

    /** One removal under way. */
    private final class Removal {
        private final LogShard shard;
        private final BatchSearch all;
        private final BatchRewriter.Keep gone;
        private final List<Rewritten> portion = new ArrayList<>();
        private final Map<ByteBuffer, Long> lostKeys = new HashMap<>();
        private int bytes;
        private long removed;

        Removal(LogShard shard, BatchSearch all, BatchRewriter.Keep gone) {
            this.shard = shard;
            this.all = all;
            this.gone = gone;
        }

        void look(BatchRows.Row row) {
            ByteBuffer batch = shard.load(row);
            ByteBuffer fresh =
                    BatchRewriter.filter(
                            batch,
                            record -> {
                                boolean goes =
                                        record.offset() >= all.start()
                                                && record.offset() < all.end()
                                                && !record.isControl()
                                                && gone.test(record);
                                ByteBuffer key = record.key();
                                if (goes && key != null && shard.spec.keyIndex()) {
                                    lostKeys.put(copy(key), record.offset());
                                }
                                return !goes;
                            });
            if (fresh == batch) {
                return;
            }
            removed += RecordBatches.recordCount(batch);
            if (fresh != null) {
                removed -= RecordBatches.recordCount(fresh);
            }
            Rewritten rewritten =
                    new Rewritten(
                            shard.id(),
                            row.baseOffset(),
                            row.nextOffset(),
                            row.runningMax(),
                            fresh);
            portion.add(rewritten);
            bytes += rewritten.bytes();
            if (bytes >= PORTION || portion.size() >= 10_000) {
                write(shard.lane, portion, List.of());
                portion.clear();
                bytes = 0;
            }
        }

        long finish() {
            List<IndexEvent> keys = new ArrayList<>();
            lostKeys.forEach(
                    (key, offset) -> {
                        StoredRecord before =
                                new BatchSearch(shard, all.start(), offset)
                                        .lastWithKey(key, record -> !gone.test(record));
                        keys.add(
                                new IndexEvent.KeyChanged(
                                        shard.id(),
                                        key,
                                        offset,
                                        before == null ? -1 : before.offset()));
                    });
            if (!portion.isEmpty() || !keys.isEmpty()) {
                write(shard.lane, portion, keys);
            }
            return removed;
        }
    }

    private static ByteBuffer copy(ByteBuffer key) {
        return ByteBuffer.allocate(key.remaining()).put(key.duplicate()).flip();
    }

    /** Writes a portion and waits until the index has it. */
    void write(LaneWriter lane, List<Rewritten> portion, List<IndexEvent> more) {
        Request request = new Request(List.copyOf(portion), more);
        lane.submit(request);
        try {
            request.result.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof StorageException known) {
                throw known;
            }
            throw e;
        }
    }

    private final class Request extends LaneRequests.Change<Void> {
        private final List<Rewritten> portion;
        private final List<IndexEvent> more;
        private final List<BatchRef> refs = new ArrayList<>();

        Request(List<Rewritten> portion, List<IndexEvent> more) {
            this.portion = portion;
            this.more = more;
        }

        @Override
        public void prepare(LaneWriter lane, LaneBlock block) {
            refs.clear();
            long last = -1;
            boolean there = false;
            for (Rewritten batch : portion) {
                if (batch.shard() != last) {
                    last = batch.shard();
                    there = store.isThere(last);
                }
                ByteBuffer to = batch.to();
                if (!there) {
                    continue;
                }
                if (to == null) {
                    block.beginEntry(LaneFormat.DROP_BATCHES, batch.shard(), 8);
                    block.putLong(batch.baseOffset()).endEntry();
                    lane.event(
                            new IndexEvent.BatchesDropped(
                                    batch.shard(), new long[] {batch.baseOffset()}));
                } else {
                    int size = to.remaining();
                    block.beginEntry(LaneFormat.MOVED, batch.shard(), 24 + size);
                    block.putLong(batch.runningMax());
                    block.putLong(batch.baseOffset()).putLong(batch.nextOffset());
                    long position = block.put(to, to.position(), size);
                    block.endEntry();
                    BatchRef ref = ref(batch, to, lane.segment(), position);
                    refs.add(ref);
                    lane.event(ref);
                }
            }
            more.forEach(lane::event);
        }

        private BatchRef ref(Rewritten batch, ByteBuffer to, Segment segment, long position) {
            return new BatchRef(
                    batch.shard(),
                    store.loaded(batch.shard()),
                    batch.baseOffset(),
                    batch.nextOffset(),
                    RecordBatches.maxTimestamp(to),
                    batch.runningMax(),
                    to.remaining(),
                    RecordBatches.recordCount(to),
                    true,
                    segment,
                    position);
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
            for (BatchRef ref : refs) {
                if (ref.owner != null) {
                    ref.owner.tail.replace(ref);
                }
            }
            for (Rewritten batch : portion) {
                LogShard shard = batch.to() == null ? store.loaded(batch.shard()) : null;
                if (shard != null) {
                    shard.tail.drop(batch.baseOffset());
                }
            }
        }

        @Override
        public int bytes() {
            return portion.stream().mapToInt(Rewritten::bytes).sum();
        }

        @Override
        public Runnable afterApply() {
            return () -> result.complete(null);
        }
    }
}
