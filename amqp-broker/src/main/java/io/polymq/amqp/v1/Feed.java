package io.polymq.amqp.v1;

import java.util.function.IntConsumer;

/**
 * Where an outgoing link's messages come from. Connection zone; messages are given to the link's
 * {@link OutgoingLink#arrived} on the loop.
 */
interface Feed {

    /** Begins; nothing comes before there is credit. */
    void begin();

    /** Allows so many more messages. */
    void credit(int more);

    /**
     * Takes back unused credit, when everything that is there has come; then runs the action on the
     * loop with what was left.
     */
    void drain(IntConsumer then);

    void accept(long offset);

    /**
     * @param counted whether it was an attempt
     */
    void release(long offset, boolean counted);

    void reject(long offset);

    /** Ends; what is not settled goes back to its place. */
    void close();
}
