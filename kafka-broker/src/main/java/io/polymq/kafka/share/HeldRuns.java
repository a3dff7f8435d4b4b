package io.polymq.kafka.share;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Which member holds which offsets of a share-partition, as runs. One thread at a time. */
final class HeldRuns {

    /** A run of offsets, its last one included. */
    record Run(long first, long last, String member) {}

    private final TreeMap<Long, Run> byFirst = new TreeMap<>();

    void add(long first, long last, String member) {
        byFirst.put(first, new Run(first, last, member));
    }

    private @Nullable Run at(long offset) {
        Map.Entry<Long, Run> entry = byFirst.floorEntry(offset);
        return entry != null && entry.getValue().last() >= offset ? entry.getValue() : null;
    }

    /** Whether the member holds all of them. */
    boolean holds(String member, long first, long last) {
        long from = first;
        while (from <= last) {
            Run run = at(from);
            if (run == null || !run.member().equals(member)) {
                return false;
            }
            from = run.last() + 1;
        }
        return true;
    }

    /** Nobody holds them any more. */
    void remove(long first, long last) {
        long from = first;
        while (from <= last) {
            Run run = at(from);
            if (run == null) {
                Long next = byFirst.ceilingKey(from);
                if (next == null) {
                    return;
                }
                from = next;
                continue;
            }
            byFirst.remove(run.first());
            if (run.first() < from) {
                add(run.first(), from - 1, run.member());
            }
            if (run.last() > last) {
                add(last + 1, run.last(), run.member());
            }
            from = run.last() + 1;
        }
    }

    /** Takes all that a member holds from it. */
    List<Run> removeAll(String member) {
        List<Run> gone = new ArrayList<>();
        for (Run run : byFirst.values()) {
            if (run.member().equals(member)) {
                gone.add(run);
            }
        }
        gone.forEach(run -> byFirst.remove(run.first()));
        return gone;
    }

    void clear() {
        byFirst.clear();
    }

    long count() {
        return byFirst.values().stream().mapToLong(run -> run.last() - run.first() + 1).sum();
    }
}
