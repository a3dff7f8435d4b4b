package io.polymq.amqp.v1.frame;

import io.polymq.amqp.v1.type.AmqpArray;
import io.polymq.amqp.v1.type.Described;
import io.polymq.amqp.v1.type.Symbol;
import io.polymq.amqp.v1.type.Unsigned;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a composite, each of the type that it must have: a fault names the composite and
 * the field. Immutable.
 */
final class Fields {

    private final String what;
    private final List<?> values;

    private Fields(String what, List<?> values) {
        this.what = what;
        this.values = values;
    }

    static Fields of(String what, @Nullable Object list) {
        if (list instanceof List<?> values) {
            return new Fields(what, values);
        }
        throw fault(what + " is no list");
    }

    static FrameException fault(String text) {
        return FrameException.connection(Condition.DECODE_ERROR, text);
    }

    /** Whether a descriptor is that one, as a number or by its name. */
    static boolean isDescriptor(@Nullable Object found, String symbol, long code) {
        return switch (found) {
            case Unsigned number -> number.value() == code;
            case Symbol word -> word.text().equals(symbol);
            case null, default -> false;
        };
    }

    private @Nullable Object get(int at) {
        return at < values.size() ? values.get(at) : null;
    }

    private FrameException wrong(int at) {
        return fault("field " + (at + 1) + " of " + what + " is not of its type");
    }

    FrameException missing(int at) {
        return FrameException.connection(
                Condition.INVALID_FIELD, "field " + (at + 1) + " of " + what + " is missing");
    }

    boolean has(int at) {
        return get(at) != null;
    }

    @Nullable String text(int at) {
        return switch (get(at)) {
            case null -> null;
            case String text -> text;
            default -> throw wrong(at);
        };
    }

    String requiredText(int at) {
        String text = text(at);
        if (text == null) {
            throw missing(at);
        }
        return text;
    }

    @Nullable String symbol(int at) {
        return switch (get(at)) {
            case null -> null;
            case Symbol symbol -> symbol.text();
            default -> throw wrong(at);
        };
    }

    String requiredSymbol(int at) {
        String symbol = symbol(at);
        if (symbol == null) {
            throw missing(at);
        }
        return symbol;
    }

    /** Unsigned, of any width. */
    long number(int at, long absent) {
        return switch (get(at)) {
            case null -> absent;
            case Unsigned number -> number.value();
            default -> throw wrong(at);
        };
    }

    long requiredNumber(int at) {
        if (!has(at)) {
            throw missing(at);
        }
        return number(at, 0);
    }

    boolean flag(int at, boolean absent) {
        return switch (get(at)) {
            case null -> absent;
            case Boolean flag -> flag;
            default -> throw wrong(at);
        };
    }

    byte @Nullable [] bytes(int at) {
        return switch (get(at)) {
            case null -> null;
            case byte[] bytes -> bytes;
            default -> throw wrong(at);
        };
    }

    byte[] requiredBytes(int at) {
        byte[] bytes = bytes(at);
        if (bytes == null) {
            throw missing(at);
        }
        return bytes;
    }

    /** One symbol or an array of them. */
    List<String> symbols(int at) {
        return switch (get(at)) {
            case null -> List.of();
            case Symbol one -> List.of(one.text());
            case AmqpArray several ->
                    several.items().stream()
                            .map(
                                    item -> {
                                        if (item instanceof Symbol symbol) {
                                            return symbol.text();
                                        }
                                        throw wrong(at);
                                    })
                            .toList();
            default -> throw wrong(at);
        };
    }

    Map<Symbol, @Nullable Object> map(int at) {
        return switch (get(at)) {
            case null -> Map.of();
            case Map<?, ?> entries -> {
                Map<Symbol, @Nullable Object> typed = new LinkedHashMap<>();
                entries.forEach(
                        (key, value) -> {
                            if (!(key instanceof Symbol symbol)) {
                                throw wrong(at);
                            }
                            typed.put(symbol, value);
                        });
                yield typed;
            }
            default -> throw wrong(at);
        };
    }

    boolean hasEntries(int at) {
        return get(at) instanceof Map<?, ?> entries && !entries.isEmpty();
    }

    @Nullable Described described(int at) {
        return switch (get(at)) {
            case null -> null;
            case Described value -> value;
            default -> throw wrong(at);
        };
    }
}
