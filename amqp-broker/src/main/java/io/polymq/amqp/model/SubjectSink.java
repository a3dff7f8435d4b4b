package io.polymq.amqp.model;

import io.polymq.core.message.Message;
import io.polymq.core.router.Sink;
import java.util.List;

/**
 * A binding of {@code amq.topic}: takes what any protocol publishes to its subjects. On the
 * publisher's thread.
 */
final class SubjectSink implements Sink {

    private final VirtualHost host;
    private final Destination target;

    SubjectSink(VirtualHost host, Destination target) {
        this.host = host;
        this.target = target;
    }

    @Override
    public boolean deliver(Message message) {
        Routed routed = Routed.of(message);
        switch (target) {
            case AmqpQueue queue -> {
                if (routed.add(queue)) {
                    queue.put(message);
                }
            }
            case Exchange exchange -> {
                Walk walk = new Walk(host.params());
                Envelope envelope = Envelope.of(message);
                String key =
                        envelope == null ? message.subject().toString() : envelope.routingKey();
                for (AmqpQueue queue :
                        walk.begin(exchange, List.of(key), message).withoutSubjects().queues()) {
                    if (routed.add(queue)) {
                        queue.put(message);
                    }
                }
            }
        }
        return true;
    }
}
