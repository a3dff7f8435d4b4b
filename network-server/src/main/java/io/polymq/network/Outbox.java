package io.polymq.network;

import io.netty.buffer.ByteBuf;
import java.nio.channels.FileChannel;

/**
 * A connection's coalescing write buffer. Packets are encoded straight into it; it is flushed once
 * per loop turn, or when it is large. Any thread may append: on the connection's own loop the flush
 * happens at the end of the current read batch, from elsewhere the loop is woken once for all that
 * was appended meanwhile.
 *
 * <p>Order is append order. A packet is appended whole, between {@link #begin} and {@link #end}:
 *
 * <pre>{@code
 * ByteBuf out = outbox.begin(headerSize + payloadSize);
 * try {
 *     encode(packet, out);
 * } finally {
 *     outbox.end();
 * }
 * }</pre>
 *
 * Inside, the lock is held: no calls to other connections, nothing that blocks. Appends to a closed
 * connection are taken and dropped.
 */
public interface Outbox {

    /**
     * Takes the lock and gives a buffer with at least {@code room} writable bytes; write behind its
     * writer index only.
     */
    ByteBuf begin(int room);

    /**
     * Like a further {@link #begin} inside the same packet, when more room is needed than was asked
     * for.
     */
    ByteBuf more(int room);

    /**
     * Inside begin and end: links a large payload without copying it; its reference count passes to
     * the outbox.
     */
    void link(ByteBuf payload);

    /**
     * Inside begin and end: a region of a file, sent by the kernel where the transport can; {@code
     * release} runs when it was.
     */
    void file(FileChannel file, long position, long count, Runnable release);

    /** Releases the lock and marks the owning loop for one flush. */
    void end();

    /** Copies a whole ready packet. */
    void append(byte[] bytes, int offset, int length);

    /**
     * Flushes now, for the loop's own use where an answer must not wait for the end of the read
     * batch.
     */
    void flush();

    /** Bytes appended and not yet taken by the kernel. */
    long pendingBytes();

    /**
     * Whether more than the high-water mark is pending; stays true until it falls below the low
     * one.
     */
    boolean isCongested();

    /**
     * Calls back once, on the connection's loop, when not (or no longer) congested or when closed.
     */
    void whenWritable(Runnable action);
}
