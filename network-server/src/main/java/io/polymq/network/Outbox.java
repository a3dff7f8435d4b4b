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
 * Inside, a lock may be held: no calls to other connections, nothing that blocks. Appends to a
 * closed connection are taken and dropped.
 */
public interface Outbox {

    /**
     * Gives a buffer with at least {@code room} writable bytes; write behind its writer index only.
     * On another thread than the connection's loop the lock of {@link #lock} is held until {@link
     * #end}; the loop takes none.
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

    /** Ends the packet and marks the owning loop for one flush. */
    void end();

    /**
     * Takes the lock under which other threads than the loop append; re-entrant, and for any
     * thread. State that the loop shares with those who append, and numbers that follow the order
     * of packets, are guarded by it: what the loop appends before {@link #unlock} has its place
     * among the packets of the others.
     */
    void lock();

    /** Releases what {@link #lock} took. */
    void unlock();

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
