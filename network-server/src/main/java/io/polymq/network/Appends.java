package io.polymq.network;

import io.netty.buffer.ByteBuf;
import io.polymq.network.Part.Chunk;
import io.polymq.network.Part.Linked;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What was appended and not yet handed to the channel, in order: at most one chunk that is still
 * being filled, behind whatever is complete. Has no lock and no zone of its own: whoever owns it
 * guards it.
 */
final class Appends {

    private final ChunkPool pool;
    private @Nullable Chunk tail;
    private @Nullable ArrayDeque<Part> complete;
    private long bytes;
    private int counted;
    private boolean large;
    private boolean released;

    Appends(ChunkPool pool) {
        this.pool = pool;
    }

    ByteBuf begin(int room) {
        Chunk current = tail;
        if (current == null || current.buffer().writableBytes() < room) {
            current = roll(room);
        }
        return current.buffer();
    }

    ByteBuf more(int room) {
        Chunk current = tail;
        if (current != null && current.buffer().writableBytes() >= room) {
            return current.buffer();
        }
        count();
        return roll(room).buffer();
    }

    /**
     * Puts the payload behind what is written so far of the chunk; the chunk's rest stays in use.
     */
    void link(Part payload) {
        count();
        Chunk current = tail;
        if (current != null && current.buffer().isReadable()) {
            ByteBuf front = current.buffer();
            queue().add(new Linked(front.readRetainedSlice(front.readableBytes())));
        }
        queue().add(payload);
        bytes += payload.size();
    }

    void end() {
        count();
    }

    private void count() {
        if (tail != null) {
            int written = tail.buffer().writerIndex();
            bytes += written - counted;
            counted = written;
        }
    }

    private Chunk roll(int room) {
        large |= tail != null;
        retireTail();
        Chunk fresh = large ? pool.takeLarge(room) : pool.take(room);
        tail = fresh;
        counted = 0;
        return fresh;
    }

    /** An empty chunk with slices on their way is queued too: it is spare when they were sent. */
    private void retireTail() {
        Chunk current = tail;
        if (current == null) {
            return;
        }
        tail = null;
        if (current.buffer().isReadable() || current.buffer().refCnt() > 1) {
            queue().add(current);
        } else {
            pool.giveBack(current);
        }
    }

    private ArrayDeque<Part> queue() {
        ArrayDeque<Part> queue = complete;
        if (queue == null) {
            queue = new ArrayDeque<>(4);
            complete = queue;
        }
        return queue;
    }

    long bytes() {
        return bytes;
    }

    boolean isEmpty() {
        return bytes == 0;
    }

    /** The oldest part; its ownership passes to the caller. Null when there is none. */
    @Nullable Part poll() {
        ArrayDeque<Part> queue = complete;
        Part part = queue == null ? null : queue.pollFirst();
        if (part == null) {
            if (queue != null) {
                complete = null;
            }
            Chunk current = tail;
            tail = null;
            if (current != null) {
                large &= current.buffer().writerIndex() > ChunkPool.SMALL_BYTES / 2;
            }
            if (current != null
                    && !current.buffer().isReadable()
                    && current.buffer().refCnt() == 1) {
                pool.giveBack(current);
                current = null;
            }
            part = current;
        }
        if (part != null) {
            bytes -= part.size();
        }
        return part;
    }

    /** Puts a part back in front. */
    void pushBack(Part part) {
        if (released) {
            part.drop();
            return;
        }
        queue().addFirst(part);
        bytes += part.size();
    }

    /** Takes over everything from other appends, behind what is here; the other is empty after. */
    void takeAll(Appends other) {
        retireTail();
        ArrayDeque<Part> theirs = other.complete;
        if (theirs != null) {
            queue().addAll(theirs);
            other.complete = null;
        }
        tail = other.tail;
        counted = other.counted;
        bytes += other.bytes;
        other.tail = null;
        other.bytes = 0;
    }

    /**
     * A connection that does not drain shall not hold a chunk that is mostly empty: its bytes move
     * to a buffer of their size.
     */
    void shrink() {
        Chunk current = tail;
        if (current == null || !current.poolable() || current.buffer().refCnt() != 1) {
            return;
        }
        ByteBuf buffer = current.buffer();
        int readable = buffer.readableBytes();
        if (readable <= buffer.capacity() / 4) {
            tail = null;
            if (readable > 0) {
                Chunk small = pool.sized(readable);
                small.buffer().writeBytes(buffer);
                queue().add(small);
            }
            pool.giveBack(current);
        }
    }

    /** Drops everything, and whatever is put back later. */
    void releaseAll() {
        released = true;
        for (Part part = poll(); part != null; part = poll()) {
            part.drop();
        }
        bytes = 0;
    }
}
