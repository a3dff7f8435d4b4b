package io.polymq.amqp.model;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Origin;
import io.polymq.core.router.Sink;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

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
            case AmqpQueue queue -> put(message, queue, routed);
            case Exchange exchange -> {
                for (AmqpQueue queue : queues(new Walk(host.params()), exchange, message)) {
                    put(message, queue, routed);
                }
            }
        }
        return true;
    }

    private static void put(Message message, AmqpQueue queue, Routed routed) {
        if (routed.add(queue) && !isKept(message, queue)) {
            queue.put(message);
        }
    }

    /** It was handed over before, and this queue has it from then. */
    private static boolean isKept(Message message, AmqpQueue queue) {
        Origin origin = message.origin();
        return origin != null && !origin.keptBy().isEmpty() && origin.keptBy().contains(queue.id());
    }

    private static List<AmqpQueue> queues(Walk walk, Exchange exchange, Message message) {
        Envelope envelope = Envelope.of(message);
        String key = envelope == null ? message.subject().toString() : envelope.routingKey();
        return walk.begin(exchange, List.of(key), message).withoutSubjects().queues();
    }

    @Override
    public CompletableFuture<Set<UUID>> keepers(KeptMessage message, long since) {
        Origin origin = message.origin();
        if (origin == null) {
            return CompletableFuture.completedFuture(Set.of());
        }
        List<AmqpQueue> queues =
                switch (target) {
                    case AmqpQueue queue -> List.of(queue);
                    case Exchange exchange ->
                            queues(
                                    new Walk(host.params()).asking(),
                                    exchange,
                                    message.lendTo(new Message()));
                };
        Set<UUID> found = ConcurrentHashMap.newKeySet();
        CompletableFuture<?>[] asked = new CompletableFuture<?>[queues.size()];
        for (int i = 0; i < asked.length; i++) {
            UUID id = queues.get(i).id();
            asked[i] =
                    queues.get(i)
                            .holds(origin, since)
                            .thenAccept(
                                    holds -> {
                                        if (holds) {
                                            found.add(id);
                                        }
                                    });
        }
        return CompletableFuture.allOf(asked).thenApply(all -> found);
    }
}
