package io.polymq.core.service;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

/**
 * How much of everything a tenant may have at once; -1 for no limit.
 *
 * @param queues that AMQP clients declared
 * @param messagesPerSecond published by all its connections together
 * @param bytesPerSecond sent by all its connections together
 * @param storedBytes of topics, durable queues and retained messages
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record TenantQuotas(
        long connections,
        long sessions,
        long subscriptions,
        long topics,
        long queues,
        long retained,
        long messagesPerSecond,
        long bytesPerSecond,
        long storedBytes) {

    public static final TenantQuotas UNLIMITED =
            new TenantQuotas(-1, -1, -1, -1, -1, -1, -1, -1, -1);

    public TenantQuotas {
        for (long limit :
                new long[] {connections, sessions, subscriptions, topics, queues, retained}) {
            if (limit < -1) {
                throw new IllegalArgumentException("a quota is -1 or more: " + limit);
            }
        }
        messagesPerSecond = positive(messagesPerSecond);
        bytesPerSecond = positive(bytesPerSecond);
        storedBytes = positive(storedBytes);
    }

    /** What was stored before there was such a quota has none. */
    private static long positive(long limit) {
        if (limit < -1) {
            throw new IllegalArgumentException(
                    "a number of bytes or a rate is -1 or more: " + limit);
        }
        return limit == 0 ? -1 : limit;
    }

    /** What there can be so many of. */
    public enum Kind {
        CONNECTIONS,
        SESSIONS,
        SUBSCRIPTIONS,
        TOPICS,
        QUEUES,
        RETAINED,
        STORED_BYTES
    }

    public long limit(Kind kind) {
        return switch (kind) {
            case CONNECTIONS -> connections;
            case SESSIONS -> sessions;
            case SUBSCRIPTIONS -> subscriptions;
            case TOPICS -> topics;
            case QUEUES -> queues;
            case RETAINED -> retained;
            case STORED_BYTES -> storedBytes;
        };
    }

    /** Whether it has a rate of its own. */
    public boolean isPaced() {
        return messagesPerSecond > 0 || bytesPerSecond > 0;
    }

    public TenantQuotas withStoredBytes(long limit) {
        return new TenantQuotas(
                connections,
                sessions,
                subscriptions,
                topics,
                queues,
                retained,
                messagesPerSecond,
                bytesPerSecond,
                limit);
    }
}
