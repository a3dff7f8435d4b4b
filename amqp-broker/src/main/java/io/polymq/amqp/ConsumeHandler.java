package io.polymq.amqp;

import io.netty.buffer.ByteBuf;
import io.polymq.amqp.model.AmqpQueue;
import io.polymq.amqp.model.Arguments;
import io.polymq.amqp.model.QueueDefinition;
import io.polymq.amqp.model.ReplyAddresses;
import io.polymq.codec.amqp.BasicMethod;
import io.polymq.codec.amqp.ReplyCode;
import io.polymq.core.queue.Queue;
import io.polymq.core.queue.QueuedMessage;
import io.polymq.network.Outbox;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Prefetch limits, consumers, gets. Connection zone. */
final class ConsumeHandler {

    /** Queues that gets have asked; from so many on those that are gone are looked for. */
    private static final int MANY_HOLDERS = 64;

    private final AmqpChannel channel;
    private final AmqpConnection connection;
    private final QueueHandler queues;
    private final AckHandler acks;
    private final Map<String, Consumer> consumers = new LinkedHashMap<>();
    private final Map<AmqpQueue, Hold> getters = new HashMap<>();
    private final Map<AmqpQueue, Queue.Consumption> holders = new HashMap<>();
    private final ChannelLimit limit = new ChannelLimit();
    private final Content content;
    private int prefetch;
    private @Nullable ReplyConsumer replies;

    ConsumeHandler(AmqpChannel channel, QueueHandler queues, AckHandler acks) {
        this.channel = channel;
        this.connection = channel.connection();
        this.queues = queues;
        this.acks = acks;
        this.content = new Content(connection.broker().codec(), connection.broker().clock());
        acks.onSettled(limit::giveBack, this::unpark);
    }

    /** Where answers to this channel's requests go; null when it consumes none. */
    @Nullable ReplyConsumer replies() {
        return replies;
    }

    int consumers() {
        return consumers.size();
    }

    /** Of consumers that begin now. */
    int prefetch() {
        return prefetch;
    }

    int globalPrefetch() {
        return limit.most();
    }

    void qos(BasicMethod.Qos qos) {
        if (qos.prefetchSize() != 0) {
            throw AmqpErrors.notImplemented("prefetch_size!=0 (" + qos.prefetchSize() + ")");
        }
        if (qos.global()) {
            limit.set(qos.prefetchCount());
            consumers.values().forEach(Consumer::narrow);
            unpark();
        } else {
            prefetch = qos.prefetchCount();
        }
        channel.send(new BasicMethod.QosOk());
    }

    private void unpark() {
        consumers.values().forEach(Consumer::unpark);
    }

    // Consumers.

    void consume(BasicMethod.Consume consume) {
        if (consume.queue().equals(ReplyAddresses.PSEUDO_QUEUE)) {
            consumeReplies(consume);
            return;
        }
        String name = queues.named(consume.queue());
        String tag = tag(consume.consumerTag());
        connection.session().rights().readQueue(name);
        AmqpQueue queue = connection.host().queues().require(name);
        queue.checkAccess(connection.id());
        Arguments arguments = Arguments.of(consume.arguments().entries());
        if (limit.isSet() && queue.definition().type() == QueueDefinition.Type.QUORUM) {
            throw AmqpErrors.notImplemented(
                    "queue '"
                            + name
                            + "' in vhost '"
                            + connection.host().name()
                            + "' does not support global qos");
        }
        AmqpQueue.Consumer listed =
                new AmqpQueue.Consumer(
                        tag,
                        connection.id(),
                        Subscriber.of(connection.network()),
                        connection.network().remote() + " (" + channel.number() + ")",
                        consume.exclusive(),
                        !consume.noAck(),
                        prefetch,
                        priority(arguments, queue),
                        arguments);
        Consumer consumer =
                queue.isStream()
                        ? StreamConsumer.of(
                                channel,
                                queue,
                                listed,
                                consume.arguments().get("x-stream-offset"),
                                acks.unacked())
                        : new ChannelConsumer(
                                channel, queue, listed, prefetch, acks.unacked(), limit);
        queue.begin(listed);
        begin(consumer, consume.noWait());
    }

    private String tag(String asked) {
        if (asked.isEmpty()) {
            return Names.consumer();
        }
        if (consumers.containsKey(asked)) {
            throw AmqpErrors.notAllowed("attempt to reuse consumer tag '" + asked + "'");
        }
        return asked;
    }

    private int priority(Arguments arguments, AmqpQueue queue) {
        if (!arguments.has("x-priority")) {
            return 0;
        }
        Object priority = arguments.get("x-priority");
        if (priority instanceof Long number) {
            return Math.clamp(number, Integer.MIN_VALUE, Integer.MAX_VALUE);
        }
        throw AmqpErrors.precondition(
                "invalid arg 'x-priority' for queue '"
                        + queue.name()
                        + "' in vhost '"
                        + connection.host().name()
                        + "': \"expected integer, got "
                        + Arguments.typeOf(priority)
                        + '"');
    }

    private void begin(Consumer consumer, boolean noWait) {
        consumers.put(consumer.tag(), consumer);
        if (!noWait) {
            channel.send(new BasicMethod.ConsumeOk(consumer.tag()));
        }
        consumer.begin(acks);
    }

    private void consumeReplies(BasicMethod.Consume consume) {
        String tag = tag(consume.consumerTag());
        if (!consume.noAck()) {
            throw AmqpErrors.precondition("reply consumer cannot acknowledge");
        }
        if (replies != null) {
            throw AmqpErrors.precondition("reply consumer already set");
        }
        ReplyConsumer consumer =
                new ReplyConsumer(channel, tag, acks.unacked(), () -> replies = null);
        replies = consumer;
        begin(consumer, consume.noWait());
    }

    void cancel(BasicMethod.Cancel cancel) {
        Consumer consumer = consumers.remove(cancel.consumerTag());
        if (consumer == null) {
            if (!cancel.noWait()) {
                channel.send(new BasicMethod.CancelOk(cancel.consumerTag()));
            }
            return;
        }
        CompletableFuture<Void> left = new CompletableFuture<>();
        consumer.leave(() -> left.complete(null));
        connection.await(
                left,
                (done, failure) -> {
                    consumer.end();
                    Hold hold = consumer.hold();
                    if (hold != null) {
                        acks.leaves(hold);
                    }
                    if (!cancel.noWait() && !channel.isClosing()) {
                        channel.send(new BasicMethod.CancelOk(cancel.consumerTag()));
                    }
                });
    }

    /** The consumer's queue is gone. */
    void gone(Consumer consumer) {
        if (consumers.remove(consumer.tag(), consumer)) {
            consumer.end();
            Hold hold = consumer.hold();
            if (hold != null) {
                acks.leaves(hold);
            }
            if (connection.isOpen()
                    && !channel.isClosing()
                    && connection.session().client().cancelNotify()) {
                channel.send(new BasicMethod.Cancel(consumer.tag(), true));
            }
        }
    }

    /** The consumer has held a delivery for too long. */
    void timedOut(Consumer consumer, long millis) {
        if (consumers.containsValue(consumer) && connection.isOpen() && !channel.isClosing()) {
            channel.close(
                    new AmqpErrors.Told(
                            ReplyCode.PRECONDITION_FAILED,
                            "PRECONDITION_FAILED - delivery acknowledgement on channel "
                                    + channel.number()
                                    + " timed out. Timeout value used: "
                                    + millis
                                    + " ms. This timeout value can be configured, see consumers doc"
                                    + " guide to learn more",
                            false),
                    0,
                    0);
        }
    }

    // Gets.

    void get(BasicMethod.Get get) {
        String name = queues.named(get.queue());
        connection.session().rights().readQueue(name);
        AmqpQueue queue = connection.host().queues().require(name);
        queue.checkAccess(connection.id());
        if (queue.isStream()) {
            throw AmqpErrors.notImplemented(
                    "basic.get not supported by stream queues queue '"
                            + name
                            + "' in vhost '"
                            + connection.host().name()
                            + "'");
        }
        queue.used();
        Queue.Consumption by = holder(queue);
        CompletableFuture<List<QueuedMessage>> found = new CompletableFuture<>();
        queue.queue()
                .get(by, message -> found.complete(message == null ? List.of() : List.of(message)));
        CompletableFuture<Got> got =
                found.thenCompose(
                        messages ->
                                queue.statistics()
                                        .thenApply(counts -> new Got(messages, counts.ready())));
        connection.await(got, (answer, failure) -> answer(get, queue, answer));
    }

    private record Got(List<QueuedMessage> messages, long left) {}

    private Queue.Consumption holder(AmqpQueue queue) {
        if (holders.size() >= MANY_HOLDERS) {
            List<AmqpQueue> gone = holders.keySet().stream().filter(AmqpQueue::isDeleted).toList();
            for (AmqpQueue one : gone) {
                holders.remove(one);
                Hold hold = getters.remove(one);
                if (hold != null) {
                    acks.leaves(hold);
                }
            }
        }
        return holders.computeIfAbsent(
                queue,
                absent -> {
                    Queue.Consumption by = queue.queue().holder("get");
                    Hold hold = new Hold(Hold.of(by), null, queue);
                    getters.put(queue, hold);
                    acks.add(hold);
                    return by;
                });
    }

    private void answer(BasicMethod.Get get, AmqpQueue queue, @Nullable Got got) {
        if (channel.isClosing()) {
            return;
        }
        Hold hold = getters.get(queue);
        if (got == null || got.messages().isEmpty() || hold == null) {
            channel.send(new BasicMethod.GetEmpty(""));
            return;
        }
        QueuedMessage message = got.messages().getFirst();
        content.of(message.message(), Content.added(queue, message));
        int frameMax = connection.session().frameMax();
        Outbox outbox = connection.outbox();
        outbox.lock();
        try {
            ByteBuf out = outbox.begin(content.getSize(frameMax));
            try {
                long tag =
                        get.noAck()
                                ? acks.unacked().skip()
                                : acks.unacked().add(hold, message.offset());
                boolean again = message.redelivered();
                content.got(out, channel.number(), tag, again, got.left(), frameMax);
            } finally {
                outbox.end();
            }
        } finally {
            outbox.unlock();
        }
        if (get.noAck() && hold.gather(message.offset())) {
            hold.flush(null);
        }
    }

    /** The channel ends. */
    void end() {
        List<Consumer> all = new ArrayList<>(consumers.values());
        consumers.clear();
        all.forEach(Consumer::end);
        getters.clear();
        holders.clear();
    }
}
