package io.polymq.nats.options;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One block while it is read: keys are taken out of it by any of their names, and {@link #finish}
 * refuses what nobody took. One thread.
 */
final class Section {

    private static final Pattern DURATION_PART =
            Pattern.compile("([0-9]+(?:\\.[0-9]+)?)(ns|us|µs|ms|s|m|h)");

    private final String name;
    private final ConfValue.Block block;
    private final Map<String, ConfValue> entries = new LinkedHashMap<>();
    private final Set<String> taken = new HashSet<>();
    private final Set<String> variables;

    Section(String name, ConfValue.Block block, Set<String> variables) {
        this.name = name;
        this.block = block;
        this.variables = variables;
        block.entries().forEach((key, value) -> entries.put(key.toLowerCase(Locale.ROOT), value));
    }

    String place() {
        return block.place();
    }

    static OptionsException fault(ConfValue value, String what) {
        return new OptionsException(value.place() + ": " + what);
    }

    /** Null when none of the names is there. */
    @Nullable ConfValue take(String... names) {
        for (String one : names) {
            ConfValue value = entries.get(one);
            if (value != null) {
                taken.add(one);
                return value;
            }
        }
        return null;
    }

    /** Keys that mean nothing to a single PolyMQ and change nothing for clients. */
    void ignore(String... names) {
        taken.addAll(List.of(names));
    }

    void refuse(String why, String... names) throws OptionsException {
        for (String one : names) {
            ConfValue value = entries.get(one);
            if (value != null) {
                throw fault(value, "\"" + one + "\" is not supported: " + why);
            }
        }
    }

    /** Names every key that nobody took. */
    void finish() throws OptionsException {
        for (Map.Entry<String, ConfValue> entry : block.entries().entrySet()) {
            if (!taken.contains(entry.getKey().toLowerCase(Locale.ROOT))
                    && !variables.contains(entry.getKey())) {
                throw fault(
                        entry.getValue(), "unknown field \"" + entry.getKey() + "\" in " + name);
            }
        }
    }

    boolean has(String one) {
        return entries.containsKey(one);
    }

    /** All keys as they are written, each taken; for blocks whose keys are names. */
    Map<String, ConfValue> named() {
        taken.addAll(entries.keySet());
        return block.entries();
    }

    @Nullable String text(String... names) throws OptionsException {
        ConfValue value = take(names);
        return value == null ? null : text(value);
    }

    static String text(ConfValue value) throws OptionsException {
        return switch (value) {
            case ConfValue.Text text -> text.text();
            case ConfValue.Whole whole -> Long.toString(whole.number());
            case ConfValue.Decimal decimal -> Double.toString(decimal.number());
            case ConfValue.Flag flag -> Boolean.toString(flag.on());
            case ConfValue.Items items -> throw fault(items, "text is expected, not a list");
            case ConfValue.Block inner -> throw fault(inner, "text is expected, not a block");
        };
    }

    boolean flag(boolean absent, String... names) throws OptionsException {
        ConfValue value = take(names);
        if (value == null) {
            return absent;
        }
        if (value instanceof ConfValue.Flag flag) {
            return flag.on();
        }
        throw fault(value, names[0] + " must be true or false");
    }

    long number(long absent, String... names) throws OptionsException {
        ConfValue value = take(names);
        return value == null ? absent : number(value, names[0]);
    }

    static long number(ConfValue value, String name) throws OptionsException {
        if (value instanceof ConfValue.Whole whole) {
            return whole.number();
        }
        if (value instanceof ConfValue.Text text) {
            String digits = text.text().strip();
            if (digits.matches("-?\\d{1,18}")) {
                return Long.parseLong(digits);
            }
        }
        throw fault(value, name + " must be a number");
    }

    /** The number within the bounds that an int of the broker has. */
    int count(int absent, String... names) throws OptionsException {
        ConfValue value = take(names);
        if (value == null) {
            return absent;
        }
        long number = number(value, names[0]);
        if (number > Integer.MAX_VALUE || number < -1) {
            throw fault(value, names[0] + " is out of range: " + number);
        }
        return (int) number;
    }

    @Nullable Duration duration(@Nullable Duration absent, String... names)
            throws OptionsException {
        ConfValue value = take(names);
        return value == null ? absent : durationOf(value, names[0]);
    }

    /** A number is seconds. */
    static Duration durationOf(ConfValue value, String name) throws OptionsException {
        return switch (value) {
            case ConfValue.Whole whole -> Duration.ofSeconds(whole.number());
            case ConfValue.Decimal decimal -> Duration.ofNanos((long) (decimal.number() * 1e9));
            case ConfValue.Text text -> parse(text, name);
            default -> throw fault(value, name + " must be a duration such as 10s");
        };
    }

    private static Duration parse(ConfValue.Text text, String name) throws OptionsException {
        boolean negative = text.text().startsWith("-");
        String rest = negative ? text.text().substring(1) : text.text();
        Matcher part = DURATION_PART.matcher(rest);
        double nanos = 0;
        int end = 0;
        while (part.lookingAt()) {
            nanos +=
                    Double.parseDouble(part.group(1))
                            * switch (part.group(2)) {
                                case "ns" -> 1;
                                case "us", "µs" -> 1e3;
                                case "ms" -> 1e6;
                                case "s" -> 1e9;
                                case "m" -> 60e9;
                                default -> 3600e9;
                            };
            end = part.end();
            part.region(end, rest.length());
        }
        if (end == 0 || end < rest.length()) {
            throw fault(text, name + " must be a duration such as 10s, not " + text.text());
        }
        return Duration.ofNanos((long) (negative ? -nanos : nanos));
    }

    /** One text or a list of texts; empty when it is not there. */
    List<String> texts(String... names) throws OptionsException {
        ConfValue value = take(names);
        return value == null ? List.of() : texts(value);
    }

    static List<String> texts(ConfValue value) throws OptionsException {
        if (!(value instanceof ConfValue.Items items)) {
            return List.of(text(value));
        }
        List<String> texts = new ArrayList<>();
        for (ConfValue item : items.items()) {
            texts.add(text(item));
        }
        return texts;
    }

    @Nullable Section section(String... names) throws OptionsException {
        ConfValue value = take(names);
        return value == null ? null : section(names[0], value);
    }

    Section section(String title, ConfValue value) throws OptionsException {
        if (value instanceof ConfValue.Block inner) {
            return new Section(title, inner, variables);
        }
        throw fault(value, title + " must be a block");
    }

    /** A list of blocks; a single block counts as one. */
    List<Section> sections(String... names) throws OptionsException {
        ConfValue value = take(names);
        if (value == null) {
            return List.of();
        }
        List<Section> sections = new ArrayList<>();
        if (value instanceof ConfValue.Items items) {
            for (ConfValue item : items.items()) {
                sections.add(section(names[0], item));
            }
        } else {
            sections.add(section(names[0], value));
        }
        return sections;
    }
}
