package io.polymq.storage;

import org.jspecify.annotations.Nullable;

/**
 * Where an extent is: one batch, or small ones of a shard that stand together (see {@link
 * Extents}), in a segment, and perhaps still in memory. Place and memory may change while readers
 * look; each read takes its own copy of the fields under the shard's lock.
 */
final class BatchRef implements IndexEvent, BatchRows.Row {

    final long shard;

    /** Whose tail holds it; null when it was read from the index or a file. */
    final @Nullable LogShard owner;

    final long baseOffset;
    final long nextOffset;
    final long maxTimestamp;
    final long runningMax;
    final int bytes;
    final int records;

    /** Whether it takes the place of a batch that was there before. */
    final boolean moved;

    Segment segment;
    long position;
    @Nullable TailChunk chunk;
    int chunkAt = TailCache.NOWHERE;

    BatchRef(
            long shard,
            @Nullable LogShard owner,
            long baseOffset,
            long nextOffset,
            long maxTimestamp,
            long runningMax,
            int bytes,
            int records,
            boolean moved,
            Segment segment,
            long position) {
        this.shard = shard;
        this.owner = owner;
        this.baseOffset = baseOffset;
        this.nextOffset = nextOffset;
        this.maxTimestamp = maxTimestamp;
        this.runningMax = runningMax;
        this.bytes = bytes;
        this.records = records;
        this.moved = moved;
        this.segment = segment;
        this.position = position;
    }

    /** Its bytes, at {@code chunkAt}, while they are in memory. */
    byte @Nullable [] memory() {
        TailChunk of = chunk;
        return of == null || chunkAt == TailCache.NOWHERE ? null : of.bytes();
    }

    @Override
    public long baseOffset() {
        return baseOffset;
    }

    @Override
    public long nextOffset() {
        return nextOffset;
    }

    @Override
    public int bytes() {
        return bytes;
    }

    @Override
    public long maxTimestamp() {
        return maxTimestamp;
    }

    @Override
    public long runningMax() {
        return runningMax;
    }
}
