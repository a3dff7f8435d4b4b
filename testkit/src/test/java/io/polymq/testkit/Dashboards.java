package io.polymq.testkit;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Draws a Grafana dashboard for each part of the broker, of the metrics that the part has. */
final class Dashboards {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int WIDTH = 12;
    private static final int HEIGHT = 8;

    /** One that is registered. */
    record Metric(String name, String type, String help) {

        /** The part: the word behind {@code polymq_}. */
        String part() {
            String[] words = name.split("_", 3);
            return words[0].equals("polymq") ? words[1] : words[0];
        }
    }

    private Dashboards() {}

    /** By file name. */
    static Map<String, String> of(List<Metric> metrics) throws Exception {
        Map<String, List<Metric>> parts = new TreeMap<>();
        for (Metric metric : metrics) {
            parts.computeIfAbsent(metric.part(), part -> new java.util.ArrayList<>()).add(metric);
        }
        Map<String, String> files = new TreeMap<>();
        for (Map.Entry<String, List<Metric>> part : parts.entrySet()) {
            files.put(
                    part.getKey() + ".json",
                    JSON.writerWithDefaultPrettyPrinter()
                                    .writeValueAsString(board(part.getKey(), part.getValue()))
                            + "\n");
        }
        return files;
    }

    private static ObjectNode board(String part, List<Metric> metrics) {
        ObjectNode board = JSON.createObjectNode();
        board.put("title", "PolyMQ " + part);
        board.put("uid", "polymq-" + part);
        board.put("schemaVersion", 39);
        board.put("refresh", "10s");
        board.putArray("tags").add("polymq");
        board.putObject("time").put("from", "now-1h").put("to", "now");
        ArrayNode variables = board.putObject("templating").putArray("list");
        variables
                .addObject()
                .put("name", "datasource")
                .put("type", "datasource")
                .put("query", "prometheus");
        ObjectNode instance = variables.addObject();
        instance.put("name", "instance").put("type", "query").put("multi", true);
        instance.put("includeAll", true).put("refresh", 2);
        instance.put("query", "label_values(polymq_storage_full, instance)");
        source(instance);
        ArrayNode panels = board.putArray("panels");
        int number = 0;
        for (Metric metric : metrics) {
            panels.add(panel(metric, number++));
        }
        return board;
    }

    private static void source(ObjectNode of) {
        of.putObject("datasource").put("type", "prometheus").put("uid", "${datasource}");
    }

    private static ObjectNode panel(Metric metric, int number) {
        ObjectNode panel = JSON.createObjectNode();
        panel.put("id", number + 1);
        panel.put("type", "timeseries");
        panel.put("title", title(metric));
        panel.put("description", metric.help());
        source(panel);
        panel.putObject("gridPos")
                .put("x", number % 2 * WIDTH)
                .put("y", number / 2 * HEIGHT)
                .put("w", WIDTH)
                .put("h", HEIGHT);
        panel.putObject("fieldConfig").putObject("defaults").put("unit", unit(metric));
        ArrayNode targets = panel.putArray("targets");
        String selected = "{instance=~\"$instance\"}";
        String name = metric.name();
        switch (metric.type()) {
            case "counter" ->
                    target(
                            targets,
                            "rate(" + total(name) + selected + "[$__rate_interval])",
                            "{{__name__}} {{instance}}");
            case "histogram" -> {
                for (String quantile : List.of("0.5", "0.99")) {
                    target(
                            targets,
                            "histogram_quantile("
                                    + quantile
                                    + ", sum by (le) (rate("
                                    + name
                                    + "_bucket"
                                    + selected
                                    + "[$__rate_interval])))",
                            "p" + (quantile.equals("0.5") ? "50" : "99"));
                }
            }
            default -> target(targets, name + selected, "{{instance}}");
        }
        return panel;
    }

    static String total(String name) {
        return name.endsWith("_total") ? name : name + "_total";
    }

    private static void target(ArrayNode targets, String expression, String legend) {
        targets.addObject()
                .put("refId", String.valueOf((char) ('A' + targets.size() - 1)))
                .put("expr", expression)
                .put("legendFormat", legend);
    }

    private static String title(Metric metric) {
        String words =
                metric.name()
                        .replaceFirst("^polymq_[a-z0-9]+_", "")
                        .replaceFirst("_total$", "")
                        .replace('_', ' ');
        String title = words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
        return metric.type().equals("counter") ? title + " per second" : title;
    }

    private static String unit(Metric metric) {
        String name = metric.name();
        boolean rate = metric.type().equals("counter");
        if (name.contains("bytes")) {
            return rate ? "Bps" : "bytes";
        }
        if (name.contains("seconds") || metric.type().equals("histogram")) {
            return "s";
        }
        return rate ? "cps" : "short";
    }
}
