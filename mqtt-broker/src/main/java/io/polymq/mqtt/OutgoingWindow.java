package io.polymq.mqtt;

import io.polymq.core.message.KeptMessage;
import org.jspecify.annotations.Nullable;

/**
 * Messages that one session is owed, in order: {@code [floor, next)} were sent and wait for their
 * end, {@code [next, tail)} wait to be sent. A message's number tells its packet identifier, so
 * that it is the same after a restart. Places are used again: a steady flow allocates nothing. Zone
 * of the session.
 */
final class OutgoingWindow {

    /** Packet identifiers are 1 to this. */
    static final int IDENTIFIERS = 65_535;

    /** Where a message stands. */
    enum State {
        QUEUED,
        /** PUBLISH was sent; waits for PUBACK or PUBREC. */
        SENT,
        /** PUBREC came; waits for PUBCOMP. */
        RELEASED,
        DONE
    }

    /** One message and how it is sent. */
    static final class Entry {
        long number;
        State state = State.DONE;
        int qos;
        boolean retain;
        int subscriptionId;
        @Nullable KeptMessage message;
        @Nullable SharedGroup shared;
        int size;

        /** When it was first sent, in milliseconds since 1970. */
        long sentAt;

        /** Whether it takes a place in the receiver's window on this connection. */
        boolean counted;

        /** Its share in a message of the journal; null when it is kept in memory only. */
        @Nullable OwedShare target;

        /** Whether the journal has it safe. */
        boolean stored;

        int packetId() {
            return (int) (number % IDENTIFIERS) + 1;
        }

        private void clear() {
            state = State.DONE;
            message = null;
            shared = null;
            counted = false;
            target = null;
            stored = false;
        }
    }

    private Entry[] ring = new Entry[4];
    private long floor;
    private long next;
    private long tail;
    private int inFlight;
    private int queued;
    private int queuedQos0;
    private long queuedFrom;
    private long qos0From;
    private long queuedBytes;

    OutgoingWindow(long firstNumber) {
        floor = firstNumber;
        next = firstNumber;
        tail = firstNumber;
        queuedFrom = firstNumber;
        qos0From = firstNumber;
        for (int i = 0; i < ring.length; i++) {
            ring[i] = new Entry();
        }
    }

    long floor() {
        return floor;
    }

    long next() {
        return next;
    }

    long tail() {
        return tail;
    }

    /** How many were never sent. */
    int queued() {
        return queued;
    }

    /**
     * Whether there is a number for one more. Something that is never acknowledged holds the floor;
     * what lies further ahead of it than identifiers reach could not be sent anyway.
     */
    boolean hasNumber(int mostQueued) {
        return tail - floor < (long) mostQueued + 2 * IDENTIFIERS;
    }

    /** The oldest that was never sent; null when there is none. */
    @Nullable Entry oldestQueued() {
        if (queued == 0) {
            return null;
        }
        queuedFrom = Math.max(queuedFrom, floor);
        while (at(queuedFrom).state != State.QUEUED) {
            queuedFrom++;
        }
        return at(queuedFrom);
    }

    /** The oldest of QoS 0 that was never sent; null when there is none. */
    @Nullable Entry oldestQos0() {
        if (queuedQos0 == 0) {
            return null;
        }
        qos0From = Math.max(qos0From, floor);
        while (at(qos0From).state != State.QUEUED || at(qos0From).qos != 0) {
            qos0From++;
        }
        return at(qos0From);
    }

    boolean isEmpty() {
        return floor == tail;
    }

    int inFlight() {
        return inFlight;
    }

    long queuedBytes() {
        return queuedBytes;
    }

    Entry at(long number) {
        return ring[(int) number & ring.length - 1];
    }

    /** A new place at the tail. */
    Entry add(int qos, boolean retain, int subscriptionId, int size) {
        Entry entry = restore(tail, qos, retain, subscriptionId, size);
        become(entry, State.QUEUED);
        return entry;
    }

    /**
     * A place with a known number, at or behind the tail; numbers between count as done. The caller
     * says where it stands.
     */
    Entry restore(long number, int qos, boolean retain, int subscriptionId, int size) {
        skipTo(number);
        Entry entry = place(tail);
        entry.clear();
        entry.number = tail++;
        entry.qos = qos;
        entry.retain = retain;
        entry.subscriptionId = subscriptionId;
        entry.size = size;
        queuedBytes += size;
        return entry;
    }

    /** Numbers below it were used, whatever became of their messages. */
    void skipTo(long number) {
        while (tail < number) {
            if (floor == tail) {
                floor = number;
                next = number;
                tail = number;
            } else {
                place(tail++).clear();
            }
        }
    }

    /** The one place where a message's standing changes. */
    void become(Entry entry, State state) {
        int was = entry.state == State.QUEUED ? 1 : 0;
        int is = state == State.QUEUED ? 1 : 0;
        queued += is - was;
        queuedQos0 += entry.qos == 0 ? is - was : 0;
        entry.state = state;
    }

    private Entry place(long number) {
        if (number - floor == ring.length) {
            grow();
        }
        Entry entry = ring[(int) number & ring.length - 1];
        entry.number = number;
        return entry;
    }

    private void grow() {
        Entry[] larger = new Entry[ring.length * 2];
        for (long number = floor; number < floor + ring.length; number++) {
            larger[(int) number & larger.length - 1] = at(number);
        }
        for (int i = 0; i < larger.length; i++) {
            if (larger[i] == null) {
                larger[i] = new Entry();
            }
        }
        ring = larger;
    }

    /** The first that waits to be sent; null when none does. */
    @Nullable Entry peek() {
        while (next < tail && at(next).state == State.DONE) {
            next++;
        }
        return next == tail ? null : at(next);
    }

    /** Whether packet identifiers are left for one more. */
    boolean hasIdentifier() {
        return next - floor < IDENTIFIERS - 1;
    }

    /** The peeked one was sent. */
    void sent(Entry entry, boolean counts) {
        next = entry.number + 1;
        if (counts && !entry.counted) {
            entry.counted = true;
            inFlight++;
        }
    }

    /** The message sent with that identifier; null when there is none. */
    @Nullable Entry find(int packetId) {
        long first = floor % IDENTIFIERS;
        long number = floor + Math.floorMod(packetId - 1 - first, (long) IDENTIFIERS);
        if (number >= next) {
            return null;
        }
        Entry entry = at(number);
        return entry.state == State.DONE ? null : entry;
    }

    /** PUBREC came: the identifier stays taken, and so does the place in the window. */
    void released(Entry entry) {
        become(entry, State.RELEASED);
        entry.message = null;
    }

    /** Done with it, sent or not. */
    void done(Entry entry) {
        if (entry.state == State.DONE) {
            return;
        }
        queuedBytes -= entry.size;
        if (entry.counted) {
            inFlight--;
        }
        become(entry, State.DONE);
        entry.clear();
        while (floor < tail && at(floor).state == State.DONE) {
            floor++;
        }
        if (next < floor) {
            next = floor;
        }
    }

    /** The connection is gone: what was sent will be sent again from the floor on. */
    void rewind() {
        for (long number = floor; number < next; number++) {
            at(number).counted = false;
        }
        next = floor;
        inFlight = 0;
    }
}
