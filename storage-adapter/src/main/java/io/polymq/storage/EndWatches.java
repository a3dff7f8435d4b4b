package io.polymq.storage;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Who waits for a shard's high watermark to pass an offset. Shared: any thread, own lock; actions
 * run on the thread that moves the watermark, outside the lock.
 */
final class EndWatches {

    private final PriorityQueue<Waiting> waiting = new PriorityQueue<>();
    private long highWatermark;
    private boolean closed;

    EndWatches(long highWatermark) {
        this.highWatermark = highWatermark;
    }

    Shard.Watch add(long offset, Runnable action) {
        Waiting entry = new Waiting(this, offset, action);
        synchronized (this) {
            if (!closed && highWatermark <= offset) {
                waiting.add(entry);
                return entry;
            }
        }
        action.run();
        return entry;
    }

    synchronized boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** True when the last one that waited was called. */
    boolean advance(long to) {
        List<Waiting> due = List.of();
        boolean last;
        synchronized (this) {
            highWatermark = to;
            while (!waiting.isEmpty() && waiting.peek().offset < to) {
                if (due.isEmpty()) {
                    due = new ArrayList<>();
                }
                due.add(waiting.poll());
            }
            last = !due.isEmpty() && waiting.isEmpty();
        }
        due.forEach(entry -> entry.action.run());
        return last;
    }

    /** The shard is gone: everybody is called. */
    void close() {
        List<Waiting> due;
        synchronized (this) {
            closed = true;
            due = new ArrayList<>(waiting);
            waiting.clear();
        }
        due.forEach(entry -> entry.action.run());
    }

    private synchronized void remove(Waiting entry) {
        waiting.remove(entry);
    }

    private record Waiting(EndWatches home, long offset, Runnable action)
            implements Shard.Watch, Comparable<Waiting> {
        @Override
        public int compareTo(Waiting other) {
            return Long.compare(offset, other.offset);
        }

        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }

        @Override
        public void close() {
            home.remove(this);
        }
    }
}
