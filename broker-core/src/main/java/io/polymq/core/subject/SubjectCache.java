package io.polymq.core.subject;

import org.jspecify.annotations.Nullable;

/**
 * Finds the subject for bytes in a read buffer without making a new object each time. Bounded: a
 * set of four places per hash, given away in turn. Connection zone: one per loop.
 */
public final class SubjectCache {

    private static final int WAYS = 4;

    /** Longer subjects are made anew each time, so that the cache's memory is bounded. */
    private static final int MAX_LENGTH = 512;

    private final @Nullable Subject[] dotted;
    private final @Nullable Subject[] slashed;
    private final int mask;
    private int turn;

    /**
     * @param capacity how many subjects are remembered per spelling; rounded up to a power of two
     */
    public SubjectCache(int capacity) {
        int size = Integer.highestOneBit(Math.max(WAYS, capacity - 1) * 2 - 1);
        dotted = new @Nullable Subject[size];
        slashed = new @Nullable Subject[size];
        mask = size - WAYS;
    }

    /** The subject that NATS, AMQP and Kafka spell like this. */
    public Subject dotted(byte[] bytes, int offset, int length) {
        int set = place(bytes, offset, length);
        for (int i = 0; i < WAYS; i++) {
            Subject known = dotted[set + i];
            if (known != null && known.isDotted(bytes, offset, length)) {
                return known;
            }
        }
        return remember(dotted, set, Subject.ofDotted(bytes, offset, length));
    }

    /** The subject that MQTT spells like this. */
    public Subject slashed(byte[] bytes, int offset, int length) {
        int set = place(bytes, offset, length);
        for (int i = 0; i < WAYS; i++) {
            Subject known = slashed[set + i];
            if (known != null && known.isSlashed(bytes, offset, length)) {
                return known;
            }
        }
        return remember(slashed, set, Subject.ofSlashed(bytes, offset, length));
    }

    private Subject remember(@Nullable Subject[] table, int set, Subject subject) {
        if (subject.length() <= MAX_LENGTH) {
            table[set + (turn++ & (WAYS - 1))] = subject;
        }
        return subject;
    }

    private int place(byte[] bytes, int offset, int length) {
        int hash = length;
        for (int i = offset; i < offset + length; i++) {
            hash = hash * 31 + bytes[i];
        }
        return (hash ^ hash >>> 15) * 0x9E3779B1 >>> 7 & mask;
    }
}
