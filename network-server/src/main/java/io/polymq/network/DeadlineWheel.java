package io.polymq.network;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The deadlines of one loop's connections: slots of a twentieth of a second, each a list of entries
 * that carry their own links, so that a waiting connection costs no timer object. An entry whose
 * deadline is further off than the wheel goes round stays in its slot until it is due. While it is
 * empty the wheel does not turn.
 *
 * <p>Connection zone.
 */
final class DeadlineWheel {

    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final int SLOTS = 1024;

    /** One waiting thing; in at most one slot at a time. */
    abstract static class Entry {
        private @Nullable Entry previous;
        private @Nullable Entry next;
        private int slot = -1;
        private long tick;

        /**
         * The time is up; the entry is out of the wheel and may be put in again. May come although
         * another entry's end has just made it needless.
         */
        abstract void due(long now);
    }

    private final EventLoop eventLoop;
    private final LongSupplier nanoClock;
    private final long origin;
    private final @Nullable Entry[] slots = new Entry[SLOTS];
    private final Runnable turn = this::turn;
    private final List<Entry> expired = new ArrayList<>();
    private long doneTick;
    private int size;
    private boolean turning;

    DeadlineWheel(EventLoop eventLoop, LongSupplier nanoClock) {
        this.eventLoop = eventLoop;
        this.nanoClock = nanoClock;
        this.origin = nanoClock.getAsLong();
    }

    /** Puts the entry in, or moves it; due at or up to a tick after the given time. */
    void schedule(Entry entry, long atNanos) {
        assert eventLoop.inEventLoop();
        cancel(entry);
        if (size == 0) {
            doneTick = (nanoClock.getAsLong() - origin) / TICK_NANOS;
        }
        long tick = Math.max(doneTick + 1, (atNanos - origin + TICK_NANOS - 1) / TICK_NANOS);
        int slot = (int) (tick & (SLOTS - 1));
        Entry head = slots[slot];
        entry.tick = tick;
        entry.slot = slot;
        entry.next = head;
        if (head != null) {
            head.previous = entry;
        }
        slots[slot] = entry;
        size++;
        if (!turning) {
            turning = true;
            eventLoop.schedule(turn, TICK_NANOS, TimeUnit.NANOSECONDS);
        }
    }

    void cancel(Entry entry) {
        assert eventLoop.inEventLoop();
        if (entry.slot < 0) {
            return;
        }
        if (entry.previous == null) {
            slots[entry.slot] = entry.next;
        } else {
            entry.previous.next = entry.next;
        }
        if (entry.next != null) {
            entry.next.previous = entry.previous;
        }
        entry.previous = null;
        entry.next = null;
        entry.slot = -1;
        size--;
    }

    private void turn() {
        long now = nanoClock.getAsLong();
        long nowTick = (now - origin) / TICK_NANOS;
        // After a long pause every slot is visited once, not once per missed tick.
        long first = Math.max(doneTick + 1, nowTick - SLOTS + 1);
        for (long tick = first; tick <= nowTick; tick++) {
            doneTick = tick;
            expire((int) (tick & (SLOTS - 1)), nowTick, now);
        }
        doneTick = nowTick;
        if (size > 0) {
            eventLoop.schedule(turn, TICK_NANOS, TimeUnit.NANOSECONDS);
        } else {
            turning = false;
        }
    }

    private void expire(int slot, long nowTick, long now) {
        for (Entry entry = slots[slot]; entry != null; ) {
            Entry following = entry.next;
            if (entry.tick <= nowTick) {
                cancel(entry);
                expired.add(entry);
            }
            entry = following;
        }
        for (int i = 0; i < expired.size(); i++) {
            expired.get(i).due(now);
        }
        expired.clear();
    }
}
