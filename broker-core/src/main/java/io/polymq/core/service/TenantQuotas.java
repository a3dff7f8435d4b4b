package io.polymq.core.service;

/**
 * How much of everything a tenant may have at once; -1 for no limit.
 *
 * @param storedBytes of its queues, topics and retained messages
 */
public record TenantQuotas(
        long connections,
        long sessions,
        long subscriptions,
        long topics,
        long queues,
        long retained,
        long storedBytes) {

    public static final TenantQuotas UNLIMITED = new TenantQuotas(-1, -1, -1, -1, -1, -1, -1);

    public TenantQuotas {
        for (long limit :
                new long[] {
                    connections, sessions, subscriptions, topics, queues, retained, storedBytes
                }) {
            if (limit < -1) {
                throw new IllegalArgumentException("a quota is -1 or more: " + limit);
            }
        }
    }

    /** What is counted. */
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
}
