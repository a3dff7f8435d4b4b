package io.polymq.storage;

import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells requests how they ended, on a thread of its own, so that no listener holds up the lane. Any
 * thread may hand over; order is kept.
 */
final class LaneAnswers {

    private static final Logger log = LoggerFactory.getLogger(LaneAnswers.class);

    private final ExecutorService thread;

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

    /** The thread, for what has to keep its order with the answers. */
    ExecutorService thread() {
        return thread;
    }

    void end(LaneRequest request, @Nullable StorageException failure) {
        run(() -> tell(request, failure));
    }

    /** What a listener does wrong keeps nobody else from hearing. */
    private static void tell(LaneRequest request, @Nullable StorageException failure) {
        try {
            request.end(failure);
        } catch (RuntimeException | Error e) {
            log.atError().setCause(e).log("What hears of the end of a write failed");
        }
    }

    /** Once the thread has ended the caller's does it. */
    void run(Runnable action) {
        try {
            thread.execute(action);
        } catch (RejectedExecutionException e) {
            action.run();
        }
    }

    /** All went well. */
    void endAll(List<LaneRequest> requests) {
        if (!requests.isEmpty()) {
            thread.execute(
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
        thread.execute(
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
