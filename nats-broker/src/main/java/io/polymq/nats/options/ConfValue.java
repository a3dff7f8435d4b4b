package io.polymq.nats.options;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A value of a configuration file with its place. Immutable. */
sealed interface ConfValue {

    /** {@code file:line}. */
    String place();

    record Text(String text, String place) implements ConfValue {}

    record Whole(long number, String place) implements ConfValue {}

    record Decimal(double number, String place) implements ConfValue {}

    record Flag(boolean on, String place) implements ConfValue {}

    record Items(List<ConfValue> items, String place) implements ConfValue {
        public Items {
            items = List.copyOf(items);
        }
    }

    record Block(Map<String, ConfValue> entries, String place) implements ConfValue {
        public Block {
            entries = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(entries));
        }
    }
}
