package io.polymq.nats;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.polymq.core.message.Message;
import io.polymq.core.router.RouteCache;
import io.polymq.core.subject.SubjectCache;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * What all connections of one loop share: the array that reads are copied into for parsing, the
 * message being routed, match results, known subjects, and the clock that looks after silent
 * clients. Connection zone.
 */
final class NatsLoop {

    private static final int SCRATCH_BYTES = 64 << 10;
    private static final int KNOWN_SUBJECTS = 4096;

    private final EventLoop loop;
    private final Runnable chores;
    private final RouteCache routes;
    private final SubjectCache subjects = new SubjectCache(KNOWN_SUBJECTS);
    private final Message message = new Message();
    private final NatsWire wire = new NatsWire();
    private final Set<NatsConnection> connections = new HashSet<>();
    private final byte[] scratch = new byte[SCRATCH_BYTES];

    /**
     * @param chores what the broker has done once in a while
     */
    NatsLoop(EventLoop loop, RouteCache routes, long tickMillis, Runnable chores) {
        this.loop = loop;
        this.chores = chores;
        this.routes = routes;
        message.attach(wire);
        loop.scheduleAtFixedRate(this::tick, tickMillis, tickMillis, TimeUnit.MILLISECONDS);
    }

    /** Copies what can be read into the shared array; the bytes stand at its beginning. */
    byte[] copy(ByteBuf in, int length) {
        assert loop.inEventLoop();
        byte[] target = scratch;
        if (length > SCRATCH_BYTES) {
            target = new byte[length];
        }
        in.getBytes(in.readerIndex(), target, 0, length);
        return target;
    }

    RouteCache routes() {
        return routes;
    }

    SubjectCache subjects() {
        return subjects;
    }

    Message message() {
        return message;
    }

    NatsWire wire() {
        return wire;
    }

    void add(NatsConnection connection) {
        connections.add(connection);
    }

    void remove(NatsConnection connection) {
        connections.remove(connection);
    }

    private void tick() {
        chores.run();
        long now = System.nanoTime();
        for (NatsConnection connection : connections.toArray(new NatsConnection[0])) {
            connection.tick(now);
        }
    }
}
