package io.polymq.storage;

import io.polymq.storage.StorageException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads of the log driver. What the tail holds is answered at once; what needs the index is read on
 * the reader threads. Large runs in one segment become regions of the file, all else is read into
 * memory with one read per stretch, stretches behind each other in one buffer, and checked.
 */
final class LogReads implements AutoCloseable {

    /** From here on an extent is left in the file for who asks for batches. */
    static final int REGION = 16 << 10;

    /** From here on sending from the file costs less than reading into memory first. */
    static final int SENT_REGION = 8 << 10;

    static final int NO_REGION = Integer.MAX_VALUE;

    private static final int GAP = 1 << 10;

    /** An extent's segment is not there; it was moved before that went. */
    private static final long GONE = -2;

    /** Each time the extent would have to be moved again while it is looked up. */
    private static final int TRIES = 1_000;

    /** What is read into one array at most, unless a single extent is larger. */
    private static final int PACKED = 256 << 10;

    private final LogStore store;
    private final ExecutorService threads;
    private volatile boolean closed;

    LogReads(LogStore store, int threadCount) {
        this.store = store;
        threads =
                Executors.newFixedThreadPool(
                        threadCount,
                        Thread.ofPlatform().name("polymq-log-read-", 0).daemon().factory());
    }

    <T> CompletableFuture<T> run(Supplier<T> read) {
        CompletableFuture<T> result = new CompletableFuture<>();
        try {
            threads.execute(
                    () -> {
                        try {
                            result.complete(read.get());
                        } catch (RuntimeException e) {
                            result.completeExceptionally(e);
                        }
                    });
        } catch (RejectedExecutionException e) {
            result.completeExceptionally(new StorageException(Kind.CLOSED, "storage is closed", e));
        }
        return result;
    }

    @Nullable ReadResult cached(LogShard shard, long offset, int maxBytes, boolean minOne) {
        requireOpen();
        shard.requireThere();
        long start = shard.startOffset();
        long end = shard.highWatermark();
        shard.requireInRange(offset, start, end);
        List<ShardTail.Held> held = new ArrayList<>();
        if (!shard.tail.collect(offset, end, maxBytes, minOne, held)) {
            return null;
        }
        for (ShardTail.Held batch : held) {
            if (batch.bytes() == null) {
                return null;
            }
        }
        return result(shard, held, new Wanted(offset, end, maxBytes, minOne, REGION), start);
    }

    /**
     * @param region extents of so many bytes are left in the file where they can be
     */
    CompletableFuture<ReadResult> read(
            LogShard shard, long offset, int maxBytes, boolean minOne, int region) {
        try {
            requireOpen();
            shard.requireThere();
            long start = shard.startOffset();
            long end = shard.highWatermark();
            shard.requireInRange(offset, start, end);
            List<ShardTail.Held> held = new ArrayList<>();
            if (offset == end || shard.tail.collect(offset, end, maxBytes, minOne, held)) {
                Wanted wanted = new Wanted(offset, end, maxBytes, minOne, region);
                if (held.stream().allMatch(each -> each.bytes() != null || wanted.isRegion(each))) {
                    ReadResult result = result(shard, held, wanted, start);
                    if (result != null) {
                        return CompletableFuture.completedFuture(result);
                    }
                }
            }
            return run(() -> readIndexed(shard, offset, maxBytes, minOne, region));
        } catch (StorageException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new StorageException(Kind.CLOSED, "storage is closed");
        }
    }

    private ReadResult readIndexed(
            LogShard shard, long offset, int maxBytes, boolean minOne, int region) {
        for (int tries = 0; tries < TRIES; tries++) {
            shard.requireThere();
            long start = shard.startOffset();
            long end = shard.highWatermark();
            shard.requireInRange(offset, start, end);
            List<ShardTail.Held> held = new ArrayList<>();
            if (!shard.tail.collect(offset, end, maxBytes, minOne, held)) {
                long from = collectIndexed(shard, offset, maxBytes, minOne, held);
                if (from == GONE) {
                    continue;
                }
                int room = maxBytes - bytesOf(held);
                if (from >= 0 && !shard.tail.collect(from, end, room, minOne, held)) {
                    continue;
                }
            }
            ReadResult result =
                    result(shard, held, new Wanted(offset, end, maxBytes, minOne, region), start);
            if (result != null) {
                return result;
            }
            // a segment went away meanwhile: its batches have another place by now
        }
        throw lost(shard, offset);
    }

    private static StorageException lost(LogShard shard, long offset) {
        return new StorageException(
                Kind.CORRUPT_STORE,
                "offset " + offset + " of " + shard.name() + " is in a segment that is not there");
    }

    /**
     * Takes batches from the index as far as the tail.
     *
     * @return where to go on in the tail; -1 when there is no more room, {@link #GONE} when an
     *     extent lies in a segment that is not there any more
     */
    private long collectIndexed(
            LogShard shard, long offset, int maxBytes, boolean minOne, List<ShardTail.Held> to) {
        long next = offset;
        int left = maxBytes;
        long tailFrom = shard.tail.from();
        try (OrderedStore.Walk walk = store.index().batches(shard.id())) {
            BatchPlace place = holding(walk, shard, offset);
            while (place != null && place.baseOffset() < tailFrom) {
                if (!fits(place, left, minOne, to)) {
                    return -1;
                }
                if (!take(shard, place, to)) {
                    return GONE;
                }
                left -= place.bytes();
                next = place.nextOffset();
                if (left <= 0) {
                    return -1;
                }
                place = walk.next() ? LogShard.place(walk) : null;
            }
        }
        return Math.max(next, tailFrom);
    }

    /** The extent that holds the offset, or the first behind it. */
    private static @Nullable BatchPlace holding(
            OrderedStore.Walk walk, LogShard shard, long offset) {
        byte[] key = RowKeys.of(shard.id(), offset);
        // who goes on where the last read ended asks for the beginning of an extent
        BatchPlace behind = walk.ceiling(key) ? LogShard.place(walk) : null;
        if (behind != null && behind.baseOffset() == offset) {
            return behind;
        }
        BatchPlace before = walk.floor(key) ? LogShard.place(walk) : null;
        if (before != null && before.nextOffset() > offset) {
            return before;
        }
        return walk.ceiling(key) ? LogShard.place(walk) : null;
    }

    private static boolean fits(
            BatchPlace place, int left, boolean minOne, List<ShardTail.Held> to) {
        return place.bytes() <= left || to.isEmpty() && (minOne || ShardTail.isCut(place.bytes()));
    }

    /** False when the extent's segment has gone. */
    private boolean take(LogShard shard, BatchPlace place, List<ShardTail.Held> to) {
        ShardTail.Held held = held(shard, place);
        return held != null && to.add(held);
    }

    private ShardTail.@Nullable Held held(LogShard shard, BatchPlace place) {
        Segment segment = shard.lane.files.get(place.segment());
        if (segment == null) {
            return null;
        }
        BatchRef ref =
                new BatchRef(
                        shard.id(),
                        null,
                        place.baseOffset(),
                        place.nextOffset(),
                        place.maxTimestamp(),
                        place.runningMax(),
                        place.bytes(),
                        place.records(),
                        false,
                        segment,
                        place.position());
        return new ShardTail.Held(ref, segment, place.position(), null, 0);
    }

    /** What a reader asked for, below {@code end}. */
    private record Wanted(long offset, long end, int maxBytes, boolean minOne, int region) {

        /**
         * Whether an extent is given as it stands in the file: large, and nothing to be cut off.
         */
        boolean isRegion(ShardTail.Held extent) {
            BatchRef ref = extent.ref();
            boolean whole =
                    ref.bytes > Extents.LIMIT
                            || ref.baseOffset >= offset
                                    && ref.nextOffset <= end
                                    && ref.bytes <= maxBytes;
            return ref.bytes >= region && whole && extent.segment().file().channel() != null;
        }
    }

    /** Null when a segment was dropped in between. */
    private @Nullable ReadResult result(
            LogShard shard, List<ShardTail.Held> held, Wanted wanted, long start) {
        List<Slice> slices = new ArrayList<>();
        int bytes = 0;
        boolean complete = false;
        try {
            for (int i = 0; i < held.size(); ) {
                boolean read = isRead(held.get(i), wanted);
                int to = read ? toRead(held, i, wanted) : run(held, i, wanted);
                List<ShardTail.Held> part = held.subList(i, to);
                Slice slice = read ? read(shard, part, wanted) : slice(part, wanted);
                if (slice == null) {
                    return null;
                }
                Slice cut = cut(slice, wanted, bytes);
                if (cut == null) {
                    slice.close();
                    break;
                }
                slices.add(cut);
                bytes += cut.bytes();
                i = to;
            }
            complete = true;
            return new ReadResult(slices, bytes, start, wanted.end);
        } finally {
            if (!complete) {
                slices.forEach(Slice::close);
            }
        }
    }

    /** Of a slice in memory, the batches that are wanted; null when none is. */
    private static @Nullable Slice cut(Slice slice, Wanted wanted, int before) {
        if (!(slice instanceof Slice.Memory(ByteBuffer buffer))) {
            return slice;
        }
        int from = 0;
        while (from < buffer.limit() && RecordBatches.nextOffset(buffer, from) <= wanted.offset) {
            from += RecordBatches.size(buffer, from);
        }
        int to = from;
        while (to < buffer.limit() && buffer.getLong(to + RecordBatches.BASE_OFFSET) < wanted.end) {
            int size = RecordBatches.size(buffer, to);
            boolean fits = before + (to - from) + size <= wanted.maxBytes;
            if (!fits && !(wanted.minOne && before == 0 && to == from)) {
                break;
            }
            to += size;
        }
        if (from == 0 && to == buffer.limit()) {
            return slice;
        }
        return to == from ? null : new Slice.Memory(buffer.slice(from, to - from));
    }

    /** Where a run of batches ends that makes one slice. */
    private static int run(List<ShardTail.Held> held, int from, Wanted wanted) {
        ShardTail.Held first = held.get(from);
        ShardTail.Held last = first;
        int to = from + 1;
        long span = first.ref().bytes;
        while (to < held.size()) {
            ShardTail.Held next = held.get(to);
            boolean joins;
            if (first.bytes() != null) {
                joins = next.bytes() == first.bytes() && next.at() == last.at() + last.ref().bytes;
            } else {
                long gap = next.position() - last.position() - last.ref().bytes;
                boolean left = wanted.isRegion(first);
                joins =
                        next.bytes() == null
                                && next.segment() == first.segment()
                                && gap >= 0
                                && left == wanted.isRegion(next)
                                && (left ? gap == 0 : gap <= GAP && span < PACKED);
                span += gap + next.ref().bytes;
            }
            if (!joins) {
                break;
            }
            last = next;
            to++;
        }
        return to;
    }

    /** Whether an extent has to be read into memory. */
    private static boolean isRead(ShardTail.Held extent, Wanted wanted) {
        return extent.bytes() == null && !wanted.isRegion(extent);
    }

    /** Where the extents end that are read into one buffer. */
    private static int toRead(List<ShardTail.Held> held, int from, Wanted wanted) {
        int to = from;
        long bytes = 0;
        while (to < held.size() && isRead(held.get(to), wanted)) {
            bytes += held.get(to).ref().bytes;
            if (to > from && bytes > PACKED) {
                break;
            }
            to++;
        }
        return to;
    }

    private static int bytesOf(List<ShardTail.Held> extents) {
        int bytes = 0;
        for (ShardTail.Held extent : extents) {
            bytes += extent.ref().bytes;
        }
        return bytes;
    }

    private static @Nullable Slice read(
            LogShard shard, List<ShardTail.Held> extents, Wanted wanted) {
        ByteBuffer packed = ByteBuffer.allocate(bytesOf(extents));
        for (int i = 0; i < extents.size(); ) {
            int to = run(extents, i, wanted);
            Segment segment = extents.get(i).segment();
            if (!segment.acquire()) {
                return null;
            }
            try {
                stretch(shard.name(), extents.subList(i, to), packed);
            } finally {
                segment.release();
            }
            i = to;
        }
        return new Slice.Memory(packed.flip().asReadOnlyBuffer());
    }

    /** A run that is in memory, or is left in the file. */
    private static @Nullable Slice slice(List<ShardTail.Held> run, Wanted wanted) {
        ShardTail.Held first = run.getFirst();
        int bytes = bytesOf(run);
        byte[] memory = first.bytes();
        if (memory != null) {
            return new Slice.Memory(
                    ByteBuffer.wrap(memory, first.at(), bytes).slice().asReadOnlyBuffer());
        }
        Segment segment = first.segment();
        FileChannel channel = segment.file().channel();
        if (channel == null || !segment.acquire()) {
            return null;
        }
        return new Slice.Region(channel, first.position(), bytes, segment::release);
    }

    private static ByteBuffer single(String shard, ShardTail.Held extent) {
        ByteBuffer to = ByteBuffer.allocate(extent.ref().bytes);
        stretch(shard, List.of(extent), to);
        return to.flip();
    }

    /** Reads batches that lie close together with one read and leaves out what is between. */
    private static void stretch(String shard, List<ShardTail.Held> run, ByteBuffer to) {
        ShardTail.Held first = run.getFirst();
        ShardTail.Held last = run.getLast();
        int span = (int) (last.position() + last.ref().bytes - first.position());
        boolean whole = span == bytesOf(run);
        ByteBuffer raw = whole ? to.slice(to.position(), span) : ByteBuffer.allocate(span);
        try {
            first.segment().file().readFully(raw, first.position());
        } catch (IOException e) {
            throw new StorageException(
                    Kind.IO, "cannot read " + first.segment().path() + ": " + e.getMessage(), e);
        }
        for (ShardTail.Held batch : run) {
            int at = (int) (batch.position() - first.position());
            int bytes = batch.ref().bytes;
            check(shard, batch, raw, at);
            if (!whole) {
                to.put(to.position(), raw, at, bytes);
            }
            to.position(to.position() + bytes);
        }
    }

    private static void check(String shard, ShardTail.Held extent, ByteBuffer raw, int at) {
        int end = at + extent.ref().bytes;
        boolean right = raw.getLong(at + RecordBatches.BASE_OFFSET) >= extent.ref().baseOffset;
        for (int batch = at; right && batch < end; ) {
            int size =
                    end - batch < RecordBatches.HEADER_BYTES ? 0 : RecordBatches.size(raw, batch);
            right =
                    size >= RecordBatches.HEADER_BYTES
                            && size <= end - batch
                            && RecordBatches.nextOffset(raw, batch) <= extent.ref().nextOffset
                            && RecordBatches.checksum(raw, batch, size)
                                    == raw.getInt(batch + RecordBatches.CRC);
            batch += size;
        }
        if (!right) {
            throw new StorageException(
                    Kind.CORRUPT_STORE,
                    "what stands at offset "
                            + extent.ref().baseOffset
                            + " of "
                            + shard
                            + " is damaged, at "
                            + extent.position()
                            + " in "
                            + extent.segment().path());
        }
    }

    /** One batch, checked; found again by its offset when its place has changed. */
    ByteBuffer load(LogShard shard, BatchRows.Row row) {
        for (int tries = 0; tries < TRIES; tries++) {
            shard.requireThere();
            ShardTail.Held held =
                    row instanceof BatchPlace place
                            ? held(shard, place)
                            : shard.tail.atOrBefore(row.baseOffset());
            if (held != null && held.ref().baseOffset == row.baseOffset()) {
                byte[] memory = held.bytes();
                if (memory != null) {
                    return ByteBuffer.wrap(memory, held.at(), held.ref().bytes).slice();
                }
                if (held.segment().acquire()) {
                    try {
                        return single(shard.name(), held);
                    } finally {
                        held.segment().release();
                    }
                }
            }
            BatchRows.Row again = shard.atOrBefore(row.baseOffset());
            if (again == null || again.baseOffset() != row.baseOffset()) {
                throw new StorageException(
                        Kind.OFFSET_OUT_OF_RANGE,
                        "offset " + row.baseOffset() + " of " + shard.name() + " has just gone");
            }
            row = again;
        }
        throw lost(shard, row.baseOffset());
    }

    /** A batch whose block was just written, for the applier. */
    static ByteBuffer load(BatchRef ref) {
        byte[] memory = ref.memory();
        if (memory != null) {
            return ByteBuffer.wrap(memory, ref.chunkAt, ref.bytes).slice();
        }
        ShardTail.Held held = new ShardTail.Held(ref, ref.segment, ref.position, null, 0);
        return single("shard " + ref.shard, held);
    }

    @Override
    public void close() {
        closed = true;
        Shutdowns.finish(threads);
    }
}
