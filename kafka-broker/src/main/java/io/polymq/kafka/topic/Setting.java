package io.polymq.kafka.topic;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One configuration key: its name, its kind, what it may be. Shared, immutable.
 *
 * @param name as in a topic's or a group's configuration
 * @param kind how its text is read
 * @param defaultValue the text in force when nobody set it
 * @param min the least value of a number
 * @param max the largest value of a number
 * @param words the words that a text or a list may hold; empty: any
 * @param broker the broker-wide key that stands in for it; null when there is none
 * @param documentation a sentence for people
 */
public record Setting(
        String name,
        Kind kind,
        String defaultValue,
        double min,
        double max,
        Set<String> words,
        @Nullable String broker,
        String documentation) {

    /** How a text is read; the codes are those of DescribeConfigs. */
    public enum Kind {
        BOOLEAN(1),
        STRING(2),
        INT(3),
        LONG(5),
        DOUBLE(6),
        LIST(7);

        private final byte code;

        Kind(int code) {
            this.code = (byte) code;
        }

        public byte code() {
            return code;
        }
    }

    static Setting number(
            String name,
            Kind kind,
            String value,
            double min,
            double max,
            @Nullable String broker,
            String documentation) {
        return new Setting(name, kind, value, min, max, Set.of(), broker, documentation);
    }

    static Setting words(
            String name,
            Kind kind,
            String value,
            Set<String> words,
            @Nullable String broker,
            String documentation) {
        return new Setting(name, kind, value, 0, 0, words, broker, documentation);
    }

    /** Why the text is not a value of this key; null when it is one. */
    public @Nullable String refusal(String text) {
        return switch (kind) {
            case BOOLEAN ->
                    switch (text.trim().toLowerCase(Locale.ROOT)) {
                        case "true", "false" ->
                                words.isEmpty() || words.contains(text.trim())
                                        ? null
                                        : invalid(text, "only " + words + " is possible here");
                        default -> invalid(text, "Expected value to be either true or false");
                    };
            case INT, LONG, DOUBLE -> numberRefusal(text);
            case STRING ->
                    words.isEmpty() || words.contains(text.trim())
                            ? null
                            : invalid(text, "String must be one of: " + String.join(", ", words));
            case LIST -> listRefusal(text);
        };
    }

    private @Nullable String numberRefusal(String text) {
        double value;
        try {
            value =
                    kind == Kind.DOUBLE
                            ? Double.parseDouble(text.trim())
                            : kind == Kind.INT
                                    ? Integer.parseInt(text.trim())
                                    : Long.parseLong(text.trim());
        } catch (NumberFormatException notANumber) {
            return invalid(text, "Not a number of type " + kind);
        }
        if (value < min) {
            return invalid(text, "Value must be at least " + plain(min));
        }
        return value > max ? invalid(text, "Value must be no more than " + plain(max)) : null;
    }

    private @Nullable String listRefusal(String text) {
        List<String> items = items(text);
        if (Set.copyOf(items).size() != items.size()) {
            return invalid(text, "Duplicates are not allowed");
        }
        for (String item : items) {
            if (!words.isEmpty() && !words.contains(item)) {
                return invalid(text, "String must be one of: " + String.join(", ", words));
            }
        }
        return null;
    }

    /** A list's items. */
    static List<String> items(String text) {
        return text.isBlank() ? List.of() : List.of(text.trim().split("\\s*,\\s*"));
    }

    private String plain(double bound) {
        return kind == Kind.DOUBLE ? Double.toString(bound) : Long.toString((long) bound);
    }

    private String invalid(String text, String why) {
        return "Invalid value " + text + " for configuration " + name + ": " + why;
    }
}
