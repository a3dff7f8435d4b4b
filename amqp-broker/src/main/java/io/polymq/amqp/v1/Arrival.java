package io.polymq.amqp.v1;

import io.polymq.amqp.v1.frame.DeliveryState;
import org.jspecify.annotations.Nullable;

/** Takes the messages of an incoming link. Connection zone. */
interface Arrival {

    /**
     * A whole message, whose bytes are borrowed. Unless it is settled it must be answered by the
     * session's outcomes.
     *
     * @param state what its sender says of it, such as the transaction that it belongs to
     */
    void message(
            IncomingLink link,
            int deliveryId,
            boolean settled,
            @Nullable DeliveryState state,
            byte[] bytes,
            int offset,
            int length);

    /** The link has ended. */
    default void closed() {}
}
