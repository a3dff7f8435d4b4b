package io.polymq.network;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * What the connections of one loop share: spare chunks, the outboxes that were written to in this
 * turn, the wheel of deadlines. Connection zone: all but the chunk pool belongs to the loop.
 */
final class LoopContext {

    private static final int MOST_TOUCHED = 1024;
    private static final int LARGE_SPARES = 128;

    // More receivers than these share a turn's time anyway, and fill more chunks than are spare.
    private static final int LEAST_MANY = 16;
    private static final int MOST_MANY = 128;
    private static final int TURNS_ALONE = 64;

    private final EventLoop eventLoop;
    private final ChunkPool chunks;
    private final DeadlineWheel deadlines;
    private final LongSupplier nanoClock;
    private final List<ChannelOutbox> touched = new ArrayList<>();
    private final Runnable endTurn = this::endTurn;
    private boolean turnEndScheduled;
    private boolean flushing;
    private int speakers;
    private int turnsAlone;

    LoopContext(EventLoop eventLoop, LongSupplier nanoClock) {
        this.eventLoop = eventLoop;
        this.nanoClock = nanoClock;
        this.chunks = new ChunkPool(ByteBufAllocator.DEFAULT, MOST_TOUCHED, LARGE_SPARES);
        this.deadlines = new DeadlineWheel(eventLoop, nanoClock);
    }

    EventLoop eventLoop() {
        return eventLoop;
    }

    ChunkPool chunks() {
        return chunks;
    }

    DeadlineWheel deadlines() {
        return deadlines;
    }

    long nanoTime() {
        return nanoClock.getAsLong();
    }

    /**
     * This outbox is to be flushed when the loop's turn ends, or before when so many are that they
     * hold all spare chunks.
     */
    void touched(ChannelOutbox outbox) {
        assert eventLoop.inEventLoop();
        touched.add(outbox);
        if (touched.size() >= MOST_TOUCHED && !flushing) {
            flushTouched();
        } else if (!turnEndScheduled) {
            turnEndScheduled = true;
            eventLoop.execute(endTurn);
        }
    }

    private void endTurn() {
        turnEndScheduled = false;
        int receivers = touched.size();
        boolean alone = speakers == 1 && receivers >= LEAST_MANY && receivers <= MOST_MANY;
        turnsAlone = alone ? turnsAlone + 1 : 0;
        speakers = 0;
        flushTouched();
    }

    /** A connection has said something in this turn. */
    void heard() {
        speakers++;
    }

    /**
     * Whether for some time one connection alone has had something to say, and to many: then each
     * of them is sent more at once, and nobody waits for it.
     */
    boolean isOneSpeakingToMany() {
        return turnsAlone >= TURNS_ALONE;
    }

    private void flushTouched() {
        flushing = true;
        // A flush may end a connection, which may write to others: the list grows meanwhile.
        for (int i = 0; i < touched.size(); i++) {
            touched.get(i).turnEnded();
        }
        touched.clear();
        flushing = false;
    }
}
