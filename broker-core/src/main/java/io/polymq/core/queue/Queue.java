package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Receipt;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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
     * refused.
     */
    void publish(KeptMessage message, @Nullable Receipt receipt);

    /** Begins to deliver to the consumer as far as its credit goes. */
    Consumption consume(ConsumerSpec spec, Consumer consumer);

    /**
     * One message without a standing consumer, or null when none is ready. It must be settled
     * through the consumption.
     */
    void get(Consumption by, java.util.function.Consumer<@Nullable QueuedMessage> result);

    /** Messages from an offset on without consuming them. */
    CompletableFuture<List<QueuedMessage>> browse(long fromOffset, int max);

    /** Drops everything that is not in flight; how many. */
    CompletableFuture<Long> purge();

    void pause(boolean paused);

    CompletableFuture<QueueStatistics> statistics();

    /**
     * A consumer of a queue; called in the queue's shard zone, must not block: encode into an
     * outbox or enqueue.
     */
    interface Consumer {

        /**
         * @return false when the consumer is gone: the message goes back to its place
         */
        boolean deliver(QueuedMessage message, Consumption consumption);

        /** The queue was deleted, or another took over a single-active or exclusive place. */
        void cancelled(String reason);

        /** Whether this consumer is the active one of a single-active queue has changed. */
        default void active(boolean active) {}
    }

    /** A consumer's hold on a queue; safe from any thread. */
    interface Consumption extends AutoCloseable {

        Queue queue();

        /** Allows so many more deliveries. */
        void credit(int more);

        /** Takes back unused credit, then runs the action with what was left; in the shard zone. */
        void drain(java.util.function.IntConsumer then);

        void ack(long offset, @Nullable Receipt receipt);

        /** Everything delivered to this consumption up to and including the offset. */
        void ackThrough(long offset, @Nullable Receipt receipt);

        /** Not done: again after the delay; counts as a failed attempt. */
        void nack(long offset, Duration delay);

        /**
         * Back to its place, untouched: not counted as an attempt when {@code counted} is false.
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
     * @param credit deliveries allowed at the start
     * @param priority higher first, where the queue heeds it
     * @param exclusive whether no one else may consume
     * @param autoAck whether a delivered message is acknowledged at once
     * @param tag for lists: what the protocol calls the consumer
     */
    record ConsumerSpec(int credit, int priority, boolean exclusive, boolean autoAck, String tag) {}
}
