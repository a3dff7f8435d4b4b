package io.polymq.core.subject;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Questions about the sets of subjects that encoded filters match. Linear where wildcards for many
 * levels stand at the end, as in MQTT and NATS; levels times levels where they stand in the middle,
 * as AMQP allows. Shared, stateless.
 */
final class FilterSets {

    private FilterSets() {}

    /** Matching one filter against one subject, with one place to come back to. */
    static boolean matches(byte[] filter, byte[] subject) {
        int f = 0;
        int s = 0;
        int fEnd = filter.length == 0 ? -1 : filter.length;
        int sEnd = subject.length == 0 ? -1 : subject.length;
        int anyAt = -1;
        int resume = -1;
        while (s <= sEnd) {
            if (f <= fEnd) {
                if (Filter.isWildcard(filter, f)) {
                    if (filter[f] == Filter.REST) {
                        return true;
                    }
                    if (filter[f] == Filter.ANY) {
                        anyAt = f + 2;
                        resume = s;
                        f = anyAt;
                        if (f > fEnd) {
                            return true;
                        }
                        continue;
                    }
                    f += 2;
                    s = Filter.levelEnd(subject, s) + 1;
                    continue;
                }
                int end = Filter.levelEnd(filter, f);
                int start = Filter.literalStart(filter, f, end);
                int subjectEnd = Filter.levelEnd(subject, s);
                if (Arrays.equals(filter, start, end, subject, s, subjectEnd)) {
                    f = end + 1;
                    s = subjectEnd + 1;
                    continue;
                }
            }
            if (anyAt < 0) {
                return false;
            }
            resume = Filter.levelEnd(subject, resume) + 1;
            s = resume;
            f = anyAt;
        }
        return f > fEnd || (f == fEnd - 1 && filter[f] == Filter.ANY);
    }

    /** Whether some subject that it matches begins with a {@code $}. */
    static boolean mayBeReserved(byte[] filter) {
        return Filter.isWildcard(filter, 0) || isReserved(filter);
    }

    /** Whether every subject that it matches begins with a {@code $}. */
    static boolean isReserved(byte[] filter) {
        return filter.length > 0 && filter[0] == '$';
    }

    /**
     * Whether {@code a} matches all that {@code b} matches. Since wildcard runs have one order, it
     * is enough to match b's levels as if its wildcards were texts that only a's wildcards know.
     */
    static boolean covers(byte[] a, byte[] b) {
        List<byte[]> p = expanded(a);
        List<byte[]> q = expanded(b);
        int f = 0;
        int s = 0;
        int anyAt = -1;
        int resume = 0;
        while (s < q.size()) {
            if (f < p.size()) {
                byte[] level = p.get(f);
                if (level == ANY_LEVEL) {
                    anyAt = ++f;
                    resume = s;
                    continue;
                }
                byte[] other = q.get(s);
                if (level == ONE_LEVEL ? other != ANY_LEVEL : Arrays.equals(level, other)) {
                    f++;
                    s++;
                    continue;
                }
            }
            if (anyAt < 0) {
                return false;
            }
            s = ++resume;
            f = anyAt;
        }
        while (f < p.size() && p.get(f) == ANY_LEVEL) {
            f++;
        }
        return f == p.size();
    }

    /** Whether there is a subject that both match: a walk over pairs of places, row by row. */
    static boolean overlap(byte[] a, byte[] b) {
        List<byte[]> p = expanded(a);
        List<byte[]> q = expanded(b);
        int fixed = fixedPrefix(p, q);
        if (fixed < 0) {
            return false;
        }
        p = p.subList(fixed, p.size());
        q = q.subList(fixed, q.size());
        if (p.isEmpty() || q.isEmpty()) {
            return allAny(p) && allAny(q);
        }
        if (isOnlyAny(p) || isOnlyAny(q)) {
            return true;
        }
        BitSet row = new BitSet(q.size() + 1);
        row.set(0);
        closeRow(row, q);
        for (byte[] level : p) {
            BitSet next = new BitSet(q.size() + 1);
            for (int j = row.nextSetBit(0); j >= 0; j = row.nextSetBit(j + 1)) {
                if (level == ANY_LEVEL) {
                    next.set(j, q.size() + 1);
                } else if (j < q.size()) {
                    byte[] other = q.get(j);
                    if (other == ANY_LEVEL) {
                        next.set(j);
                    } else if (level == ONE_LEVEL
                            || other == ONE_LEVEL
                            || Arrays.equals(level, other)) {
                        next.set(j + 1);
                    }
                }
            }
            if (next.isEmpty()) {
                return false;
            }
            closeRow(next, q);
            row = next;
        }
        return row.get(q.size());
    }

    /**
     * How many levels both begin with before the first wildcard for many; -1 when two of them
     * exclude each other.
     */
    private static int fixedPrefix(List<byte[]> p, List<byte[]> q) {
        int i = 0;
        for (; i < Math.min(p.size(), q.size()); i++) {
            byte[] one = p.get(i);
            byte[] other = q.get(i);
            if (one == ANY_LEVEL || other == ANY_LEVEL) {
                return i;
            }
            if (one != ONE_LEVEL && other != ONE_LEVEL && !Arrays.equals(one, other)) {
                return -1;
            }
        }
        return i;
    }

    private static void closeRow(BitSet row, List<byte[]> q) {
        for (int j = row.nextSetBit(0); j >= 0 && j < q.size(); j = row.nextSetBit(j + 1)) {
            if (q.get(j) == ANY_LEVEL) {
                row.set(j + 1);
            }
        }
    }

    private static boolean allAny(List<byte[]> levels) {
        for (byte[] level : levels) {
            if (level != ANY_LEVEL) {
                return false;
            }
        }
        return true;
    }

    private static boolean isOnlyAny(List<byte[]> levels) {
        return levels.size() == 1 && levels.getFirst() == ANY_LEVEL;
    }

    private static final byte[] ONE_LEVEL = {Filter.ONE};
    private static final byte[] ANY_LEVEL = {Filter.ANY};

    /** The levels' bytes; wildcards by identity, "one or more" as "one, any". */
    private static List<byte[]> expanded(byte[] filter) {
        List<byte[]> levels = new ArrayList<>();
        for (int from = 0; from <= filter.length && filter.length > 0; ) {
            int end = Filter.levelEnd(filter, from);
            if (Filter.isWildcard(filter, from)) {
                if (filter[from] != Filter.ANY) {
                    levels.add(ONE_LEVEL);
                }
                if (filter[from] != Filter.ONE) {
                    levels.add(ANY_LEVEL);
                }
            } else {
                levels.add(Arrays.copyOfRange(filter, from, end));
            }
            from = end + 1;
        }
        return levels;
    }
}
