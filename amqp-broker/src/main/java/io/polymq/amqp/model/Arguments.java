package io.polymq.amqp.model;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Named values of a declaration or binding. Whole numbers are {@link Long}, others {@link Double},
 * texts {@link String}, whatever width they came in, so that equal arguments are equal. Immutable.
 */
public record Arguments(Map<String, @Nullable Object> values) {

    public static final Arguments NONE = new Arguments(Map.of());

    public static Arguments of(Map<String, ? extends @Nullable Object> given) {
        if (given.isEmpty()) {
            return NONE;
        }
        return new Arguments(table(given));
    }

    /** What 0-9-1 calls the type of a value. */
    public static String typeOf(@Nullable Object value) {
        return Faults.typeOf(value);
    }

    public @Nullable Object get(String name) {
        return values.get(name);
    }

    public boolean has(String name) {
        return values.containsKey(name);
    }

    public @Nullable String text(String name) {
        return values.get(name) instanceof String text ? text : null;
    }

    public boolean flag(String name) {
        return Boolean.TRUE.equals(values.get(name));
    }

    public Arguments with(String name, @Nullable Object value) {
        Map<String, @Nullable Object> more = new LinkedHashMap<>(values);
        more.put(name, plain(value));
        return new Arguments(Collections.unmodifiableMap(more));
    }

    private static Map<String, @Nullable Object> table(Map<?, ? extends @Nullable Object> given) {
        Map<String, @Nullable Object> plain = new LinkedHashMap<>();
        given.forEach((name, value) -> plain.put(String.valueOf(name), plain(value)));
        return Collections.unmodifiableMap(plain);
    }

    private static @Nullable Object plain(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case Byte number -> number.longValue();
            case Short number -> number.longValue();
            case Integer number -> number.longValue();
            case Float number -> number.doubleValue();
            case BigDecimal number -> number.doubleValue();
            case byte[] bytes -> new String(bytes, StandardCharsets.UTF_8);
            case Instant time -> time.getEpochSecond();
            case List<?> items -> {
                List<@Nullable Object> plain = new ArrayList<>();
                items.forEach(item -> plain.add(plain(item)));
                yield Collections.unmodifiableList(plain);
            }
            case Map<?, ?> nested -> table(nested);
            default -> value;
        };
    }
}
