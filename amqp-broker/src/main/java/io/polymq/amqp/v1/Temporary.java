package io.polymq.amqp.v1;

import io.polymq.amqp.v1.frame.DeliveryState;
import org.jspecify.annotations.Nullable;

/** A node that lives as long as the link that has made it. Connection zone. */
record Temporary(Arrival node, Runnable delete) implements Arrival {

    @Override
    public void message(
            IncomingLink link,
            int deliveryId,
            boolean settled,
            @Nullable DeliveryState state,
            byte[] bytes,
            int offset,
            int length) {
        node.message(link, deliveryId, settled, state, bytes, offset, length);
    }

    @Override
    public void closed() {
        node.closed();
        delete.run();
    }
}
