package io.polymq.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * The table of properties in the documentation is the one that the matrix of real clients runs by.
 */
class PropertyTableTest {
    private static final String BEGIN = "<!-- table: properties -->\n";
    private static final String END = "<!-- end -->";

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.exists(folder.resolve("mvnw"))) {
            folder = folder.getParent();
        }
        assertThat(folder).as("the folder that holds mvnw").isNotNull();
        return folder;
    }

    private static String table(JsonNode source) {
        StringBuilder head = new StringBuilder("| Neutral |");
        StringBuilder line = new StringBuilder("|---|");
        for (JsonNode column : source.path("columns")) {
            head.append(' ').append(column.path("title").asText()).append(" |");
            line.append("---|");
        }
        StringBuilder table = new StringBuilder(head).append('\n').append(line).append('\n');
        for (JsonNode row : source.path("rows")) {
            table.append("| ").append(row.path("title").asText()).append(" |");
            for (JsonNode column : source.path("columns")) {
                String protocol = column.path("key").asText();
                table.append(' ').append(cell(protocol, row.path(protocol))).append(" |");
            }
            table.append('\n');
        }
        return table.toString();
    }

    private static String cell(String protocol, JsonNode cell) {
        if (!cell.isObject()) {
            return "-";
        }
        String text;
        if (cell.has("all")) {
            text = cell.path("all").asText();
        } else if (cell.has("user")) {
            text = "user property `" + cell.path("user").asText() + "`";
        } else if (cell.has("header")) {
            String kind = protocol.equals("amqp10") ? "application property" : "header";
            text = kind + " `" + cell.path("header").asText() + "`";
        } else {
            String name = cell.path("property").asText();
            text = protocol.startsWith("amqp") ? "`" + name + "`" : name;
        }
        return cell.has("note") ? text + ", " + cell.path("note").asText() : text;
    }

    @Test
    void thePageShowsTheTableThatTheMatrixRuns() throws Exception {
        JsonNode source =
                new ObjectMapper()
                        .readTree(root().resolve("interop/matrix/properties.json").toFile());
        Path page = root().resolve("docs/cross-protocol.md");
        String text = Files.readString(page);
        int begin = text.indexOf(BEGIN) + BEGIN.length();
        int end = text.indexOf(END, begin);
        assertThat(begin).isGreaterThan(BEGIN.length());
        assertThat(end).isPositive();
        if (Boolean.getBoolean("polymq.regenerate")) {
            Files.writeString(page, text.substring(0, begin) + table(source) + text.substring(end));
            return;
        }
        assertThat(text.substring(begin, end))
                .as(
                        "written anew with -pl testkit -Dtest=PropertyTableTest"
                                + " -Dpolymq.regenerate=true")
                .isEqualTo(table(source));
    }
}
