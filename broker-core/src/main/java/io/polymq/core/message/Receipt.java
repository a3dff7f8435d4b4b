package io.polymq.core.message;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Counts those who must keep a message safe before its publisher is answered. A sink that stores
 * calls {@link #expect} during delivery and {@link #done} once it is safe; the publisher calls
 * {@link #seal} after routing. The listener runs once, on whichever thread was last: with no one to
 * wait for that is the publisher's own, inside seal.
 */
public final class Receipt {

    /** Hears the end. */
    public interface Listener {
        /**
         * A topic has kept the message; before {@link #settled}, once for each topic that captures
         * it. On the topic's completion thread.
         */
        default void stored(String topic, int partition, long offset, long timestamp) {}

        /**
         * @param failure the first failure, null when all is safe
         */
        void settled(@Nullable Throwable failure);
    }

    private final AtomicInteger open = new AtomicInteger(1);
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final Listener listener;

    public Receipt(Listener listener) {
        this.listener = listener;
    }

    /** For a topic that has kept the message; {@link #done} follows. */
    public void stored(String topic, int partition, long offset, long timestamp) {
        listener.stored(topic, partition, offset, timestamp);
    }

    public void expect() {
        open.incrementAndGet();
    }

    public void done(@Nullable Throwable cause) {
        if (cause != null) {
            failure.compareAndSet(null, cause);
        }
        if (open.decrementAndGet() == 0) {
            listener.settled(failure.get());
        }
    }

    public void seal() {
        done(null);
    }
}
