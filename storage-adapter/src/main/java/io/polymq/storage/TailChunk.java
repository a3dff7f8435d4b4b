package io.polymq.storage;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A piece of the newest records in memory. Filled by the lane's writer; what was filled never
 * changes, so a reader that holds the bytes may keep them.
 */
final class TailChunk {

    static final int SIZE = 256 << 10;

    private final List<LogShard> shards = new ArrayList<>();
    private volatile byte @Nullable [] bytes;
    private int used;

    TailChunk(int size) {
        bytes = new byte[size];
    }

    byte @Nullable [] bytes() {
        return bytes;
    }

    boolean isEvicted() {
        return bytes == null;
    }

    /** On the writer: where so many bytes may go, -1 when they do not fit. */
    int claim(int size, LogShard shard) {
        byte[] own = bytes;
        if (own == null || own.length - used < size) {
            return -1;
        }
        if (shards.isEmpty() || shards.getLast() != shard) {
            shards.add(shard);
        }
        int at = used;
        used += size;
        return at;
    }

    /** On the writer: gives the memory up; the shards look at their tails. */
    void evict() {
        bytes = null;
        shards.forEach(LogShard::pruneTail);
        shards.clear();
    }
}
