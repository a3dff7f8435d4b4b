package io.polymq.amqp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.polymq.amqp.model.Publisher;
import io.polymq.core.message.Message;
import io.polymq.core.subject.SubjectCache;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * What all connections of one loop share: the message that is being routed, the publisher, arrays
 * to put messages together in, and the clock of heartbeats. Connection zone.
 */
public final class AmqpLoop {

    private static final int KNOWN_SUBJECTS = 4096;
    private static final int SCRATCH_BYTES = (128 << 10) + 64;
    private static final int MOST_SCRATCH = 1 << 20;
    private static final long TICK_MILLIS = 500;

    /** A connection that wants to know the time. */
    public interface Ticking {
        void tick(long now);
    }

    private final EventLoop loop;
    private final Publisher publisher;
    private final SubjectCache subjects = new SubjectCache(KNOWN_SUBJECTS);
    private final Message message = new Message();
    private final Set<Ticking> connections = new HashSet<>();
    private byte[] header = new byte[1024];
    private ByteBuf scratch = Unpooled.buffer(SCRATCH_BYTES);
    private final byte[] body = new byte[SCRATCH_BYTES];

    AmqpLoop(EventLoop loop, Publisher publisher) {
        this.loop = loop;
        this.publisher = publisher;
        loop.scheduleAtFixedRate(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    public Publisher publisher() {
        assert loop.inEventLoop();
        return publisher;
    }

    public SubjectCache subjects() {
        return subjects;
    }

    public Message message() {
        return message;
    }

    /** An array for a message's header; what was in it is gone. */
    public byte[] header(int size) {
        if (header.length < size) {
            header = new byte[Integer.highestOneBit(size) * 2];
        }
        return header;
    }

    /** An array for a body that comes in one frame; a larger one is made for a larger body. */
    public byte[] body(int size) {
        return size <= SCRATCH_BYTES ? body : new byte[size];
    }

    /** A buffer to put together what does not tell its size beforehand. */
    public ByteBuf scratch() {
        if (scratch.capacity() > MOST_SCRATCH) {
            scratch = Unpooled.buffer(SCRATCH_BYTES);
        }
        return scratch.clear();
    }

    public void add(Ticking connection) {
        connections.add(connection);
    }

    public void remove(Ticking connection) {
        connections.remove(connection);
    }

    private void tick() {
        long now = System.nanoTime();
        for (Ticking connection : connections.toArray(new Ticking[0])) {
            connection.tick(now);
        }
    }
}
