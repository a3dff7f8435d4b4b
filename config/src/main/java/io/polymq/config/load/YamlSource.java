package io.polymq.config.load;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.polymq.config.schema.Node;
import io.polymq.config.schema.Origin;
import io.polymq.config.schema.Problems;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/** YAML into nodes, token by token, with the line of each. */
final class YamlSource {
    private static final int DEEPEST = 32;

    private final String name;
    private final Problems problems;

    YamlSource(String name, Problems problems) {
        this.name = name;
        this.problems = problems;
    }

    Node.Table read(String text) {
        Origin top = new Origin(name, 0);
        try (JsonParser parser = new YAMLFactory().createParser(text)) {
            JsonToken first = parser.nextToken();
            if (first == null || first == JsonToken.VALUE_NULL) {
                return Node.Table.empty(top);
            }
            Node root = node(parser, new Origin(name, line(parser)), "", 0);
            if (parser.nextToken() != null) {
                problems.add(new Origin(name, line(parser)), "", "holds more than one document");
            }
            if (root instanceof Node.Table table) {
                return table;
            }
            problems.add(
                    root.origin(), "", "must hold keys and values, but is " + root.described());
        } catch (JacksonException malformed) {
            refuse(malformed);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible); // the text is in memory
        }
        return Node.Table.empty(top);
    }

    private void refuse(JacksonException malformed) {
        int line = malformed.getLocation() == null ? 0 : malformed.getLocation().getLineNr();
        String why = malformed.getOriginalMessage();
        if (malformed.getCause() instanceof MarkedYAMLException marked) {
            line = marked.getProblemMark().getLine() + 1;
            why = marked.getProblem();
        }
        problems.add(new Origin(name, line), "", "is not valid YAML: " + why);
    }

    private Node node(JsonParser parser, Origin origin, String path, int depth) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> table(parser, origin, path, depth + 1);
            case START_ARRAY -> items(parser, origin, path, depth + 1);
            case VALUE_TRUE -> new Node.Flag(origin, true);
            case VALUE_FALSE -> new Node.Flag(origin, false);
            case VALUE_NULL -> new Node.Nothing(origin);
            case VALUE_NUMBER_INT ->
                    parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                            ? new Node.Decimal(origin, parser.getDoubleValue())
                            : new Node.Whole(origin, parser.getLongValue());
            case VALUE_NUMBER_FLOAT -> new Node.Decimal(origin, parser.getDoubleValue());
            default -> new Node.Text(origin, parser.getText(), false);
        };
    }

    private Node table(JsonParser parser, Origin origin, String path, int depth)
            throws IOException {
        Map<String, Node> entries = new LinkedHashMap<>();
        refuseTooDeep(origin, path, depth);
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            String where = TomlLines.join(path, key);
            Origin at = new Origin(name, line(parser));
            parser.nextToken();
            Node value = node(parser, at, where, depth);
            Node earlier = depth > DEEPEST ? null : entries.putIfAbsent(key, value);
            if (earlier != null) {
                problems.add(
                        at, where, "is written twice, first in line " + earlier.origin().line());
            }
        }
        return new Node.Table(origin, entries);
    }

    private Node items(JsonParser parser, Origin origin, String path, int depth)
            throws IOException {
        List<Node> items = new ArrayList<>();
        refuseTooDeep(origin, path, depth);
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            Origin at = new Origin(name, line(parser));
            items.add(node(parser, at, path + '[' + items.size() + ']', depth));
        }
        return new Node.Items(origin, depth > DEEPEST ? List.of() : items);
    }

    private void refuseTooDeep(Origin origin, String path, int depth) {
        if (depth == DEEPEST + 1) {
            problems.add(origin, path, "is nested too deeply");
        }
    }

    private static int line(JsonParser parser) {
        return parser.currentTokenLocation().getLineNr();
    }
}
