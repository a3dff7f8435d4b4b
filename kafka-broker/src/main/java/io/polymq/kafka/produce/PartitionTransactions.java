package io.polymq.kafka.produce;

import io.polymq.kafka.produce.AbortedTransactions.Aborted;
import io.polymq.storage.Shard;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The transactions of one partition: which are open, from where, and which were aborted. What lies
 * below the first record of the oldest open one is stable. Guarded by its monitor; the stable
 * offset is read without.
 */
final class PartitionTransactions {

    static final long NONE = Long.MAX_VALUE;

    private final Map<Long, Long> firstOf = new HashMap<>();
    private final TreeMap<Long, Integer> firsts = new TreeMap<>();
    private final AbortedTransactions aborted = new AbortedTransactions();
    private final List<StableWatch> watches = new ArrayList<>();
    private volatile long firstUnstable = NONE;

    private final class StableWatch implements Shard.Watch {
        private final long seen;
        private final Runnable action;

        StableWatch(long seen, Runnable action) {
            this.seen = seen;
            this.action = action;
        }

        @Override
        public void close() {
            synchronized (PartitionTransactions.this) {
                watches.remove(this);
            }
        }
    }

    /** Where the oldest open transaction begins; {@link #NONE} without one. */
    long firstUnstable() {
        return firstUnstable;
    }

    synchronized boolean isOpen(long producerId) {
        return firstOf.containsKey(producerId);
    }

    /** Where the producer's open transaction begins; -1 when it has none. */
    synchronized long firstOf(long producerId) {
        return firstOf.getOrDefault(producerId, -1L);
    }

    /**
     * A transaction begins.
     *
     * @param from its first offset, or a lower one while that is not known yet
     */
    synchronized void begin(long producerId, long from) {
        if (firstOf.putIfAbsent(producerId, from) == null) {
            firsts.merge(from, 1, Integer::sum);
            settle();
        }
    }

    /** Its first offset is known. */
    void begunAt(long producerId, long first) {
        List<StableWatch> due;
        synchronized (this) {
            Long before = firstOf.replace(producerId, first);
            if (before == null || before == first) {
                return;
            }
            forget(before);
            firsts.merge(first, 1, Integer::sum);
            settle();
            // What lies in front of it was written before it, and is there for those who wait.
            due = watches.stream().filter(watch -> watch.seen < firstUnstable).toList();
            watches.removeAll(due);
        }
        due.forEach(watch -> watch.action.run());
    }

    /**
     * It has ended, by a marker at that offset.
     *
     * @return a chunk of aborted ones that is complete with it; null when none is
     */
    AbortedTransactions.@Nullable Chunk end(long producerId, long marker, boolean commit) {
        AbortedTransactions.Chunk complete = null;
        List<StableWatch> due;
        synchronized (this) {
            Long first = firstOf.remove(producerId);
            if (first == null) {
                return null;
            }
            forget(first);
            if (!commit) {
                long stable = firsts.isEmpty() ? marker + 1 : firsts.firstKey();
                complete = aborted.add(new Aborted(producerId, first, marker, stable));
            }
            settle();
            due = List.copyOf(watches);
            watches.clear();
        }
        due.forEach(watch -> watch.action.run());
        return complete;
    }

    private void forget(long first) {
        firsts.computeIfPresent(first, (_, count) -> count == 1 ? null : count - 1);
    }

    private void settle() {
        firstUnstable = firsts.isEmpty() ? NONE : firsts.firstKey();
    }

    /** Calls once when a transaction has ended since the stable offset was that; else at once. */
    Shard.Watch watch(long seen, Runnable action) {
        StableWatch watch = new StableWatch(seen, action);
        synchronized (this) {
            if (firstUnstable <= seen) {
                watches.add(watch);
                return watch;
            }
        }
        action.run();
        return watch;
    }

    /** The aborted transactions that matter to who reads [from, to). */
    synchronized List<Aborted> aborted(long from, long to) {
        return aborted.isEmpty() ? List.of() : aborted.within(from, to);
    }

    synchronized List<Integer> forgetBelow(long startOffset) {
        return aborted.forgetBelow(startOffset);
    }

    synchronized List<Integer> chunks() {
        return aborted.complete();
    }

    synchronized ByteBuffer encodeTail() {
        return aborted.encodeTail();
    }

    synchronized void restore(
            AbortedTransactions.Tail tail, List<AbortedTransactions.Chunk> complete) {
        aborted.restore(tail, complete);
    }

    /** Everyone who waits is told: the partition is gone. */
    void close() {
        List<StableWatch> all;
        synchronized (this) {
            all = List.copyOf(watches);
            watches.clear();
        }
        all.forEach(watch -> watch.action.run());
    }
}
