package io.polymq.network;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.polymq.network.Part.Chunk;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The spare chunks of one loop: outboxes take one when they have something to say and give it back
 * when the kernel has taken it, so that an idle connection holds none. The last one given back is
 * the first one taken: it is still in the processor's cache.
 *
 * <p>Shared zone: writers from other threads take chunks too. The lock is held for an array access.
 */
final class ChunkPool {

    static final int CHUNK_BYTES = 64 << 10;

    private final ByteBufAllocator allocator;
    private final ReentrantLock lock = new ReentrantLock();
    private final @Nullable Chunk[] spares;
    private int count;
    private boolean closed;

    ChunkPool(ByteBufAllocator allocator, int maxSpares) {
        this.allocator = allocator;
        this.spares = new Chunk[maxSpares];
    }

    /** An empty chunk with at least {@code room} bytes; only those of the usual size are pooled. */
    Chunk take(int room) {
        if (room > CHUNK_BYTES) {
            return new Chunk(allocator.directBuffer(room), false);
        }
        Chunk spare = null;
        lock.lock();
        try {
            if (count > 0) {
                spare = spares[--count];
                spares[count] = null;
            }
        } finally {
            lock.unlock();
        }
        return spare != null
                ? spare
                : new Chunk(allocator.directBuffer(CHUNK_BYTES, CHUNK_BYTES), true);
    }

    /** An empty chunk of exactly this size that is not pooled. */
    Chunk sized(int bytes) {
        return new Chunk(allocator.directBuffer(bytes, bytes), false);
    }

    /** Ends the owner's use of a chunk; while slices of it are still in use it is not spare. */
    void giveBack(Chunk chunk) {
        ByteBuf buffer = chunk.buffer();
        if (chunk.poolable() && buffer.refCnt() == 1) {
            buffer.clear();
            lock.lock();
            try {
                if (!closed && count < spares.length) {
                    spares[count++] = chunk;
                    return;
                }
            } finally {
                lock.unlock();
            }
        }
        buffer.release();
    }

    /** Frees the spares; chunks given back later are freed at once. */
    void close() {
        lock.lock();
        try {
            closed = true;
            while (count > 0) {
                Chunk spare = spares[--count];
                spares[count] = null;
                if (spare != null) {
                    spare.drop();
                }
            }
        } finally {
            lock.unlock();
        }
    }
}
