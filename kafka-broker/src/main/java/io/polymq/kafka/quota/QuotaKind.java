package io.polymq.kafka.quota;

import org.jspecify.annotations.Nullable;

/** What can be limited, by the keys of Kafka's quota configuration. */
enum QuotaKind {
    PRODUCE("producer_byte_rate", true),
    FETCH("consumer_byte_rate", true),
    REQUEST("request_percentage", false),
    MUTATION("controller_mutation_rate", false),
    CONNECTION("connection_creation_rate", true);

    private final String key;
    private final boolean whole;

    QuotaKind(String key, boolean whole) {
        this.key = key;
        this.whole = whole;
    }

    String key() {
        return key;
    }

    /** Whether its values are whole numbers. */
    boolean isWhole() {
        return whole;
    }

    static @Nullable QuotaKind of(String key) {
        for (QuotaKind kind : values()) {
            if (kind.key.equals(key)) {
                return kind;
            }
        }
        return null;
    }
}
