package io.polymq.amqp.v1;

import io.polymq.amqp.v1.frame.ErrorInfo;
import io.polymq.amqp.v1.frame.Performative;
import org.jspecify.annotations.Nullable;

/** A link's end here. Connection zone. */
sealed interface Link permits IncomingLink, OutgoingLink, RefusedLink {

    String name();

    long handle();

    Session session();

    /** Whether messages come to here by it. */
    boolean isIncoming();

    void flow(Performative.Flow flow);

    /**
     * The client has detached it.
     *
     * @param forGood whether the link ends, not only its attachment
     */
    void detached(boolean forGood);

    /** The link ends with its session, its connection or an error. */
    void close();

    /** Detaches it with an error. */
    default void fail(@Nullable ErrorInfo error) {
        session().detach(this, error);
    }
}
