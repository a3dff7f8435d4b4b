package io.polymq.storage;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * A lane's newest extents in memory, bounded in bytes. The oldest lose their bytes first, which
 * large ones never had; their places stay known for longer, so that a reader that is not far behind
 * needs no index. Of the lane's writer.
 */
final class TailCache {

    /** Where an extent without bytes is in its chunk. */
    static final int NOWHERE = -1;

    /** The part of the room that is for places. */
    private static final int ROWS_SHARE = 4;

    private final long byteLimit;
    private final long rowLimit;
    private final Deque<TailChunk> withBytes = new ArrayDeque<>();
    private final Deque<TailChunk> full = new ArrayDeque<>();
    private @Nullable TailChunk open;

    /** Of full chunks without bytes. */
    private long rows;

    TailCache(long limit) {
        rowLimit = limit / ROWS_SHARE;
        byteLimit = limit < TailChunk.SIZE ? 0 : Math.max(TailChunk.SIZE, limit - rowLimit);
    }

    void put(LaneBlock block, BatchRef ref, LogShard shard) {
        if (byteLimit == 0) {
            return;
        }
        TailChunk chunk = open;
        if (chunk == null || !put(chunk, block, ref, shard)) {
            put(next(), block, ref, shard);
        }
    }

    private static boolean put(TailChunk chunk, LaneBlock block, BatchRef ref, LogShard shard) {
        int at = NOWHERE;
        if (ref.bytes > Extents.LIMIT) {
            if (!chunk.claimRow(shard)) {
                return false;
            }
        } else {
            at = chunk.claim(ref.bytes, shard);
            byte[] bytes = chunk.bytes();
            if (at < 0 || bytes == null) {
                return false;
            }
            block.copyOut(ref.position, bytes, at, ref.bytes);
        }
        ref.chunkAt = at;
        ref.chunk = chunk;
        return true;
    }

    private TailChunk next() {
        TailChunk before = open;
        if (before != null) {
            full.add(before);
            if (before.bytes() != null) {
                withBytes.add(before);
            } else {
                rows += before.rows();
            }
        }
        while ((withBytes.size() + 1L) * TailChunk.SIZE > byteLimit) {
            TailChunk oldest = withBytes.remove();
            oldest.dropBytes();
            rows += oldest.rows();
        }
        while (rows * TailChunk.ROW > rowLimit) {
            TailChunk oldest = full.remove();
            if (!withBytes.remove(oldest)) {
                rows -= oldest.rows();
            }
            oldest.evict();
        }
        TailChunk chunk = new TailChunk();
        open = chunk;
        return chunk;
    }
}
