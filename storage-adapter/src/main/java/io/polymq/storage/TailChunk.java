package io.polymq.storage;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A piece of the newest extents: first their bytes, but for large ones, then only where they are.
 * Filled by the lane's writer; what was filled never changes, so a reader that holds the bytes may
 * keep them.
 */
final class TailChunk {

    static final int SIZE = 256 << 10;

    /** About what it takes to know where an extent is. */
    static final int ROW = 128;

    private static final int MOST_ROWS = 2048;

    private final List<LogShard> shards = new ArrayList<>();
    private volatile byte @Nullable [] bytes;
    private volatile boolean evicted;
    private int used;
    private int rows;

    byte @Nullable [] bytes() {
        return bytes;
    }

    boolean isEvicted() {
        return evicted;
    }

    int rows() {
        return rows;
    }

    /** On the writer: where so many bytes may go, -1 when they do not fit. */
    int claim(int size, LogShard shard) {
        if (SIZE - used < size || !claimRow(shard)) {
            return -1;
        }
        if (bytes == null) {
            bytes = new byte[SIZE];
        }
        int at = used;
        used += size;
        return at;
    }

    /** On the writer: room for an extent without its bytes; false when there is none. */
    boolean claimRow(LogShard shard) {
        if (rows == MOST_ROWS) {
            return false;
        }
        if (shards.isEmpty() || shards.getLast() != shard) {
            shards.add(shard);
        }
        rows++;
        return true;
    }

    /** On the writer: only the places stay known. */
    void dropBytes() {
        bytes = null;
    }

    /** On the writer: gives the memory up; the shards look at their tails. */
    void evict() {
        evicted = true;
        bytes = null;
        shards.forEach(LogShard::pruneTail);
        shards.clear();
    }
}
