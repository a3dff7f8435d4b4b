package io.polymq.amqp;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A channel's deliveries that are not settled, by tag: a ring, as tags count up from 1. Guarded by
 * the outbox's lock, under which tags are given in the order of the wire.
 */
final class Unacked {

    private @Nullable Hold[] holds = new Hold[16];
    private long[] offsets = new long[16];

    /** The oldest tag that may be unsettled, and the newest that was given. */
    private long first = 1;

    private long last;
    private int size;

    /** A tag for a delivery that needs no settling. */
    long skip() {
        if (size == 0) {
            first = last + 2;
        } else {
            room();
        }
        return ++last;
    }

    long add(Hold hold, long offset) {
        room();
        long tag = ++last;
        put(tag, hold, offset);
        return tag;
    }

    private void put(long tag, Hold hold, long offset) {
        int at = at(tag);
        holds[at] = hold;
        offsets[at] = offset;
        hold.more(1);
        size++;
    }

    private int at(long tag) {
        return (int) tag & holds.length - 1;
    }

    private void room() {
        if (size == 0) {
            first = last + 1;
        }
        int length = holds.length;
        if (last + 1 - first < length) {
            return;
        }
        @Nullable Hold[] more = new Hold[length * 2];
        long[] moreOffsets = new long[length * 2];
        for (long tag = first; tag <= last; tag++) {
            int to = (int) tag & length * 2 - 1;
            more[to] = holds[at(tag)];
            moreOffsets[to] = offsets[at(tag)];
        }
        holds = more;
        offsets = moreOffsets;
    }

    int size() {
        return size;
    }

    long first() {
        return first;
    }

    long last() {
        return last;
    }

    /** Who holds that tag; null when it is settled, or never was. */
    @Nullable Hold holder(long tag) {
        return tag < first || tag > last ? null : holds[at(tag)];
    }

    long offset(long tag) {
        return offsets[at(tag)];
    }

    /** It is settled. */
    void remove(long tag) {
        int at = at(tag);
        Hold hold = holds[at];
        if (hold != null) {
            hold.more(-1);
            holds[at] = null;
            size--;
        }
        while (first <= last && holds[at(first)] == null) {
            first++;
        }
    }

    /** It is unsettled again: a rollback. */
    void restore(long tag, Hold hold, long offset) {
        if (tag < first) {
            widen(tag);
        }
        put(tag, hold, offset);
    }

    private void widen(long tag) {
        while (last - tag >= holds.length) {
            int length = holds.length;
            @Nullable Hold[] more = new Hold[length * 2];
            long[] moreOffsets = new long[length * 2];
            for (long known = first; known <= last; known++) {
                int to = (int) known & length * 2 - 1;
                more[to] = holds[at(known)];
                moreOffsets[to] = offsets[at(known)];
            }
            holds = more;
            offsets = moreOffsets;
        }
        for (long empty = tag; empty < first; empty++) {
            holds[at(empty)] = null;
        }
        first = tag;
    }

    void clear() {
        Arrays.fill(holds, null);
        size = 0;
        first = last + 1;
    }
}
