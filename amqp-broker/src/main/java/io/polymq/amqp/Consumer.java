package io.polymq.amqp;

import org.jspecify.annotations.Nullable;

/** Someone on a channel to whom messages are delivered: of a queue, a stream, or answers. */
interface Consumer {

    String tag();

    /** Begins to deliver; consume-ok was written. */
    void begin(AckHandler acks);

    /** No more deliveries; the action runs, on any thread, when that is certain. */
    void leave(Runnable then);

    /** What it holds, where deliveries are to be settled. */
    @Nullable Hold hold();

    /** The channel or the queue has ended. */
    void end();

    /** The channel's limit allows another delivery. */
    default void unpark() {}

    /** The channel has a limit of its own from now on. */
    default void narrow() {}
}
