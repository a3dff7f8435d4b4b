package io.polymq.core.subject;

import java.util.List;
import java.util.Objects;

/**
 * A subscription's pattern: levels, some of them wildcards. Built by the dialect that it was
 * written in, since a level that is literally {@code *} in one is a wildcard in another. Immutable,
 * shared.
 *
 * @param levels at least one
 * @param skipsReserved whether a leading wildcard leaves out subjects that begin with {@code $}, as
 *     MQTT has it
 */
public record Filter(List<Level> levels, boolean skipsReserved) {

    public Filter {
        levels = List.copyOf(levels);
        if (levels.isEmpty()) {
            throw new IllegalArgumentException("a filter has at least one level");
        }
    }

    /** One level of a filter. */
    public sealed interface Level {}

    /** This text, in dotted spelling. */
    public record Exact(String text) implements Level {
        public Exact {
            Objects.requireNonNull(text, "text");
        }
    }

    /** Exactly one level: {@code +} of MQTT, {@code *} of NATS and AMQP. */
    public record One() implements Level {}

    /**
     * Any number of levels, none included: {@code #} of MQTT (at the end) and of AMQP (anywhere).
     */
    public record Any() implements Level {}

    /** One level or more, at the end: {@code >} of NATS. */
    public record Rest() implements Level {}
}
