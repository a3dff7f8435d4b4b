package io.polymq.amqp.v1;

import io.polymq.amqp.v1.type.Symbol;
import io.polymq.core.queue.QueuedMessage;
import java.util.Map;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Where an outgoing link's messages come from. Connection zone; messages are given to the link's
 * {@link OutgoingLink#arrived} on the loop.
 */
interface Feed {

    /** Begins; nothing comes before there is credit. */
    void begin();

    /** One that has come and was not sent: it comes again, in its place. */
    default void takeBack(QueuedMessage message) {
        release(message.offset(), false);
    }

    /** Allows so many more messages. */
    void credit(int more);

    /**
     * Takes back unused credit, when everything that is there has come; then runs the action on the
     * loop with what was left.
     */
    void drain(IntConsumer then);

    /** It is done with; what is only shown or sent stays as it is, here and below. */
    default void accept(long offset) {}

    /**
     * @param counted whether it was an attempt
     */
    default void release(long offset, boolean counted) {}

    default void reject(long offset) {}

    /** What its receiver has noted on a delivery; it is released or rejected next. */
    default void note(long offset, Map<Symbol, @Nullable Object> annotations) {}

    /** Ends; what is not settled goes back to its place. */
    void close();
}
