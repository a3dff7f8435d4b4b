package io.polymq.storage;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** A lane's newest batches in memory, bounded in bytes; the oldest go. Of the lane's writer. */
final class TailCache {

    private final long limit;
    private final Deque<TailChunk> full = new ArrayDeque<>();
    private @Nullable TailChunk open;

    TailCache(long limit) {
        this.limit = limit;
    }

    void put(LaneBlock block, BatchRef ref, LogShard shard) {
        if (limit < TailChunk.SIZE) {
            return;
        }
        TailChunk chunk = open;
        int at = chunk == null ? -1 : chunk.claim(ref.bytes, shard);
        if (chunk == null || at < 0) {
            if (chunk != null) {
                full.add(chunk);
            }
            while ((full.size() + 1L) * TailChunk.SIZE > limit) {
                full.remove().evict();
            }
            chunk = new TailChunk(TailChunk.SIZE);
            open = chunk;
            at = chunk.claim(ref.bytes, shard);
        }
        byte[] bytes = chunk.bytes();
        if (bytes != null) {
            block.copyOut(ref.position, bytes, at, ref.bytes);
            ref.chunkAt = at;
            ref.chunk = chunk;
        }
    }
}
