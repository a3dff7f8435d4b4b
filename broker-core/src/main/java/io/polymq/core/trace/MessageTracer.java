package io.polymq.core.trace;

import io.polymq.core.message.Message;
import org.jspecify.annotations.Nullable;

/**
 * Hears of messages on their way through the broker. Which of them it follows is said by their own
 * headers (W3C trace context, as the publisher wrote it); nothing is added to a message, so that
 * every receiver gets the context that its publisher gave, whatever protocol either speaks. Any
 * thread; must not block.
 */
public interface MessageTracer {

    /** Follows nothing, and costs a call that the compiler leaves out. */
    MessageTracer NONE = new Nothing();

    /** Whether any message may be followed: asked first, so that nothing else is done for none. */
    boolean isOn();

    /**
     * A message was published and is about to be handed to who wants it; it is borrowed for the
     * call.
     *
     * @return what is told of the end of that; null when this one is not followed
     */
    @Nullable Step published(String tenant, Message message);

    /** A message was handed to a receiver; it is borrowed for the call. */
    void delivered(String tenant, Message message, Receiver receiver);

    /** A publish that is followed. */
    interface Step {
        /**
         * @param takers how many it was handed to
         */
        void done(int takers);
    }

    /**
     * Who was handed a message.
     *
     * @param from where it lay for the receiver
     * @param name of the queue, the topic, or the filter of the subscription
     * @param connection the receiver's, 0 when it is not known here
     * @param since when it began to wait there, in milliseconds since 1970; 0 when it did not wait
     */
    record Receiver(Kind from, String name, long connection, long since) {}

    /** From where messages are handed out. */
    enum Kind {
        SUBSCRIPTION,
        QUEUE,
        TOPIC
    }
}
