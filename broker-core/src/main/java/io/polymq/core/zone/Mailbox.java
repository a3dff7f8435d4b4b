package io.polymq.core.zone;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Many threads put tasks in, one takes them all at once. Two arrays change places under a short
 * lock, so that putting costs a store and taking costs one exchange per batch. Any thread may put;
 * only the owner takes.
 */
final class Mailbox {

    private static final int FIRST = 256;
    private static final int KEPT = 65_536;

    private final Object lock = new Object();
    private @Nullable Runnable[] incoming = new Runnable[FIRST];
    private int size;
    private boolean closed;
    private volatile int waiting;
    private @Nullable Runnable[] spare = new Runnable[FIRST];

    /**
     * @return how many tasks wait now, this one included, or -1 when the mailbox is closed
     */
    int put(Runnable task) {
        synchronized (lock) {
            if (closed) {
                return -1;
            }
            if (size == incoming.length) {
                incoming = Arrays.copyOf(incoming, size * 2);
            }
            incoming[size] = task;
            int now = size + 1;
            size = now;
            waiting = now;
            return now;
        }
    }

    /** Takes all that is there; the batch stays valid until the next call. */
    int take(Batch batch) {
        synchronized (lock) {
            int taken = size;
            batch.tasks = incoming;
            incoming = spare;
            spare = batch.tasks;
            size = 0;
            waiting = 0;
            return taken;
        }
    }

    /** Roughly how many wait. */
    int waiting() {
        return waiting;
    }

    /** Takes no more; what is in it can still be taken. */
    void close() {
        synchronized (lock) {
            closed = true;
        }
    }

    /** What was taken. */
    static final class Batch {
        private @Nullable Runnable[] tasks = new Runnable[0];

        /** Gives the task and forgets it. */
        @Nullable Runnable remove(int i) {
            Runnable task = tasks[i];
            tasks[i] = null;
            return task;
        }
    }
}
