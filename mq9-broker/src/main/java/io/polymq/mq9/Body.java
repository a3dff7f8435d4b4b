package io.polymq.mq9;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request's JSON, looked at field by field. What is not as it should be is refused with {@code
 * invalid COMMAND payload}. Immutable.
 */
final class Body {

    private static final int MAX_DEPTH = 100;

    private static final ObjectMapper JSON =
            new ObjectMapper(
                    JsonFactory.builder()
                            .streamReadConstraints(
                                    StreamReadConstraints.builder()
                                            .maxNestingDepth(MAX_DEPTH)
                                            .build())
                            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                            .build());

    private final String command;
    private final JsonNode node;

    private Body(String command, JsonNode node) {
        this.command = command;
        this.node = node;
    }

    /**
     * @param mayBeEmpty whether nothing stands for an object without fields
     */
    static Body parse(String command, byte[] bytes, boolean mayBeEmpty) {
        if (bytes.length == 0 && mayBeEmpty) {
            return new Body(command, JSON.createObjectNode());
        }
        JsonNode node;
        try {
            node = JSON.readTree(bytes);
        } catch (IOException malformed) {
            throw new Mq9Exception(
                    "invalid " + command + " payload: " + firstLine(malformed.getMessage()));
        }
        if (!node.isObject()) {
            throw new Mq9Exception("invalid " + command + " payload: it is no JSON object");
        }
        return new Body(command, node);
    }

    private static String firstLine(@Nullable String message) {
        String text = message == null ? "it is no JSON" : message;
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end);
    }

    Mq9Exception invalid(String why) {
        return new Mq9Exception("invalid " + command + " payload: " + why);
    }

    JsonNode node() {
        return node;
    }

    private @Nullable JsonNode field(String name) {
        JsonNode value = node.get(name);
        return value == null || value.isNull() ? null : value;
    }

    /** Null when it is missing or null. */
    @Nullable String text(String name) {
        JsonNode value = field(name);
        if (value == null) {
            return null;
        }
        if (!value.isTextual()) {
            throw invalid("`" + name + "` is no string");
        }
        return value.textValue();
    }

    /** The first of several spellings that is there. */
    @Nullable String text(String name, String other) {
        String first = text(name);
        return first == null ? text(other) : first;
    }

    String required(String name) {
        String value = text(name);
        if (value == null) {
            throw invalid("missing field `" + name + "`");
        }
        return value;
    }

    String required(String name, String other) {
        String value = text(name, other);
        if (value == null) {
            throw invalid("missing field `" + name + "`");
        }
        return value;
    }

    /** A number of zero or more. */
    long number(String name, long otherwise) {
        return number(node, name, otherwise);
    }

    private long number(JsonNode within, String name, long otherwise) {
        JsonNode value = within.get(name);
        if (value == null || value.isNull()) {
            return otherwise;
        }
        if (!value.isIntegralNumber() || value.bigIntegerValue().signum() < 0) {
            throw invalid("`" + name + "` is no whole number of zero or more");
        }
        return value.canConvertToLong() ? value.longValue() : Long.MAX_VALUE;
    }

    /** The same, where the caller may also write it into {@code config}. */
    long configured(String name, long otherwise) {
        JsonNode config = field("config");
        if (config != null && !config.isObject()) {
            throw invalid("`config` is no object");
        }
        long outside = number(node, name, otherwise);
        return config == null ? outside : number(config, name, outside);
    }

    boolean flag(String name, boolean otherwise) {
        JsonNode value = field(name);
        if (value == null) {
            return otherwise;
        }
        if (!value.isBoolean()) {
            throw invalid("`" + name + "` is no boolean");
        }
        return value.booleanValue();
    }

    boolean has(String name) {
        return field(name) != null;
    }

    long[] ids(String one, String many, int most) {
        JsonNode list = field(many);
        if (list == null) {
            if (!has(one)) {
                throw invalid("missing field `" + one + "`");
            }
            return new long[] {number(one, 0)};
        }
        if (!list.isArray() || list.isEmpty() || list.size() > most) {
            throw invalid("`" + many + "` is no list of 1 to " + most + " numbers");
        }
        long[] ids = new long[list.size()];
        for (int i = 0; i < ids.length; i++) {
            JsonNode id = list.get(i);
            if (!id.isIntegralNumber() || !id.canConvertToLong() || id.longValue() < 0) {
                throw invalid("`" + many + "` is no list of 1 to " + most + " numbers");
            }
            ids[i] = id.longValue();
        }
        return ids;
    }

    /** A list of strings, or one string with commas. */
    List<String> texts(String name) {
        JsonNode value = field(name);
        if (value == null) {
            return List.of();
        }
        if (value.isTextual()) {
            return SendOptions.checkTags(SendOptions.tags(value.textValue()));
        }
        if (!value.isArray()) {
            throw invalid("`" + name + "` is no list of strings");
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode element : value) {
            if (!element.isTextual()) {
                throw invalid("`" + name + "` is no list of strings");
            }
            texts.add(element.textValue().strip());
        }
        return SendOptions.checkTags(texts);
    }
}
