package io.polymq.core.subject;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Finds the subject for bytes in a read buffer without making a new object each time. Bounded: a
 * set of four places per hash, given away in turn. Connection zone: one per loop.
 */
public final class SubjectCache {

    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long FACTOR = 0x9E3779B97F4A7C15L;
    private static final int WAYS = 4;

    /** Longer subjects are made anew each time, so that the cache's memory is bounded. */
    private static final int MAX_LENGTH = 512;

    private final Table dotted;
    private final Table slashed;

    /**
     * @param capacity how many subjects are remembered per spelling; rounded up to a power of two
     */
    public SubjectCache(int capacity) {
        int size = Integer.highestOneBit(Math.max(WAYS, capacity - 1) * 2 - 1);
        dotted = new Table(size);
        slashed = new Table(size);
    }

    /** The subject that NATS, AMQP and Kafka spell like this. */
    public Subject dotted(byte[] bytes, int offset, int length) {
        int tag = tag(bytes, offset, length);
        int set = dotted.set(tag);
        for (int i = set; i < set + WAYS; i++) {
            if (dotted.tags[i] == tag) {
                Subject known = dotted.subjects[i];
                if (known != null && known.isDotted(bytes, offset, length)) {
                    return known;
                }
            }
        }
        return dotted.remember(set, tag, Subject.ofDotted(bytes, offset, length));
    }

    /** The subject that MQTT spells like this. */
    public Subject slashed(byte[] bytes, int offset, int length) {
        int tag = tag(bytes, offset, length);
        int set = slashed.set(tag);
        for (int i = set; i < set + WAYS; i++) {
            if (slashed.tags[i] == tag) {
                Subject known = slashed.subjects[i];
                if (known != null && known.isSlashed(bytes, offset, length)) {
                    return known;
                }
            }
        }
        return slashed.remember(set, tag, Subject.ofSlashed(bytes, offset, length));
    }

    private static int tag(byte[] bytes, int offset, int length) {
        long hash = length;
        int at = offset;
        int end = offset + length;
        for (; at + 8 <= end; at += 8) {
            hash = (hash ^ (long) LONGS.get(bytes, at)) * FACTOR;
            hash ^= hash >>> 29;
        }
        for (; at < end; at++) {
            hash = (hash ^ bytes[at]) * FACTOR;
        }
        return (int) (hash >>> 32);
    }

    /** Hashes stand apart from the subjects, so that looking for a new one touches no old one. */
    private static final class Table {

        private final int[] tags;
        private final @Nullable Subject[] subjects;
        private int turn;

        Table(int size) {
            tags = new int[size];
            subjects = new @Nullable Subject[size];
        }

        int set(int tag) {
            return (tag ^ tag >>> 15) * 0x9E3779B1 >>> 7 & tags.length - WAYS;
        }

        Subject remember(int set, int tag, Subject subject) {
            if (subject.length() <= MAX_LENGTH) {
                int place = set + (turn++ & (WAYS - 1));
                tags[place] = tag;
                subjects[place] = subject;
            }
            return subject;
        }
    }
}
