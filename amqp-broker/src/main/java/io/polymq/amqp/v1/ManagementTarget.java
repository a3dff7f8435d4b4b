package io.polymq.amqp.v1;

import io.polymq.amqp.v1.frame.DeliveryState;
import org.jspecify.annotations.Nullable;

/** Stands for management until the node is there. */
record ManagementTarget(Session session) implements Arrival {
    @Override
    public void message(
            IncomingLink link,
            int deliveryId,
            boolean settled,
            @Nullable DeliveryState state,
            byte[] bytes,
            int offset,
            int length) {
        session.outcomes().settle(link, deliveryId, DeliveryState.RELEASED);
    }
}
