package io.polymq.core.zone;

import org.jspecify.annotations.Nullable;

/**
 * Timers in slots of one millisecond and, further out, of 64, 4096 ... milliseconds; a timer moves
 * to a finer slot when its coarse one is reached. Arming and disarming cost the same whatever the
 * number of timers; each level knows its occupied slots as bits of a long, so that the next due
 * time is found without ticking. Shard zone; time only moves by {@link #advance}.
 */
public final class TimerWheel {

    private static final int BITS = 6;
    private static final int SLOTS = 1 << BITS;
    private static final int LEVELS = 8;
    private static final long SPAN = 1L << (BITS * LEVELS);
    private static final long NEVER = Long.MAX_VALUE;

    /** Behind all others: the timers that are being fired; an action may disarm those in it. */
    private static final int FIRING = LEVELS * SLOTS;

    private final @Nullable WheelTimer[] heads = new WheelTimer[FIRING + 1];
    private final @Nullable WheelTimer[] tails = new WheelTimer[FIRING + 1];
    private final long[] occupied = new long[LEVELS + 1];
    private long now;
    private long size;

    public TimerWheel(long now) {
        this.now = now;
    }

    /** The time that it was advanced to. */
    public long now() {
        return now;
    }

    public long size() {
        return size;
    }

    /**
     * Arms a timer, anew when it is armed already; one due in the past fires at the next advance.
     */
    public void arm(WheelTimer timer, long due) {
        if (timer.slot >= 0) {
            unlink(timer);
        }
        timer.due = due;
        link(timer, slotOf(timer));
    }

    /** Nothing happens when it is not armed. */
    public void disarm(WheelTimer timer) {
        if (timer.slot >= 0) {
            unlink(timer);
        }
    }

    /**
     * When {@link #advance} has something to do at the latest, {@link Long#MAX_VALUE} for never.
     */
    public long nextDue() {
        for (int level = 0; level < LEVELS; level++) {
            long bits = occupied[level];
            if (bits != 0) {
                return slotTime(level, bits);
            }
        }
        return NEVER;
    }

    /**
     * Moves the time and fires what is due, in the order of due times, then of arming. When an
     * action throws, the others are fired by the next call.
     *
     * @return how many fired
     */
    public int advance(long to) {
        int fired = fireAll();
        for (; ; ) {
            long next = nextDue();
            if (next > to) {
                now = Math.max(now, to);
                return fired;
            }
            now = Math.max(now, next);
            fired += reach();
        }
    }

    /**
     * Handles the slot of each level that begins now: coarse ones first, as they feed the finer.
     */
    private int reach() {
        for (int level = LEVELS - 1; level > 0; level--) {
            int index = index(level, now);
            if ((occupied[level] & 1L << index) != 0 && (now & lowMask(level)) == 0) {
                move(level * SLOTS + index, false);
            }
        }
        move(index(0, now), true);
        return fireAll();
    }

    private int fireAll() {
        int fired = 0;
        WheelTimer timer = heads[FIRING];
        while (timer != null) {
            unlink(timer);
            fired++;
            timer.fire();
            timer = heads[FIRING];
        }
        return fired;
    }

    /** Empties a slot into those where its timers belong now, or into the one that is fired. */
    private void move(int slot, boolean firing) {
        WheelTimer timer = heads[slot];
        while (timer != null) {
            unlink(timer);
            link(timer, firing ? FIRING : slotOf(timer));
            timer = heads[slot];
        }
    }

    private void link(WheelTimer timer, int slot) {
        WheelTimer tail = tails[slot];
        timer.previous = tail;
        timer.next = null;
        if (tail == null) {
            heads[slot] = timer;
            occupied[slot >> BITS] |= 1L << (slot & (SLOTS - 1));
        } else {
            tail.next = timer;
        }
        tails[slot] = timer;
        timer.slot = slot;
        size++;
    }

    private void unlink(WheelTimer timer) {
        int slot = timer.slot;
        WheelTimer next = timer.next;
        WheelTimer previous = timer.previous;
        if (next == null) {
            tails[slot] = previous;
        } else {
            next.previous = previous;
        }
        if (previous == null) {
            heads[slot] = next;
            if (next == null) {
                occupied[slot >> BITS] &= ~(1L << (slot & (SLOTS - 1)));
            }
        } else {
            previous.next = next;
        }
        timer.next = null;
        timer.previous = null;
        timer.slot = -1;
        size--;
    }

    private int slotOf(WheelTimer timer) {
        long at = Math.min(Math.max(timer.due, now), now + SPAN - SPAN / SLOTS);
        int level = level(at);
        return level * SLOTS + index(level, at);
    }

    /** The finest level on which {@code at} and now differ only in that level's digit. */
    private int level(long at) {
        long differing = (at ^ now) | (SLOTS - 1);
        return Math.min((63 - Long.numberOfLeadingZeros(differing)) / BITS, LEVELS - 1);
    }

    private static int index(int level, long time) {
        return (int) (time >>> (level * BITS)) & (SLOTS - 1);
    }

    private static long lowMask(int level) {
        return (1L << (level * BITS)) - 1;
    }

    /** The beginning of the level's first occupied slot from now on. */
    private long slotTime(int level, long bits) {
        int current = index(level, now);
        int distance = Long.numberOfTrailingZeros(Long.rotateRight(bits, current));
        long base = now & ~lowMask(level);
        return base + ((long) distance << (level * BITS));
    }
}
