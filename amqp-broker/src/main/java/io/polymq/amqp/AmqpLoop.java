package io.polymq.amqp;

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
final class AmqpLoop {

    private static final int KNOWN_SUBJECTS = 4096;
    private static final int SCRATCH_BYTES = 64 << 10;
    private static final long TICK_MILLIS = 500;

    private final EventLoop loop;
    private final Publisher publisher;
    private final SubjectCache subjects = new SubjectCache(KNOWN_SUBJECTS);
    private final Message message = new Message();
    private final Set<AmqpConnection> connections = new HashSet<>();
    private byte[] header = new byte[1024];
    private final byte[] body = new byte[SCRATCH_BYTES];

    AmqpLoop(EventLoop loop, Publisher publisher) {
        this.loop = loop;
        this.publisher = publisher;
        loop.scheduleAtFixedRate(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    Publisher publisher() {
        assert loop.inEventLoop();
        return publisher;
    }

    SubjectCache subjects() {
        return subjects;
    }

    Message message() {
        return message;
    }

    /** An array for a message's header; what was in it is gone. */
    byte[] header(int size) {
        if (header.length < size) {
            header = new byte[Integer.highestOneBit(size) * 2];
        }
        return header;
    }

    /** An array for a body that comes in one frame; a larger one is made for a larger body. */
    byte[] body(int size) {
        return size <= SCRATCH_BYTES ? body : new byte[size];
    }

    void add(AmqpConnection connection) {
        connections.add(connection);
    }

    void remove(AmqpConnection connection) {
        connections.remove(connection);
    }

    private void tick() {
        long now = System.nanoTime();
        for (AmqpConnection connection : connections.toArray(new AmqpConnection[0])) {
            connection.tick(now);
        }
    }
}
