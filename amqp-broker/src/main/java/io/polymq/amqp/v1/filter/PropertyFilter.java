package io.polymq.amqp.v1.filter;

import io.polymq.amqp.v1.message.Sections;
import io.polymq.amqp.v1.type.Symbol;
import io.polymq.amqp.v1.type.Unsigned;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A filter of AMQP's filter expressions: each named field is as the filter has it. A text that
 * begins with {@code &p:} or {@code &s:} asks for a beginning or an end; a null is as good as no
 * question. Immutable.
 */
final class PropertyFilter {

    /** More fields than this are refused, as by RabbitMQ. */
    private static final int MOST_FIELDS = 16;

    /** In place of the value of an application property that a message does not have. */
    private static final Object MISSING = new Object();

    private sealed interface Wanted {
        boolean fits(@Nullable Object value);

        /** Whatever the value, if the field can be there at all. */
        record Anything() implements Wanted {
            @Override
            public boolean fits(@Nullable Object value) {
                return value != MISSING;
            }
        }

        record Beginning(String text) implements Wanted {
            @Override
            public boolean fits(@Nullable Object value) {
                return value instanceof String said && said.startsWith(text);
            }
        }

        record Ending(String text) implements Wanted {
            @Override
            public boolean fits(@Nullable Object value) {
                return value instanceof String said && said.endsWith(text);
            }
        }

        record Equal(Object wanted) implements Wanted {
            @Override
            public boolean fits(@Nullable Object value) {
                if (wanted instanceof byte[] bytes) {
                    return value instanceof byte[] said && Arrays.equals(bytes, said);
                }
                Object one = Values.plain(wanted);
                Object other = Values.plain(value);
                if (one instanceof Number first && other instanceof Number second) {
                    return Values.compare(first, second) == 0;
                }
                return one != null && one.equals(other);
            }
        }
    }

    private record Field(Function<Sections, @Nullable Object> of, Wanted wanted) {}

    private final List<Field> fields;

    private PropertyFilter(List<Field> fields) {
        this.fields = fields;
    }

    /** On the properties section; null when it cannot be understood. */
    static @Nullable PropertyFilter onProperties(@Nullable Object described) {
        List<Field> fields = new ArrayList<>();
        if (!(described instanceof Map<?, ?> map) || map.isEmpty() || map.size() > MOST_FIELDS) {
            return null;
        }
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            Function<Sections, @Nullable Object> of =
                    entry.getKey() instanceof Symbol name
                            ? MessageFields.property(name.text())
                            : null;
            Wanted wanted = wanted(entry.getValue());
            if (of == null || wanted == null) {
                return null;
            }
            fields.add(new Field(of, wanted));
        }
        return new PropertyFilter(fields);
    }

    /** On application properties; null when it cannot be understood. */
    static @Nullable PropertyFilter onApplicationProperties(@Nullable Object described) {
        List<Field> fields = new ArrayList<>();
        if (!(described instanceof Map<?, ?> map) || map.isEmpty() || map.size() > MOST_FIELDS) {
            return null;
        }
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            Wanted wanted = wanted(entry.getValue());
            if (!(entry.getKey() instanceof String name) || wanted == null) {
                return null;
            }
            // a missing property fits nothing, not even a null
            fields.add(
                    new Field(
                            m ->
                                    m.applicationProperties().containsKey(name)
                                            ? m.applicationProperties().get(name)
                                            : MISSING,
                            wanted));
        }
        return new PropertyFilter(fields);
    }

    private static @Nullable Wanted wanted(@Nullable Object value) {
        return switch (value) {
            case null -> new Wanted.Anything();
            case String text when text.startsWith("&s:") -> new Wanted.Ending(text.substring(3));
            case String text when text.startsWith("&p:") -> new Wanted.Beginning(text.substring(3));
            case String text when text.startsWith("&&") -> new Wanted.Equal(text.substring(1));
            case String text when text.startsWith("&") -> null;
            case byte[] bytes -> new Wanted.Equal(bytes);
            case Unsigned number -> new Wanted.Equal(number);
            case Object other -> Values.plain(other) == null ? null : new Wanted.Equal(other);
        };
    }

    boolean matches(Sections message) {
        for (Field field : fields) {
            if (!field.wanted().fits(field.of().apply(message))) {
                return false;
            }
        }
        return true;
    }
}
