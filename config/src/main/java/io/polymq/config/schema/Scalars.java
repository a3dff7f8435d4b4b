package io.polymq.config.schema;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Turns one written value into what a component's type asks for, or says why it cannot. */
final class Scalars {

    /** The value cannot be had; the message continues a sentence that begins with the key. */
    static final class Unfit extends Exception {
        private static final long serialVersionUID = 1L;

        Unfit(String message) {
            super(message);
        }

        @Override
        public synchronized Throwable fillInStackTrace() {
            return this;
        }
    }

    private Scalars() {}

    static @Nullable Object value(Key key, Class<?> type, Node node) throws Unfit {
        if (key.isNullable() && isOff(node, type)) {
            return null;
        }
        if (type == String.class) {
            return word(key, text(node));
        }
        if (type == boolean.class || type == Boolean.class) {
            return flag(node);
        }
        if (type == int.class || type == Integer.class) {
            return (int) whole(key, node, Integer.MIN_VALUE, Integer.MAX_VALUE);
        }
        if (type == long.class || type == Long.class) {
            return whole(key, node, Long.MIN_VALUE, Long.MAX_VALUE);
        }
        if (type == double.class || type == Double.class) {
            return decimal(key, node);
        }
        if (type == Duration.class) {
            return duration(key, node);
        }
        if (type == Path.class) {
            return path(node);
        }
        if (type == Secret.class) {
            return new Secret(text(node));
        }
        if (type.isEnum()) {
            return constant(type, word(key, text(node).toLowerCase(Locale.ROOT)));
        }
        throw new IllegalStateException("no configuration value can be a " + type);
    }

    /** {@code off}, {@code false} or nothing where a key may be switched off. */
    private static boolean isOff(Node node, Class<?> type) {
        return switch (node) {
            case Node.Nothing nothing -> true;
            case Node.Flag flag -> !flag.value() && type != Boolean.class;
            case Node.Text text ->
                    text.value().isEmpty() && text.loose()
                            || text.value().equalsIgnoreCase("off") && isNumeric(type);
            default -> false;
        };
    }

    private static boolean isNumeric(Class<?> type) {
        return type == Integer.class || type == Long.class || type == Duration.class;
    }

    private static String text(Node node) throws Unfit {
        if (node instanceof Node.Text text) {
            return text.value();
        }
        throw new Unfit("must be a text in quotes, but is " + node.described());
    }

    private static String word(Key key, String word) throws Unfit {
        List<String> words = key.words();
        if (!words.isEmpty() && !words.contains(word)) {
            throw new Unfit(
                    "must be one of " + String.join(", ", words) + ", but is " + quoted(word));
        }
        return word;
    }

    private static Object constant(Class<?> type, String word) {
        for (Object constant : Objects.requireNonNull(type.getEnumConstants())) {
            if (constant.toString().toLowerCase(Locale.ROOT).equals(word)) {
                return constant;
            }
        }
        throw new IllegalStateException(type + " has no " + word);
    }

    private static boolean flag(Node node) throws Unfit {
        if (node instanceof Node.Flag flag) {
            return flag.value();
        }
        if (node instanceof Node.Text text && text.loose()) {
            if (text.value().equalsIgnoreCase("true")) {
                return true;
            }
            if (text.value().equalsIgnoreCase("false")) {
                return false;
            }
        }
        throw new Unfit("must be true or false, but is " + node.described());
    }

    private static long whole(Key key, Node node, long min, long max) throws Unfit {
        OptionalLong value =
                switch (node) {
                    case Node.Whole whole -> OptionalLong.of(whole.value());
                    case Node.Text text when key.isBytes() -> Quantities.size(text.value());
                    case Node.Text text when text.loose() -> parsed(text.value());
                    default -> OptionalLong.empty();
                };
        if (value.isEmpty()) {
            throw new Unfit(
                    key.isBytes()
                            ? "must be a size such as 65536 or \"64KiB\", but is "
                                    + node.described()
                            : "must be a whole number, but is " + node.described());
        }
        Within within = key.within();
        long least = within == null ? min : Math.max(min, within.min());
        long most = within == null ? max : Math.min(max, within.max());
        if (value.getAsLong() < least || value.getAsLong() > most) {
            throw new Unfit(range(least, most, min, max) + ", but is " + value.getAsLong());
        }
        return value.getAsLong();
    }

    private static String range(long least, long most, long min, long max) {
        if (least != min && most == max) {
            return "must be at least " + least;
        }
        return least == min
                ? "must be at most " + most
                : "must be between " + least + " and " + most;
    }

    private static OptionalLong parsed(String digits) {
        try {
            return OptionalLong.of(Long.parseLong(digits.replace("_", "").strip()));
        } catch (NumberFormatException notANumber) {
            return OptionalLong.empty();
        }
    }

    private static double decimal(Key key, Node node) throws Unfit {
        double value =
                switch (node) {
                    case Node.Whole whole -> whole.value();
                    case Node.Decimal decimal -> decimal.value();
                    case Node.Text text when text.loose() -> parsedDecimal(text.value());
                    default -> Double.NaN;
                };
        if (!Double.isFinite(value)) {
            throw new Unfit("must be a number, but is " + node.described());
        }
        Within within = key.within();
        if (within != null && (value < within.min() || value > within.max())) {
            throw new Unfit(
                    "must be between "
                            + within.min()
                            + " and "
                            + within.max()
                            + ", but is "
                            + value);
        }
        return value;
    }

    private static double parsedDecimal(String digits) {
        try {
            return Double.parseDouble(digits);
        } catch (NumberFormatException notANumber) {
            return Double.NaN;
        }
    }

    private static Duration duration(Key key, Node node) throws Unfit {
        Optional<Duration> value =
                switch (node) {
                    case Node.Whole zero when zero.value() == 0 -> Optional.of(Duration.ZERO);
                    case Node.Text text -> Quantities.duration(text.value());
                    default -> Optional.empty();
                };
        if (value.isEmpty()) {
            throw new Unfit(
                    "must be a duration such as \"500ms\", \"30s\" or \"1h30m\", but is "
                            + node.described());
        }
        Within within = key.within();
        long millis = value.get().toMillis();
        if (within != null && (millis < within.min() || millis > within.max())) {
            throw new Unfit(
                    range(within.min(), within.max(), Long.MIN_VALUE, Long.MAX_VALUE)
                            + " milliseconds, but is "
                            + millis);
        }
        return value.get();
    }

    private static Path path(Node node) throws Unfit {
        String text = text(node);
        if (text.isBlank()) {
            throw new Unfit("must name a file or folder, but is empty");
        }
        try {
            return Path.of(text);
        } catch (InvalidPathException invalid) {
            throw new Unfit("must name a file or folder, but is " + quoted(text));
        }
    }

    private static String quoted(String text) {
        return text.isEmpty() ? "empty" : '"' + text + '"';
    }
}
