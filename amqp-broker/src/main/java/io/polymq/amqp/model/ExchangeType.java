package io.polymq.amqp.model;

import org.jspecify.annotations.Nullable;

/** How an exchange chooses. */
public enum ExchangeType {
    DIRECT("direct"),
    FANOUT("fanout"),
    TOPIC("topic"),
    HEADERS("headers"),
    CONSISTENT_HASH("x-consistent-hash"),
    DELAYED_MESSAGE("x-delayed-message"),
    RANDOM("x-random"),
    LOCAL_RANDOM("x-local-random"),
    RECENT_HISTORY("x-recent-history");

    private final String word;

    ExchangeType(String word) {
        this.word = word;
    }

    /** As clients write it. */
    public String word() {
        return word;
    }

    /** Null when there is none of that name. */
    public static @Nullable ExchangeType of(String word) {
        for (ExchangeType type : values()) {
            if (type.word.equals(word)) {
                return type;
            }
        }
        return null;
    }
}
