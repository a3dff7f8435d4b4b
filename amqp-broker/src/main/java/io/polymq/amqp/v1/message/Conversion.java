package io.polymq.amqp.v1.message;

import io.polymq.amqp.v1.type.AmqpArray;
import io.polymq.amqp.v1.type.Character32;
import io.polymq.amqp.v1.type.Decimal;
import io.polymq.amqp.v1.type.Described;
import io.polymq.amqp.v1.type.Symbol;
import io.polymq.amqp.v1.type.Unsigned;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Values of AMQP 1.0 as values of 0-9-1's field tables, and back. Stateless. */
public final class Conversion {

    private static final String URN = "urn:uuid:";

    /** The longest name and the longest text of a property in 0-9-1. */
    static final int SHORT_STRING = 255;

    private Conversion() {}

    /** As a field table has it; unsigned numbers become the next wider signed one. */
    public static @Nullable Object toField(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case Unsigned number ->
                    switch (number.bytes()) {
                        case 1 -> (short) number.value();
                        case 2 -> (int) number.value();
                        default -> number.fitsLong() ? (Object) number.value() : number.toString();
                    };
            case Symbol symbol -> symbol.text();
            case Character32 character -> character.toString();
            case Decimal decimal -> decimal.bits();
            case UUID uuid -> URN + uuid;
            case AmqpArray array -> fields(array.items());
            case List<?> items -> fields(items);
            case Map<?, ?> entries -> table(entries);
            case Described described -> toField(described.value());
            default -> value;
        };
    }

    private static List<@Nullable Object> fields(List<?> items) {
        List<@Nullable Object> fields = new ArrayList<>(items.size());
        items.forEach(item -> fields.add(toField(item)));
        return fields;
    }

    /** Names that 0-9-1 cannot spell are left out. */
    public static Map<String, @Nullable Object> table(Map<?, ?> entries) {
        Map<String, @Nullable Object> table = new LinkedHashMap<>();
        entries.forEach(
                (name, value) -> {
                    String text = String.valueOf(toField(name));
                    if (fits(text)) {
                        table.put(text, toField(value));
                    }
                });
        return table;
    }

    static boolean fits(String text) {
        return text.length() <= SHORT_STRING
                && (text.length() * 3 <= SHORT_STRING
                        || text.getBytes(StandardCharsets.UTF_8).length <= SHORT_STRING);
    }

    /** What a field table's value is in AMQP 1.0. */
    public static @Nullable Object fromField(@Nullable Object value) {
        return switch (value) {
            case BigDecimal number -> number.toPlainString();
            case List<?> items -> {
                List<@Nullable Object> values = new ArrayList<>(items.size());
                items.forEach(item -> values.add(fromField(item)));
                yield values;
            }
            case Map<?, ?> entries -> {
                Map<Object, @Nullable Object> values = new LinkedHashMap<>();
                entries.forEach(
                        (name, item) ->
                                values.put(new Symbol(String.valueOf(name)), fromField(item)));
                yield values;
            }
            case null, default -> value;
        };
    }

    /** Whether application properties may hold it. */
    static boolean isSimple(@Nullable Object value) {
        return !(value instanceof List<?>
                || value instanceof Map<?, ?>
                || value instanceof AmqpArray
                || value instanceof Described);
    }

    /** A message's or correlation's identifier as text; null for bytes that are none. */
    static @Nullable String idText(@Nullable Object id) {
        return switch (id) {
            case String text -> text;
            case UUID uuid -> URN + uuid;
            case Unsigned number -> number.toString();
            case byte[] bytes -> utf8(bytes);
            case null, default -> null;
        };
    }

    /** The other way; only UUIDs in their URN form are more than text. */
    static @Nullable Object id(@Nullable String text) {
        if (text == null || !text.startsWith(URN) || text.length() != URN.length() + 36) {
            return text;
        }
        try {
            UUID uuid = UUID.fromString(text.substring(URN.length()));
            return text.equals(URN + uuid) ? uuid : text;
        } catch (IllegalArgumentException none) {
            return text;
        }
    }

    /** Null when the bytes are no UTF-8. */
    static @Nullable String utf8(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException notText) {
            return null;
        }
    }

    /** The texts of a list or array; others in it are left out. */
    static List<String> texts(@Nullable Object list) {
        List<?> items =
                switch (list) {
                    case List<?> several -> several;
                    case AmqpArray array -> array.items();
                    case null, default -> List.of();
                };
        List<String> texts = new ArrayList<>(items.size());
        for (Object item : items) {
            if (item instanceof String text) {
                texts.add(text);
            }
        }
        return texts;
    }

    /** What other protocols take for the bytes of a header. */
    static byte @Nullable [] bytes(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case byte[] bytes -> bytes;
            case Decimal decimal -> decimal.bits();
            case Instant time -> ascii(time.toEpochMilli());
            case Object other -> String.valueOf(toField(other)).getBytes(StandardCharsets.UTF_8);
        };
    }

    private static byte[] ascii(long number) {
        return Long.toString(number).getBytes(StandardCharsets.US_ASCII);
    }
}
