package io.polymq.kafka.produce;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Lets actions pass once something is there: at once when it already is, else later, each on its
 * executor. Actions of one executor keep their order, also when some of them come while those that
 * had to wait are still on their way. Any thread.
 */
final class Gate {

    private final List<Waiting> waiting = new ArrayList<>();
    private final AtomicInteger deferred = new AtomicInteger();
    private volatile boolean open;
    private boolean opening;

    private record Waiting(Executor executor, Runnable action) {}

    boolean isOpen() {
        return open;
    }

    /**
     * Runs the action now or when the gate opens.
     *
     * @return whether the caller is the first to find it closed and has to see to its opening
     */
    boolean pass(Executor executor, Runnable action) {
        if (open && deferred.get() == 0) {
            action.run();
            return false;
        }
        synchronized (waiting) {
            deferred.incrementAndGet();
            if (open) {
                defer(new Waiting(executor, action));
                return false;
            }
            waiting.add(new Waiting(executor, action));
            boolean first = !opening;
            opening = true;
            return first;
        }
    }

    private void defer(Waiting task) {
        task.executor.execute(
                () -> {
                    deferred.decrementAndGet();
                    task.action.run();
                });
    }

    /** Lets all pass, now and from here on. */
    void open() {
        letGo(true);
    }

    /** Lets those pass who wait; who comes next tries anew. */
    void failed() {
        letGo(false);
    }

    private void letGo(boolean from) {
        synchronized (waiting) {
            open = from;
            opening = false;
            waiting.forEach(this::defer);
            waiting.clear();
        }
    }
}
