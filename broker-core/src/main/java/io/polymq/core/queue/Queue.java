package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Origin;
import io.polymq.core.message.Receipt;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Competing consumers on one shard, each message acknowledged by itself. Every method only enqueues
 * to the queue's shard zone and is safe from any thread; calls of one thread keep their order.
 */
public interface Queue {

    String tenant();

    String name();

    QueueSpec spec();

    /** New limits; what is already over them is dealt with as if it came now. */
    void alter(QueueSpec spec);

    /**
     * Enqueues; the receipt (which must have been told to expect it) is done when it is safe or
     * refused with a {@link QueueException}. Without a receipt nobody waits for the store's force.
     */
    void publish(KeptMessage message, @Nullable Receipt receipt);

    /**
     * Whether the shard zone is so far behind that a publisher should stop reading from its peer
     * and go on from {@link #whenRelaxed}. Beyond that, publishes are refused as overloaded.
     */
    boolean isCongested();

    /** Runs the action once, on the shard zone's thread, when it is no longer congested. */
    void whenRelaxed(Runnable action);

    /**
     * Begins to deliver to the consumer as far as its credit goes. When the queue is exclusively
     * another's the consumer hears {@link Consumer#refused}.
     */
    Consumption consume(ConsumerSpec spec, Consumer consumer);

    /** A hold for {@link #get} alone: no consumer, it gets nothing by itself. */
    Consumption holder(String tag);

    /**
     * One message regardless of credit, or null when none is ready. It must be settled through the
     * consumption.
     */
    void get(Consumption by, java.util.function.Consumer<@Nullable QueuedMessage> result);

    /**
     * Messages from an offset on without consuming them, in flight or not, in order; in a queue
     * with priorities the highest come first. One goes on behind the last one's offset, with
     * priorities at {@code offset + 256}.
     */
    CompletableFuture<List<QueuedMessage>> browse(long fromOffset, int max);

    /**
     * Tells, in the shard zone, of every message that was published at that time or later, whether
     * it is still there or not, as far as its record is kept. A queue in memory knows of none.
     *
     * @param since milliseconds since 1970
     */
    CompletableFuture<Void> recall(long since, java.util.function.Consumer<KeptMessage> each);

    /**
     * Whether that message was published to it at that time or later, as far as its record is kept.
     * A queue in memory knows of none.
     *
     * @param since milliseconds since 1970
     */
    CompletableFuture<Boolean> holds(Origin message, long since);

    /** Drops everything that is not in flight; how many. */
    CompletableFuture<Long> purge();

    /**
     * Everything from one offset up to (not including) another counts as done, in flight or not:
     * the records were deleted. In a queue with priorities, one message at a time.
     */
    CompletableFuture<Void> discard(long fromOffset, long toOffset);

    /**
     * Begins anew at an offset, forwards or back: earlier ones count as done, later ones as never
     * delivered. What is in flight can no longer be settled. Not for queues with priorities.
     */
    CompletableFuture<Void> seek(long offset);

    /** No deliveries while paused; {@link #get} finds nothing. */
    void pause(boolean paused);

    CompletableFuture<QueueStatistics> statistics();

    /**
     * Runs an owner's task in the queue's shard zone, so that what the owner keeps of the queue is
     * confined to one thread as the queue is.
     */
    void execute(Runnable task);

    /**
     * A consumer of a queue; called in the queue's shard zone, must not block: encode into an
     * outbox or enqueue.
     */
    interface Consumer {

        /**
         * @return false when the consumer is gone: the message goes back to its place
         */
        boolean deliver(QueuedMessage message, Consumption consumption);

        /** Nothing more comes in this turn of the zone, after one delivery or many. */
        default void flush() {}

        /**
         * Whether it wants some messages only; then it is asked by {@link #wants}. Heeded where
         * consumers take turns, not where one alone is active or each has its keys.
         */
        default boolean isSelective() {
            return false;
        }

        /** Whether it wants this one; always the same answer for the same message. */
        default boolean wants(KeptMessage message) {
            return true;
        }

        /** The deadline of a message that it held has passed: it is no longer this consumer's. */
        default void overdue(long offset) {}

        /** The queue was deleted, or sought elsewhere by its owner. The consumption has ended. */
        void cancelled(String reason);

        /** It never began. */
        default void refused(QueueException why) {
            cancelled(String.valueOf(why.getMessage()));
        }

        /** Whether this consumer is the active one of a single-active queue has changed. */
        default void active(boolean active) {}
    }

    /**
     * A consumer's hold on a queue; safe from any thread. Settling what is not held changes
     * nothing; a receipt then fails with {@link QueueException.Kind#NOT_HELD}.
     */
    interface Consumption extends AutoCloseable {

        Queue queue();

        /** Allows so many more deliveries. */
        void credit(int more);

        /**
         * Gets nothing more, but for what was published before and is still being written; keeps
         * what it holds until that is settled or {@link #close}d, then runs the action in the shard
         * zone. Others may become active or exclusive in its place.
         */
        void leave(Runnable then);

        /** Takes back unused credit, then runs the action with what was left; in the shard zone. */
        void drain(IntConsumer then);

        /** Done; the receipt (told to expect it) is done when the store has it. */
        void ack(long offset, @Nullable Receipt receipt);

        /** The first {@code count} of the offsets, with one expectation of the receipt. */
        void ack(long[] offsets, int count, @Nullable Receipt receipt);

        /** Everything held by this consumption up to and including the offset. */
        void ackThrough(long offset, @Nullable Receipt receipt);

        /**
         * Not done: again after the delay, or after the queue's back-off when that is longer;
         * counts as a failed attempt.
         */
        void nack(long offset, Duration delay);

        /**
         * Back to its place, at once. When it does not count, the delivery never happened as far as
         * attempts go; it is flagged as redelivered all the same.
         */
        void release(long offset, boolean counted);

        /** Dead: to the dead-letter target. */
        void reject(long offset);

        /** Still at work: the deadline starts anew. */
        void extend(long offset);

        /** Ends it; what is unsettled goes back to its place and is counted as delivered. */
        @Override
        void close();
    }

    /**
     * @param credit deliveries allowed at the start; {@link Integer#MAX_VALUE} for ever
     * @param priority higher first, where the queue heeds it
     * @param exclusive whether no one else may consume
     * @param autoAck whether a delivered message is acknowledged at once
     * @param tag for lists: what the protocol calls the consumer
     */
    record ConsumerSpec(int credit, int priority, boolean exclusive, boolean autoAck, String tag) {}
}
