package io.polymq.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Shows answers: as JSON for programs, as a table or a list of facts for people. */
final class Printer {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int WIDEST = 60;

    private final PrintStream out;
    private final boolean json;

    Printer(PrintStream out, boolean json) {
        this.out = out;
        this.json = json;
    }

    boolean isJson() {
        return json;
    }

    PrintStream out() {
        return out;
    }

    /** One line for people; nothing in JSON, where the answer itself says it. */
    void done(String sentence) {
        if (!json) {
            out.println(sentence);
        }
    }

    /** A line of JSON: each message of a subscription, each figure of a long run. */
    void line(JsonNode node) {
        out.println(node);
        out.flush();
    }

    void answer(JsonNode node) {
        if (json) {
            pretty(node);
        } else if (node.isArray()) {
            rows(node, names(node));
        } else {
            facts(node, "");
        }
    }

    /**
     * @param columns members of each row; one with a dot is a member of a member
     */
    void rows(JsonNode rows, List<String> columns) {
        if (json) {
            pretty(rows);
            return;
        }
        List<List<String>> cells = new ArrayList<>();
        cells.add(columns.stream().map(Printer::title).toList());
        for (JsonNode row : rows) {
            cells.add(columns.stream().map(column -> cell(member(row, column))).toList());
        }
        int[] widths = new int[columns.size()];
        for (List<String> row : cells) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        for (List<String> row : cells) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                line.append(row.get(i));
                if (i < widths.length - 1) {
                    line.append(" ".repeat(widths[i] - row.get(i).length() + 2));
                }
            }
            out.println(line);
        }
    }

    private void pretty(JsonNode node) {
        try {
            out.println(JSON.writerWithDefaultPrettyPrinter().writeValueAsString(node));
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("a tree is always JSON", impossible);
        }
    }

    private static String title(String column) {
        return column.substring(column.lastIndexOf('.') + 1).toUpperCase(java.util.Locale.ROOT);
    }

    private static JsonNode member(JsonNode row, String column) {
        JsonNode node = row;
        for (String name : column.split("\\.", -1)) {
            node = node.path(name);
        }
        return node;
    }

    private static List<String> names(JsonNode rows) {
        List<String> names = new ArrayList<>();
        rows.path(0).fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static String cell(JsonNode node) {
        String text =
                node.isMissingNode() || node.isNull()
                        ? ""
                        : node.isValueNode() ? node.asText() : flat(node);
        StringBuilder visible = new StringBuilder();
        text.codePoints()
                .limit(WIDEST)
                .forEach(point -> visible.appendCodePoint(point < 0x20 ? ' ' : point));
        return text.codePointCount(0, text.length()) > WIDEST
                ? visible + "..."
                : visible.toString();
    }

    private static String flat(JsonNode node) {
        if (node.isArray()) {
            List<String> parts = new ArrayList<>();
            node.forEach(part -> parts.add(cell(part)));
            return String.join(",", parts);
        }
        return node.properties().stream()
                .map(member -> member.getKey() + '=' + cell(member.getValue()))
                .collect(Collectors.joining(" "));
    }

    private void facts(JsonNode node, String indent) {
        int widest = 0;
        for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
            widest = Math.max(widest, names.next().length());
        }
        for (Map.Entry<String, JsonNode> member : node.properties()) {
            JsonNode value = member.getValue();
            String name = indent + member.getKey();
            if (value.isArray() && value.path(0).isObject()) {
                out.println(name);
                for (JsonNode row : value) {
                    out.println(indent + "  " + flat(row));
                }
            } else if (value.isObject() && !value.isEmpty()) {
                out.println(name);
                facts(value, indent + "  ");
            } else {
                out.println(name + " ".repeat(widest - member.getKey().length() + 2) + cell(value));
            }
        }
    }
}
