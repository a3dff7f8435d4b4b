package io.polymq.core.service;

import io.polymq.core.message.Message;
import io.polymq.core.message.MessageProperties;
import io.polymq.core.message.MessageProperties.Header;
import io.polymq.core.message.Receipt;
import io.polymq.core.queue.DeadLetter;
import io.polymq.core.queue.Queue;
import io.polymq.core.queue.QueuedMessage;
import io.polymq.core.topic.Topic;
import io.polymq.core.topic.TopicException;
import io.polymq.core.topic.Topics;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts a queue's dead messages into a topic, as they were, with headers that say why and where
 * from. Shard zone of the queue.
 */
public final class DeadLetterTopic implements DeadLetter {

    public static final String REASON = "polymq-dead-reason";
    public static final String QUEUE = "polymq-dead-queue";
    public static final String OFFSET = "polymq-dead-offset";
    public static final String DELIVERIES = "polymq-dead-deliveries";
    public static final String ENQUEUED_AT = "polymq-dead-enqueued-at";
    public static final String DIED_AT = "polymq-dead-at";

    private final Topics topics;
    private final String tenant;
    private final String topic;
    private final InstantSource clock;

    public DeadLetterTopic(Topics topics, String tenant, String topic, InstantSource clock) {
        this.topics = topics;
        this.tenant = tenant;
        this.topic = topic;
        this.clock = clock;
    }

    @Override
    public void dead(QueuedMessage dead, Reason reason, Queue from, Receipt receipt) {
        receipt.expect();
        Topic target = topics.find(tenant, topic).orElse(null);
        if (target == null) {
            receipt.done(
                    new TopicException(
                            TopicException.Kind.NO_SUCH_TOPIC, "no dead-letter topic " + topic));
            return;
        }
        Message message = dead.message().lendTo(new Message());
        message.properties(with(message.properties(), dead, reason, from));
        target.append(message, (offset, at, failure) -> receipt.done(failure));
    }

    private MessageProperties with(
            MessageProperties known, QueuedMessage dead, Reason reason, Queue from) {
        List<Header> headers = new ArrayList<>(known.headers());
        headers.removeIf(header -> header.name().startsWith("polymq-dead-"));
        add(headers, REASON, reason.name());
        add(headers, QUEUE, from.name());
        add(headers, OFFSET, Long.toString(dead.offset()));
        add(headers, DELIVERIES, Integer.toString(dead.deliveries()));
        add(headers, ENQUEUED_AT, Long.toString(dead.enqueuedAt()));
        add(headers, DIED_AT, Long.toString(clock.millis()));
        return new MessageProperties(
                known.contentType(),
                known.correlation(),
                known.replyTo(),
                known.messageId(),
                known.timestamp(),
                -1,
                known.priority(),
                known.durable(),
                headers);
    }

    private static void add(List<Header> headers, String name, String value) {
        headers.add(new Header(name, value.getBytes(StandardCharsets.UTF_8)));
    }
}
