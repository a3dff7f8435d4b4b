package io.polymq.amqp.management;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polymq.amqp.model.Arguments;
import io.polymq.core.admin.AdminRefusal;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What requests say. */
final class Fields {

    private static final ObjectMapper JSON = new ObjectMapper();

    private Fields() {}

    /** A flag, which some tools write as text. */
    static boolean flag(JsonNode body, String name, boolean otherwise) {
        JsonNode value = body.path(name);
        return value.isTextual() ? value.asText().equals("true") : value.asBoolean(otherwise);
    }

    static String text(JsonNode body, String name) {
        JsonNode value = body.path(name);
        if (value.isMissingNode() || value.isNull()) {
            throw AdminRefusal.badRequest("[{key_missing," + name + "}]");
        }
        return value.asText();
    }

    static Map<String, @Nullable Object> table(JsonNode node) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        if (node.isObject()) {
            Map<?, ?> map = JSON.convertValue(node, Map.class);
            map.forEach((name, value) -> values.put(String.valueOf(name), value));
        }
        return values;
    }

    static Arguments arguments(JsonNode node) {
        return Arguments.of(table(node));
    }
}
