package io.polymq.config.load;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import io.polymq.config.schema.Node;
import io.polymq.config.schema.Origin;
import io.polymq.config.schema.Problems;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** TOML into nodes. Jackson's parser keeps no places, so {@link TomlLines} finds them again. */
final class TomlSource {
    private final String name;
    private final Problems problems;

    TomlSource(String name, Problems problems) {
        this.name = name;
        this.problems = problems;
    }

    Node.Table read(String text) {
        try {
            JsonNode root = new TomlMapper().readTree(text);
            return table(root, "", new TomlLines(text).find());
        } catch (JsonProcessingException malformed) {
            problems.add(
                    new Origin(name, line(malformed)),
                    "",
                    "is not valid TOML: " + malformed.getOriginalMessage());
            return Node.Table.empty(new Origin(name, 0));
        }
    }

    /** The parser has often read the line's end by the time that it complains of the line. */
    private static int line(JsonProcessingException malformed) {
        JsonLocation at = malformed.getLocation();
        return at == null ? 0 : at.getLineNr() - (at.getColumnNr() <= 1 ? 1 : 0);
    }

    private Node.Table table(JsonNode object, String path, Map<String, Integer> lines) {
        Map<String, Node> entries = new LinkedHashMap<>();
        object.properties()
                .forEach(
                        entry ->
                                entries.put(
                                        entry.getKey(),
                                        node(
                                                entry.getValue(),
                                                TomlLines.join(path, entry.getKey()),
                                                lines)));
        return new Node.Table(origin(path, lines), entries);
    }

    private Node node(JsonNode value, String path, Map<String, Integer> lines) {
        Origin origin = origin(path, lines);
        return switch (value.getNodeType()) {
            case OBJECT -> table(value, path, lines);
            case ARRAY -> {
                List<Node> items = new ArrayList<>();
                for (int i = 0; i < value.size(); i++) {
                    items.add(node(value.get(i), path + '[' + i + ']', lines));
                }
                yield new Node.Items(origin, items);
            }
            case BOOLEAN -> new Node.Flag(origin, value.booleanValue());
            case NUMBER ->
                    value.isIntegralNumber() && value.canConvertToLong()
                            ? new Node.Whole(origin, value.longValue())
                            : new Node.Decimal(origin, value.doubleValue());
            default -> new Node.Text(origin, value.asText(), false);
        };
    }

    private Origin origin(String path, Map<String, Integer> lines) {
        return new Origin(name, lines.getOrDefault(path, 0));
    }
}
