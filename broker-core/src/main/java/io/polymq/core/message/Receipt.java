package io.polymq.core.message;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * Counts those who must keep a message safe before its publisher is answered. A sink that stores
 * calls {@link #expect} during delivery and {@link #done} once it is safe; the publisher calls
 * {@link #seal} after routing. The listener runs once, on whichever thread was last: with no one to
 * wait for that is the publisher's own, inside seal.
 *
 * <p>Whoever hands the message on to be delivered a little later, by another thread, calls {@link
 * #forward} and then {@link #forwarded}, so that it is known when nobody else will get it.
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

    /** Those who hear that the message is routed; the last to ask first. */
    private record Asked(Runnable action, @Nullable Asked before) {}

    private static final long ONE_ROUTING = 1L << 32;

    private static final Asked NO_MORE = new Asked(() -> {}, null);

    // One object for each message that someone waits for, where atomics of their own would be four.
    private static final AtomicLongFieldUpdater<Receipt> OPEN =
            AtomicLongFieldUpdater.newUpdater(Receipt.class, "open");
    private static final AtomicReferenceFieldUpdater<Receipt, Throwable> FAILURE =
            AtomicReferenceFieldUpdater.newUpdater(Receipt.class, Throwable.class, "failure");
    private static final AtomicReferenceFieldUpdater<Receipt, Asked> ASKED =
            AtomicReferenceFieldUpdater.newUpdater(Receipt.class, Asked.class, "asked");

    /** How many keep it open, and above them how many of these may still deliver it. */
    private volatile long open = ONE_ROUTING + 1;

    private volatile @Nullable Throwable failure;
    private volatile @Nullable Asked asked;
    private final Listener listener;

    public Receipt(Listener listener) {
        this.listener = listener;
    }

    /** One that completes a future, or fails it. */
    public static Receipt completing(CompletableFuture<Void> safe) {
        return new Receipt(
                failure -> {
                    if (failure == null) {
                        safe.complete(null);
                    } else {
                        safe.completeExceptionally(failure);
                    }
                });
    }

    /** For a topic that has kept the message; {@link #done} follows. */
    public void stored(String topic, int partition, long offset, long timestamp) {
        listener.stored(topic, partition, offset, timestamp);
    }

    public void expect() {
        OPEN.incrementAndGet(this);
    }

    public void done(@Nullable Throwable cause) {
        if (cause != null) {
            FAILURE.compareAndSet(this, null, cause);
        }
        settle(OPEN.decrementAndGet(this));
    }

    /** Another thread is going to deliver the message. */
    public void forward() {
        OPEN.addAndGet(this, ONE_ROUTING + 1);
    }

    /** It did. */
    public void forwarded() {
        long now = OPEN.addAndGet(this, -ONE_ROUTING - 1);
        if (now < ONE_ROUTING) {
            tell(ASKED.getAndSet(this, NO_MORE));
        }
        settle(now);
    }

    public void seal() {
        forwarded();
    }

    /**
     * Runs the action, on some thread, when everyone who gets the message was handed it; at once
     * when that is so already.
     */
    public void whenRouted(Runnable action) {
        Asked before = asked;
        while (before != NO_MORE && !ASKED.compareAndSet(this, before, new Asked(action, before))) {
            before = asked;
        }
        if (before == NO_MORE) {
            action.run();
        }
    }

    private static void tell(@Nullable Asked first) {
        for (Asked one = first; one != null; one = one.before()) {
            one.action().run();
        }
    }

    private void settle(long now) {
        if (now == 0) {
            listener.settled(failure);
        }
    }
}
