package io.polymq.amqp.v1;

import io.polymq.amqp.model.Exchange;
import io.polymq.amqp.model.ExchangeType;
import io.polymq.amqp.model.ModelException;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.amqp.v1.address.Address;
import io.polymq.amqp.v1.frame.Condition;
import io.polymq.amqp.v1.frame.FrameException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Where messages are published.
 *
 * @param key the routing key; null when each message names its own as its subject
 * @param exchangeName the exchange's name in bytes
 */
record Place(Exchange exchange, @Nullable String key, byte[] exchangeName) {

    /**
     * @throws ModelException when there is no such exchange, or nobody may publish to it
     * @throws FrameException when it is not an address to publish to
     */
    static Place of(Address address, VirtualHost host) {
        return switch (address) {
            case Address.Queue queue -> at(host.requireExchange(""), queue.name());
            case Address.Exchange exchange -> {
                Exchange found = host.requireExchange(exchange.name());
                if (found.spec().internal()) {
                    throw new ModelException(
                            ModelException.Kind.ACCESS_REFUSED,
                            "cannot publish to internal exchange '"
                                    + exchange.name()
                                    + "' in vhost '"
                                    + host.name()
                                    + "'");
                }
                yield at(found, exchange.key());
            }
            case Address.Anonymous anonymous -> throw notPublishable();
            case Address.Management management -> throw notPublishable();
        };
    }

    private static Place at(Exchange exchange, @Nullable String key) {
        return new Place(exchange, key, exchange.name().getBytes(StandardCharsets.UTF_8));
    }

    private static FrameException notPublishable() {
        return FrameException.link(
                Condition.INVALID_FIELD, "an address to which nothing can be published");
    }

    boolean isTopic() {
        return exchange.spec().type() == ExchangeType.TOPIC;
    }
}
