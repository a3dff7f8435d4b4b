package io.polymq.storage;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What a lane has written and the index has not taken in yet: bytes of log that a start would have
 * to read again, and objects that take heap meanwhile. The writer adds, the applier takes away, any
 * thread asks.
 */
final class Unapplied {

    private static final long MAX_BYTES = 512L << 20;

    /** Events and requests of rounds; each is some hundred bytes of heap. */
    private static final long MAX_OBJECTS = 500_000;

    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong objects = new AtomicLong();

    void wrote(LaneRound round) {
        bytes.addAndGet(round.end - round.position);
        objects.addAndGet(round.objects());
    }

    void applied(LaneRound round) {
        bytes.addAndGet(round.position - round.end);
        objects.addAndGet(-round.objects());
    }

    /** The requests of a round have ended and are not held any more. */
    void ended(int requests) {
        objects.addAndGet(-requests);
    }

    long bytes() {
        return bytes.get();
    }

    /** Whether there is so much that no more is taken in. */
    boolean isFull() {
        return bytes.get() > MAX_BYTES;
    }

    /** Whether there are so many that the writer should let the index catch up. */
    boolean isCrowded() {
        return objects.get() > MAX_OBJECTS;
    }
}
