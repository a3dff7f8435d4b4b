package io.polymq.core.local;

import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a subscription is to get.
 *
 * @param filter dotted, {@code *} for one level and {@code >} for the rest; the name of a topic or
 *     a queue for a {@link Source} of that kind
 * @param group members of a group share; for a topic or a queue everybody of a name does
 * @param durable the name under which a topic remembers how far this reader came
 * @param start where a durable name begins that the topic has not seen before
 * @param buffer messages that may wait to be received
 */
public record Interest(
        Source source,
        String filter,
        @Nullable String group,
        String durable,
        Start start,
        int buffer) {

    private static final int DEFAULT_BUFFER = 1_000;

    /** Where messages come from. */
    public enum Source {
        /** What is published from now on; what does not fit into the buffer is dropped. */
        LIVE,
        /** A topic's records, each until it is acknowledged. */
        TOPIC,
        /** A queue's messages, each until it is acknowledged. */
        QUEUE
    }

    /** Where a reader begins. */
    public sealed interface Start {
        record First() implements Start {}

        record Next() implements Start {}

        record At(Instant time) implements Start {}
    }

    public Interest {
        Objects.requireNonNull(filter, "filter");
        if (buffer < 1) {
            throw new IllegalArgumentException("the buffer holds at least one message");
        }
    }

    /** Live messages that match. */
    public static Interest in(String filter) {
        return new Interest(Source.LIVE, filter, null, "", new Start.Next(), DEFAULT_BUFFER);
    }

    /** A topic's records from the first one on, or from where this durable name was. */
    public static Interest inTopic(String topic, String durable) {
        return new Interest(Source.TOPIC, topic, null, durable, new Start.First(), DEFAULT_BUFFER);
    }

    public static Interest inQueue(String queue) {
        return new Interest(Source.QUEUE, queue, null, "", new Start.First(), DEFAULT_BUFFER);
    }

    public Interest sharedBy(String name) {
        return new Interest(source, filter, name, durable, start, buffer);
    }

    public Interest from(Start where) {
        return new Interest(source, filter, group, durable, where, buffer);
    }

    public Interest withBuffer(int messages) {
        return new Interest(source, filter, group, durable, start, messages);
    }
}
