package io.polymq.mq9;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How urgent a mail is; within one fetch the more urgent always comes first. */
enum Priority {
    CRITICAL(9),
    URGENT(6),
    NORMAL(-1);

    private static final int LEAST_CRITICAL = 8;
    private static final int LEAST_URGENT = 5;

    private final int neutral;
    private final String word;

    Priority(int neutral) {
        this.neutral = neutral;
        this.word = name().toLowerCase(Locale.ROOT);
    }

    /** As other protocols see it: 0 to 255, -1 for none. */
    int neutral() {
        return neutral;
    }

    String word() {
        return word;
    }

    /** What nobody knows is normal. */
    static Priority ofWord(@Nullable String text) {
        if (text == null) {
            return NORMAL;
        }
        return switch (text.strip().toLowerCase(Locale.ROOT)) {
            case "critical" -> CRITICAL;
            case "urgent" -> URGENT;
            default -> NORMAL;
        };
    }

    /** Of a mail from any protocol. */
    static Priority ofNeutral(int priority) {
        if (priority >= LEAST_CRITICAL) {
            return CRITICAL;
        }
        return priority >= LEAST_URGENT ? URGENT : NORMAL;
    }
}
