package io.polymq.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Dashboards and alerts know every metric that a broker registers, and no other. */
@Timeout(120)
class DashboardsTest {
    private static final Path FOLDER = root().resolve("packaging/grafana");
    private static final Pattern NAME = Pattern.compile("\\bpolymq_[a-z0-9_]+");

    private static List<Dashboards.Metric> metrics = List.of();

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.exists(folder.resolve("mvnw"))) {
            folder = folder.getParent();
        }
        assertThat(folder).as("the folder that holds mvnw").isNotNull();
        return folder;
    }

    @BeforeAll
    static void ask() throws Exception {
        try (EmbeddedPolyMq broker =
                        EmbeddedPolyMq.builder()
                                .set("auth.admin.user", "boss")
                                .set("auth.admin.password", "secret")
                                .start();
                HttpClient http = HttpClient.newHttpClient()) {
            String pair =
                    Base64.getEncoder()
                            .encodeToString("boss:secret".getBytes(StandardCharsets.UTF_8));
            HttpResponse<byte[]> answer =
                    http.send(
                            HttpRequest.newBuilder(
                                            URI.create(broker.adminUri() + "/api/v1/metric-names"))
                                    .header("Authorization", "Basic " + pair)
                                    .build(),
                            HttpResponse.BodyHandlers.ofByteArray());
            List<Dashboards.Metric> all = new ArrayList<>();
            for (JsonNode row : new ObjectMapper().readTree(answer.body())) {
                all.add(
                        new Dashboards.Metric(
                                row.path("name").asText(),
                                row.path("type").asText(),
                                row.path("help").asText()));
            }
            all.sort(Comparator.comparing(Dashboards.Metric::name));
            metrics = all;
        }
    }

    @Test
    void namesFollowTheConvention() {
        assertThat(metrics).hasSizeGreaterThan(30);
        assertThat(metrics)
                .allSatisfy(
                        metric -> {
                            assertThat(metric.name()).matches("polymq_[a-z0-9]+(_[a-z0-9]+)+");
                            assertThat(metric.help()).as(metric.name()).isNotBlank();
                        });
    }

    @Test
    void dashboardsShowWhatIsMeasured() throws Exception {
        Map<String, String> drawn = Dashboards.of(metrics);
        if (Boolean.getBoolean("polymq.regenerate")) {
            Files.createDirectories(FOLDER);
            for (Map.Entry<String, String> file : drawn.entrySet()) {
                Files.writeString(FOLDER.resolve(file.getKey()), file.getValue());
            }
        }
        Set<String> there = new TreeSet<>();
        try (Stream<Path> files = Files.list(FOLDER)) {
            files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".json"))
                    .forEach(there::add);
        }
        assertThat(there).isEqualTo(drawn.keySet());
        for (Map.Entry<String, String> file : drawn.entrySet()) {
            assertThat(FOLDER.resolve(file.getKey()))
                    .as(
                            "written anew with -pl testkit -Dtest=DashboardsTest"
                                    + " -Dpolymq.regenerate=true")
                    .hasContent(file.getValue());
        }
    }

    @Test
    void alertsAskForMetricsThatThereAre() throws Exception {
        Set<String> known = new TreeSet<>();
        for (Dashboards.Metric metric : metrics) {
            known.add(metric.name());
            switch (metric.type()) {
                case "counter" -> known.add(Dashboards.total(metric.name()));
                case "histogram" ->
                        List.of("_bucket", "_count", "_sum")
                                .forEach(end -> known.add(metric.name() + end));
                default -> {
                    // a gauge has its own name alone
                }
            }
        }
        Set<String> asked = new TreeSet<>();
        Matcher names = NAME.matcher(Files.readString(FOLDER.resolve("alerts.yml")));
        while (names.find()) {
            asked.add(names.group());
        }
        assertThat(asked).isNotEmpty().isSubsetOf(known);
    }
}
