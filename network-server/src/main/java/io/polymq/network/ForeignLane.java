package io.polymq.network;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What threads other than the connection's own append: the half of an outbox that has a lock, made
 * when it is first needed. The lock is held from begin to end of a packet.
 */
final class ForeignLane {

    private final ReentrantLock lock = new ReentrantLock();
    private final Appends appends;
    private boolean closed;
    private boolean woken;
    private @Nullable ByteBuf scrap;
    private volatile long bytes;

    ForeignLane(ChunkPool pool) {
        this.appends = new Appends(pool);
    }

    ByteBuf begin(int room, boolean drop) {
        lock.lock();
        if (closed || drop) {
            scrap = Unpooled.buffer(room);
            return scrap;
        }
        return appends.begin(room);
    }

    ByteBuf more(int room) {
        if (scrap != null) {
            scrap = Unpooled.buffer(room);
            return scrap;
        }
        return appends.more(room);
    }

    void lock() {
        lock.lock();
    }

    void unlock() {
        lock.unlock();
    }

    void link(Part payload) {
        if (scrap != null) {
            payload.drop();
        } else {
            appends.link(payload);
        }
    }

    /** Ends the packet; whether the loop has to be woken. */
    boolean end() {
        try {
            if (scrap != null) {
                scrap = null;
                return false;
            }
            appends.end();
            bytes = appends.bytes();
            if (bytes == 0 || woken) {
                return false;
            }
            woken = true;
            return true;
        } finally {
            lock.unlock();
        }
    }

    boolean hasAppends() {
        return bytes > 0;
    }

    long bytes() {
        return bytes;
    }

    /** On the loop. */
    void moveTo(Appends own) {
        lock.lock();
        try {
            own.takeAll(appends);
            bytes = 0;
            woken = false;
        } finally {
            lock.unlock();
        }
    }

    /** On the loop: appends from now on are dropped. */
    void close(Appends own) {
        lock.lock();
        try {
            own.takeAll(appends);
            bytes = 0;
            closed = true;
        } finally {
            lock.unlock();
        }
    }
}
