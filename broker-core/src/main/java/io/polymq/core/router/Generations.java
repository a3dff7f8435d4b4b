package io.polymq.core.router;

import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Tells which match results may have changed. A change of subscriptions moves one of many counters:
 * the one for its filter's whole text when it is exact, else the one for its first levels up to a
 * wildcard, three at most. A subject's results depend on five counters, so churn elsewhere leaves
 * them valid; counters are shared by hash, which can only drop a result too early. The sum of
 * counters that only grow tells whether any has moved. Shared.
 */
final class Generations {

    static final int DEPTH = 3;

    private static final int SIZE = 1 << 16;
    private static final int EXACT = DEPTH + 1;

    private final LevelHash hashes;
    private final AtomicIntegerArray counters = new AtomicIntegerArray(SIZE);

    Generations(LevelHash hashes) {
        this.hashes = hashes;
    }

    /** To be called after the trie was changed. */
    void moved(long space, Filter filter) {
        Subject subject = filter.subject();
        if (subject != null) {
            counters.incrementAndGet(place(space, EXACT, subject.dotted(), subject.length()));
            return;
        }
        byte[] encoded = filter.encoded();
        int depth = 0;
        int end = 0;
        Filter.Builder prefix = new Filter.Builder(encoded.length);
        while (depth < DEPTH && end < encoded.length && !Filter.isWildcard(encoded, end)) {
            int to = Filter.levelEnd(encoded, end);
            prefix.exact(encoded, Filter.literalStart(encoded, end, to), to);
            end = to + 1;
            depth++;
        }
        Subject known = prefix.build(false).subject();
        byte[] text = known == null ? new byte[0] : known.dotted();
        counters.incrementAndGet(place(space, depth, text, text.length));
    }

    /** The counters that a subject's results depend on. */
    int[] places(long space, Subject subject) {
        byte[] bytes = subject.dotted();
        int[] places = new int[2 + Math.min(DEPTH, subject.levelCount())];
        places[0] = place(space, EXACT, bytes, bytes.length);
        places[1] = place(space, 0, bytes, 0);
        int to = -1;
        for (int depth = 1; depth < places.length - 1; depth++) {
            to = Filter.levelEnd(bytes, to + 1);
            places[depth + 1] = place(space, depth, bytes, to);
        }
        return places;
    }

    int sum(int[] places) {
        int sum = 0;
        for (int place : places) {
            sum += counters.getAcquire(place);
        }
        return sum;
    }

    private int place(long space, int role, byte[] bytes, int to) {
        long hash = hashes.role(hashes.of(bytes, 0, to) + space, role);
        return (int) (hash >>> 48);
    }
}
