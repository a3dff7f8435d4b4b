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
 * <p>There are two sizes. Many receivers of one message say little each, and a turn of them must
 * find spares without asking the allocator, which clears what it has not given out before.
 *
 * <p>Shared zone: writers from other threads take chunks too. The lock is held for an array access.
 */
final class ChunkPool {

    static final int CHUNK_BYTES = 64 << 10;
    static final int SMALL_BYTES = 16 << 10;

    private final ByteBufAllocator allocator;
    private final ReentrantLock lock = new ReentrantLock();
    private final Spares small;
    private final Spares large;
    private boolean closed;

    /** Empty chunks of one size. */
    private static final class Spares {
        final int bytes;
        final @Nullable Chunk[] chunks;
        int count;

        Spares(int bytes, int most) {
            this.bytes = bytes;
            this.chunks = new Chunk[most];
        }

        @Nullable Chunk poll() {
            if (count == 0) {
                return null;
            }
            Chunk spare = chunks[--count];
            chunks[count] = null;
            return spare;
        }

        boolean offer(Chunk chunk) {
            if (count == chunks.length) {
                return false;
            }
            chunks[count++] = chunk;
            return true;
        }
    }

    ChunkPool(ByteBufAllocator allocator, int mostSmall, int mostLarge) {
        this.allocator = allocator;
        this.small = new Spares(SMALL_BYTES, mostSmall);
        this.large = new Spares(CHUNK_BYTES, mostLarge);
    }

    /** An empty chunk with at least {@code room} bytes, a small one if that does. */
    Chunk take(int room) {
        return take(room, room <= SMALL_BYTES ? small : large);
    }

    /** An empty chunk with at least {@code room} bytes for who has much to say. */
    Chunk takeLarge(int room) {
        return take(room, large);
    }

    private Chunk take(int room, Spares spares) {
        if (room > CHUNK_BYTES) {
            return new Chunk(allocator.directBuffer(room), false);
        }
        Chunk spare;
        lock.lock();
        try {
            spare = spares.poll();
        } finally {
            lock.unlock();
        }
        return spare != null
                ? spare
                : new Chunk(allocator.directBuffer(spares.bytes, spares.bytes), true);
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
            Spares spares = buffer.capacity() == SMALL_BYTES ? small : large;
            lock.lock();
            try {
                if (!closed && spares.offer(chunk)) {
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
            drop(small);
            drop(large);
        } finally {
            lock.unlock();
        }
    }

    private static void drop(Spares spares) {
        for (Chunk spare = spares.poll(); spare != null; spare = spares.poll()) {
            spare.drop();
        }
    }
}
