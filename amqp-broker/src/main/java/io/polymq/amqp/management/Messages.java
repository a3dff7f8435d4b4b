package io.polymq.amqp.management;

import io.polymq.amqp.model.AmqpQueue;
import io.polymq.amqp.model.Envelope;
import io.polymq.amqp.model.Exchange;
import io.polymq.amqp.model.Publisher;
import io.polymq.codec.amqp.BasicProperties;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.queue.Queue;
import io.polymq.core.queue.QueuedMessage;
import io.polymq.core.subject.Subject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Publishes and takes single messages. Virtual threads. */
final class Messages {

    /** What becomes of a message that was looked at. */
    enum After {
        /** It is acknowledged. */
        DROP,
        /** It goes back to its place. */
        REQUEUE,
        /** It is dead. */
        REJECT
    }

    private final ManagementParams params;

    Messages(ManagementParams params) {
        this.params = params;
    }

    /** Waits until it is safe; whether anybody gets it. */
    boolean publish(Exchange exchange, String key, BasicProperties properties, byte[] body)
            throws Exception {
        byte[] from = exchange.name().getBytes(StandardCharsets.UTF_8);
        byte[] to = key.getBytes(StandardCharsets.UTF_8);
        byte[] own = properties.encode();
        byte[] header = new byte[Envelope.size(from.length, to.length, own.length)];
        int length = Envelope.write(from, to, own, 0, own.length, header);
        Integer mode = properties.deliveryMode();
        int flags = mode != null && mode == 2 ? Envelope.PERSISTENT : 0;
        flags |= properties.priority() == null ? 0 : Envelope.PRIORITY;
        flags |= properties.expiration() == null ? 0 : Envelope.EXPIRES;
        CompletableFuture<Void> safe = new CompletableFuture<>();
        Receipt receipt = Receipt.completing(safe);
        Message message =
                new Message()
                        .begin(Subject.ofDotted(key), body, 0, body.length)
                        .header(params.codec(), header, 0, length, flags)
                        .receipt(receipt);
        Publisher publisher = params.hosts().newPublisher();
        boolean taken = publisher.publish(exchange, key, List.of(), message);
        receipt.seal();
        AdminCall.await(safe);
        return taken;
    }

    /** Takes up to so many messages that are ready. */
    List<QueuedMessage> take(AmqpQueue queue, int most, After then) throws Exception {
        Queue core = queue.queue();
        Queue.Consumption by = core.holder("management");
        List<QueuedMessage> taken = new ArrayList<>();
        try {
            while (taken.size() < most) {
                CompletableFuture<List<QueuedMessage>> found = new CompletableFuture<>();
                core.get(by, one -> found.complete(one == null ? List.of() : List.of(one)));
                List<QueuedMessage> one = AdminCall.await(found);
                if (one.isEmpty()) {
                    break;
                }
                taken.addAll(one);
            }
            // From the end, so that each finds its place.
            for (QueuedMessage message : taken.reversed()) {
                switch (then) {
                    case DROP -> by.ack(message.offset(), null);
                    case REQUEUE -> by.release(message.offset(), true);
                    case REJECT -> by.reject(message.offset());
                }
            }
        } finally {
            by.close();
        }
        return taken;
    }
}
