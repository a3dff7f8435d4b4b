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

    private final EventLoop eventLoop;
    private final ChunkPool chunks;
    private final DeadlineWheel deadlines;
    private final LongSupplier nanoClock;
    private final List<ChannelOutbox> touched = new ArrayList<>();
    private final Runnable endTurn = this::endTurn;
    private boolean turnEndScheduled;
    private boolean flushing;

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
        flushTouched();
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
