package io.polymq.nats.jetstream.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a JSON object of the API: what types they have, and which are written even when
 * they say nothing. Reading brings every value to one form, so that two objects that mean the same
 * are equal, and refuses fields that nobody knows. Shared, immutable.
 */
final class Schema {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /** What a field holds. */
    private sealed interface Kind {}

    private record Text() implements Kind {}

    private record Number(long least, long most) implements Kind {}

    private record Flag() implements Kind {}

    private record Time() implements Kind {}

    private record Texts() implements Kind {}

    private record Numbers() implements Kind {}

    private record Words() implements Kind {}

    private record Choice(List<String> words) implements Kind {}

    private record Nested(Schema schema) implements Kind {}

    private record Many(Schema schema) implements Kind {}

    private record Field(Kind kind, boolean always) {}

    private final String name;
    private final Map<String, Field> fields;

    private Schema(String name, Map<String, Field> fields) {
        this.name = name;
        this.fields = fields;
    }

    /** Puts a schema together; the order of the fields is that in which they are written. */
    static final class Builder {

        private final String name;
        private final Map<String, Field> fields = new LinkedHashMap<>();

        Builder(String name) {
            this.name = name;
        }

        private Builder add(Kind kind, boolean always, String... names) {
            for (String field : names) {
                fields.put(field, new Field(kind, always));
            }
            return this;
        }

        Builder text(String... names) {
            return add(new Text(), false, names);
        }

        Builder textAlways(String... names) {
            return add(new Text(), true, names);
        }

        Builder number(String... names) {
            return add(new Number(Long.MIN_VALUE, Long.MAX_VALUE), false, names);
        }

        Builder unsigned(String... names) {
            return add(new Number(0, Long.MAX_VALUE), false, names);
        }

        Builder integer(String... names) {
            return add(new Number(Integer.MIN_VALUE, Integer.MAX_VALUE), false, names);
        }

        Builder numberAlways(String... names) {
            return add(new Number(Long.MIN_VALUE, Long.MAX_VALUE), true, names);
        }

        Builder flag(String... names) {
            return add(new Flag(), false, names);
        }

        Builder flagAlways(String... names) {
            return add(new Flag(), true, names);
        }

        Builder time(String... names) {
            return add(new Time(), false, names);
        }

        Builder texts(String... names) {
            return add(new Texts(), false, names);
        }

        Builder numbers(String... names) {
            return add(new Numbers(), false, names);
        }

        Builder map(String... names) {
            return add(new Words(), false, names);
        }

        /** The first word is meant when none is given. */
        Builder choice(String field, String... words) {
            return add(new Choice(List.of(words)), true, field);
        }

        Builder optionalChoice(String field, String... words) {
            return add(new Choice(List.of(words)), false, field);
        }

        Builder nested(String field, Schema schema) {
            return add(new Nested(schema), false, field);
        }

        Builder nestedAlways(String field, Schema schema) {
            return add(new Nested(schema), true, field);
        }

        Builder many(String field, Schema schema) {
            return add(new Many(schema), false, field);
        }

        Schema build() {
            return new Schema(name, new LinkedHashMap<>(fields));
        }
    }

    /** A new object with every field in its one form, in the order of the schema. */
    ObjectNode read(JsonNode from) {
        return read(from, true);
    }

    /**
     * @param strict whether fields that nobody knows are refused; else they are left out
     */
    ObjectNode read(JsonNode from, boolean strict) {
        if (!from.isObject()) {
            throw mismatch(kindOf(from), "", "server." + name);
        }
        Map<String, JsonNode> given = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : from.properties()) {
            String field = known(entry.getKey());
            if (field == null && !strict) {
                continue;
            }
            if (field == null) {
                throw ApiError.INVALID_JSON.exception(
                        "json: unknown field \"" + entry.getKey() + '"');
            }
            given.put(field, entry.getValue());
        }
        ObjectNode to = JSON.objectNode();
        fields.forEach(
                (key, field) -> {
                    JsonNode value = given.get(key);
                    JsonNode said = value == null || value.isNull() ? null : value;
                    if (said == null && !field.always() && field.kind() instanceof Nested) {
                        return;
                    }
                    JsonNode read =
                            said == null ? empty(field.kind()) : value(key, field.kind(), said);
                    if (field.always() || !isEmpty(read)) {
                        to.set(key, read);
                    }
                });
        return to;
    }

    /** Go matches names without regard to case. */
    private @Nullable String known(String key) {
        if (fields.containsKey(key)) {
            return key;
        }
        String lower = key.toLowerCase(Locale.ROOT);
        return fields.containsKey(lower) ? lower : null;
    }

    private JsonNode value(String key, Kind kind, JsonNode value) {
        return switch (kind) {
            case Text text -> {
                require(value.isTextual(), key, value, "string");
                yield value;
            }
            case Number(long least, long most) -> {
                require(
                        value.isIntegralNumber() && value.canConvertToLong(),
                        key,
                        value,
                        least == 0 ? "uint64" : "int64");
                require(
                        value.longValue() >= least && value.longValue() <= most,
                        key,
                        value,
                        least == 0 ? "uint64" : "int");
                yield LongNode.valueOf(value.longValue());
            }
            case Flag flag -> {
                require(value.isBoolean(), key, value, "bool");
                yield value;
            }
            case Time time -> time(key, value);
            case Texts texts -> {
                require(value.isArray(), key, value, "[]string");
                for (JsonNode item : value) {
                    require(item.isTextual(), key, item, "string");
                }
                yield value;
            }
            case Numbers numbers -> {
                require(value.isArray(), key, value, "[]int64");
                ArrayNode all = JSON.arrayNode();
                for (JsonNode item : value) {
                    require(item.isIntegralNumber(), key, item, "int64");
                    all.add(item.longValue());
                }
                yield all;
            }
            case Words map -> {
                require(value.isObject(), key, value, "map[string]string");
                for (JsonNode item : value) {
                    require(item.isTextual(), key, item, "string");
                }
                yield value;
            }
            case Choice(List<String> words) -> {
                if (!value.isTextual() || !words.contains(value.textValue())) {
                    throw ApiError.INVALID_JSON.exception(
                            "can not unmarshal \"" + value.toString().replace("\"", "\\\"") + '"');
                }
                yield value;
            }
            case Nested(Schema schema) -> schema.read(value);
            case Many(Schema schema) -> {
                require(value.isArray(), key, value, "[]" + schema.name);
                ArrayNode all = JSON.arrayNode();
                for (JsonNode item : value) {
                    all.add(schema.read(item));
                }
                yield all;
            }
        };
    }

    private JsonNode time(String key, JsonNode value) {
        require(value.isTextual(), key, value, "time.Time");
        try {
            OffsetDateTime.parse(value.textValue());
        } catch (DateTimeException e) {
            throw ApiError.INVALID_JSON.exception(
                    "parsing time "
                            + value
                            + " as \"2006-01-02T15:04:05Z07:00\": cannot parse "
                            + value);
        }
        return value;
    }

    private static JsonNode empty(Kind kind) {
        return switch (kind) {
            case Text text -> TextNode.valueOf("");
            case Number number -> LongNode.valueOf(0);
            case Flag flag -> BooleanNode.FALSE;
            case Choice(List<String> words) -> TextNode.valueOf(words.getFirst());
            case Nested(Schema schema) -> schema.read(JSON.objectNode());
            case Time time -> TextNode.valueOf("");
            case Texts texts -> JSON.arrayNode();
            case Numbers numbers -> JSON.arrayNode();
            case Many many -> JSON.arrayNode();
            case Words map -> JSON.objectNode();
        };
    }

    private static boolean isEmpty(JsonNode value) {
        return value.isTextual() && value.textValue().isEmpty()
                || value.isNumber() && value.longValue() == 0
                || value.isBoolean() && !value.booleanValue()
                || value.isContainerNode() && value.isEmpty();
    }

    private void require(boolean holds, String key, JsonNode value, String type) {
        if (!holds) {
            throw mismatch(kindOf(value), name + '.' + key, type);
        }
    }

    private static ApiException mismatch(String kind, String field, String type) {
        return ApiError.INVALID_JSON.exception(
                "json: cannot unmarshal "
                        + kind
                        + " into Go "
                        + (field.isEmpty() ? "value" : "struct field " + field)
                        + " of type "
                        + type);
    }

    private static String kindOf(JsonNode value) {
        return switch (value.getNodeType()) {
            case STRING -> "string";
            case NUMBER -> value.isIntegralNumber() ? "number" : "number " + value;
            case BOOLEAN -> "bool";
            case ARRAY -> "array";
            default -> "object";
        };
    }

    /** The texts of an array field. */
    static List<String> texts(JsonNode object, String field) {
        List<String> texts = new ArrayList<>();
        object.path(field).forEach(item -> texts.add(item.asText()));
        return texts;
    }
}
