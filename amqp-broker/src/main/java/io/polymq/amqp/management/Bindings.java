package io.polymq.amqp.management;

import io.polymq.amqp.model.AmqpQueue;
import io.polymq.amqp.model.Binding;
import io.polymq.amqp.model.VirtualHost;
import java.util.stream.Stream;

/** All bindings of a host, with those of every queue to the exchange without a name. */
final class Bindings {

    private Bindings() {}

    static Stream<Binding> of(VirtualHost host) {
        return Stream.concat(
                host.queues().all().stream().map(Rows::implicit),
                host.exchanges().stream().flatMap(exchange -> exchange.bindings().stream()));
    }

    static Stream<Binding> of(AmqpQueue queue) {
        return Stream.concat(Stream.of(Rows.implicit(queue)), queue.bindings().stream());
    }
}
