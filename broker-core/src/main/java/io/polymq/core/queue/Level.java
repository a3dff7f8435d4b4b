package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;
import org.jspecify.annotations.Nullable;

/**
 * The messages of one priority: the window of those in memory, in the order of their offsets, in
 * front of whatever its backing keeps. Ready ones are either fresh (from {@link #fresh} to the end
 * of the line, never touched) or returned; so the next one is found without a search, and what
 * comes back takes its old place. Shard zone.
 */
final class Level {

    private static final int WINDOW_MESSAGES = 16_384;
    private static final long WINDOW_BYTES = 16L << 20;

    final QueueCore core;
    final int priority;
    private final EntryMap entries = new EntryMap();
    private final EntryHeap returned = new EntryHeap();
    private @Nullable Entry first;
    private @Nullable Entry last;
    private @Nullable Entry fresh;
    private int ready;
    private int parked;
    private long parkedBytes;
    private long readyBytes;
    private Backing backing = Backing.None.INSTANCE;

    Level(QueueCore core, int priority) {
        this.core = core;
        this.priority = priority;
    }

    Backing backing() {
        return backing;
    }

    void backing(Backing backing) {
        this.backing = backing;
    }

    /** How many wait in the window. */
    int ready() {
        return ready;
    }

    /** How many of them may be given to whoever comes first. */
    int open() {
        return ready - parked;
    }

    /** The bytes of those that are put aside. */
    long parkedBytes() {
        return parkedBytes;
    }

    long readyBytes() {
        return readyBytes;
    }

    /** How many are in the window, whatever their state. */
    int window() {
        return entries.size();
    }

    /** Whether what comes may go into the window at once. */
    boolean hasRoom() {
        return entries.size() < WINDOW_MESSAGES && readyBytes < WINDOW_BYTES;
    }

    /** Whether the oldest are no longer in the window; they are to be, to expire in time. */
    boolean hasLostHead() {
        return entries.size() == 0 && backing.canFill();
    }

    @Nullable Entry find(long offset) {
        return entries.get(offset);
    }

    /** The oldest in the window, whatever its state. */
    @Nullable Entry oldest() {
        return first;
    }

    /** The oldest that waits. */
    @Nullable Entry head() {
        Entry back = returned.peek();
        Entry next = fresh;
        if (back == null) {
            return next;
        }
        return next == null || back.offset < next.offset ? back : next;
    }

    /** Takes a message into the window, behind all others. */
    Entry admit(long offset, KeptMessage message, long enqueuedAt, int deliveries) {
        assert last == null || last.offset < offset : "offsets grow";
        Entry entry = core.newEntry();
        entry.level = this;
        entry.offset = offset;
        entry.message = message;
        entry.size = message.payload().length;
        entry.enqueuedAt = enqueuedAt;
        entry.deliveries = deliveries;
        entry.redelivered = deliveries > 0;
        entry.linePrevious = last;
        if (last == null) {
            first = entry;
        } else {
            last.lineNext = entry;
        }
        last = entry;
        if (fresh == null) {
            fresh = entry;
        }
        entries.put(entry);
        count(entry);
        return entry;
    }

    /** Out of those that wait, to be delivered, or to die. */
    void take(Entry entry, Entry.State to) {
        unqueue(entry);
        ready--;
        readyBytes -= entry.size;
        entry.state = to;
    }

    /** Waits again, in its old place. */
    void putBack(Entry entry) {
        returned.add(entry);
        count(entry);
    }

    /** From one of those that wait into a heap of the turns' own; it still waits. */
    void park(Entry entry, EntryHeap heap) {
        unqueue(entry);
        heap.add(entry);
        parked++;
        parkedBytes += entry.size;
    }

    /** From there back to the common ones. */
    void unpark(Entry entry) {
        unqueue(entry);
        returned.add(entry);
    }

    /** Neither waits nor is delivered for a while, or for good. */
    void set(Entry entry, Entry.State state) {
        assert entry.state != Entry.State.READY : "it waits";
        entry.state = state;
    }

    /** Gone from the window. */
    void remove(Entry entry) {
        if (entry.state == Entry.State.READY) {
            take(entry, Entry.State.FREE);
        }
        entries.remove(entry);
        Entry next = entry.lineNext;
        Entry previous = entry.linePrevious;
        if (next == null) {
            last = previous;
        } else {
            next.linePrevious = previous;
        }
        if (previous == null) {
            first = next;
        } else {
            previous.lineNext = next;
        }
        core.recycle(entry);
    }

    private void count(Entry entry) {
        entry.state = Entry.State.READY;
        ready++;
        readyBytes += entry.size;
    }

    private void unqueue(Entry entry) {
        EntryHeap heap = entry.heap;
        if (heap != null) {
            heap.remove(entry);
            if (heap != returned) {
                parked--;
                parkedBytes -= entry.size;
            }
        } else if (entry == fresh) {
            fresh = nextFresh(entry);
        }
    }

    /** A fresh one that was taken out of turn (it expired) is passed over when its turn comes. */
    private static @Nullable Entry nextFresh(Entry entry) {
        Entry next = entry.lineNext;
        while (next != null && next.state != Entry.State.READY) {
            next = next.lineNext;
        }
        return next;
    }
}
