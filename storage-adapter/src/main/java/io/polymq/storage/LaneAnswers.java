package io.polymq.storage;

import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells requests how they ended, one after the other, on a thread of its own, so that no listener
 * holds up the lane. Any thread may hand over; the order of each is kept.
 *
 * <p>A lone append is told on the writer's own thread: nothing waits behind it, and waking another
 * thread takes a good part of what its force took. So a listener must not wait for what the lane
 * still has to write either, nor for a lock whose holder does; to append more, without waiting, is
 * fine.
 */
final class LaneAnswers implements Executor {

    private static final Logger log = LoggerFactory.getLogger(LaneAnswers.class);

    private final ExecutorService thread;

    /** Answers that were handed over or are being given. */
    private final AtomicInteger open = new AtomicInteger();

    /** Held while an answer is given: shards' marks have one writer at a time. */
    private final Object turn = new Object();

    // Guarded by this.
    private boolean answering;

    LaneAnswers(int lane) {
        thread =
                Executors.newSingleThreadExecutor(
                        Thread.ofPlatform()
                                .name("polymq-lane-" + lane + "-done")
                                .daemon()
                                .factory());
    }

    void end(LaneRequest request, @Nullable StorageException failure) {
        execute(() -> tell(request, failure));
    }

    /** What a listener does wrong keeps nobody else from hearing. */
    private static void tell(LaneRequest request, @Nullable StorageException failure) {
        try {
            request.end(failure);
        } catch (RuntimeException | Error e) {
            log.atError().setCause(e).log("What hears of the end of a write failed");
        }
    }

    /** In order with the answers. Once the thread has ended the caller's does it. */
    @Override
    public void execute(Runnable action) {
        open.incrementAndGet();
        try {
            thread.execute(() -> give(action));
        } catch (RejectedExecutionException e) {
            open.decrementAndGet();
            action.run();
        }
    }

    private void give(Runnable action) {
        try {
            synchronized (turn) {
                action.run();
            }
        } finally {
            open.decrementAndGet();
        }
    }

    /**
     * On the writer, which has nothing else to do: all went well.
     *
     * @return false when it is no lone append or there are answers before it, so that it has to be
     *     handed over
     */
    boolean endHere(List<LaneRequest> requests) {
        if (requests.size() != 1
                || !(requests.getFirst() instanceof LaneRequests.Append append)
                || !open.compareAndSet(0, 1)) {
            return false;
        }
        give(() -> tell(append, null));
        return true;
    }

    /** All went well. */
    void endAll(List<LaneRequest> requests) {
        if (!requests.isEmpty()) {
            execute(
                    () -> {
                        for (LaneRequest request : requests) {
                            tell(request, null);
                        }
                    });
        }
    }

    /** The same, so that {@link #await} can tell when it has been done. */
    void endAllWatched(List<LaneRequest> requests) {
        synchronized (this) {
            answering = true;
        }
        endAll(requests);
        execute(
                () -> {
                    synchronized (this) {
                        answering = false;
                        notifyAll();
                    }
                });
    }

    /**
     * Who was answered often has more to write at once: that shares the next force with what waits
     * already, instead of waiting behind it. Returns when the watched answers have been given.
     *
     * @param until the nano time at which it returns in any case
     */
    synchronized void await(long until) {
        while (answering) {
            long rest = until - System.nanoTime();
            if (rest <= 0) {
                return;
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, rest);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    void close() {
        Shutdowns.finish(thread);
    }
}
