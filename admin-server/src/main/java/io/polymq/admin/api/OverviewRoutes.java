package io.polymq.admin.api;

import io.polymq.config.load.ConfigException;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.topic.Topic;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Label;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The broker at a glance. */
final class OverviewRoutes {
    private final ApiParams params;

    OverviewRoutes(ApiParams params) {
        this.params = params;
    }

    List<AdminRoute> routes() {
        return List.of(
                AdminRoute.get("/overview", "The broker at a glance", this::overview),
                AdminRoute.get("/nodes", "The brokers of the cluster", this::nodes),
                AdminRoute.get(
                                "/metrics",
                                "Counters, gauges and histograms as they are now",
                                this::metrics)
                        .asking("prefix", "names that begin so only"),
                AdminRoute.get(
                        "/metric-names",
                        "Everything that is measured, whether or not there is a figure yet",
                        this::metricNames),
                AdminRoute.get(
                        "/config",
                        "The effective configuration, without its secrets",
                        call -> new TreeMap<>(params.node().config().get())),
                AdminRoute.get(
                        "/config/sources",
                        "What was set by somebody, and where: a file's line, a variable, an option",
                        call -> new TreeMap<>(source().origins())),
                AdminRoute.post(
                        "/config/reload",
                        "Reads the configuration again, as SIGHUP does; `restart_needed` says"
                                + " whether more changed than can at run time",
                        "nothing",
                        this::reload),
                AdminRoute.get(
                                "/slow-consumers",
                                "Who takes messages slowly, slowest first",
                                this::slow)
                        .asking("limit", "at most so many"));
    }

    private ConfigSource source() {
        ConfigSource source = params.node().source().get();
        if (source == null) {
            throw new AdminRefusal(409, "This broker was given its configuration by a program.");
        }
        return source;
    }

    private Object reload(AdminCall call) {
        try {
            return Map.of("restart_needed", source().reload());
        } catch (ConfigException wrong) {
            throw AdminRefusal.badRequest(String.valueOf(wrong.getMessage()));
        }
    }

    private Object overview(AdminCall call) {
        Collection<Connections.Row> connections = params.connections().all();
        Map<String, Long> byProtocol =
                connections.stream()
                        .collect(
                                Collectors.groupingBy(
                                        Connections.Row::protocol,
                                        TreeMap::new,
                                        Collectors.counting()));
        String tenant = call.tenant();
        Collection<Topic> topics = params.topics().list(tenant);
        Map<String, Object> overview = new LinkedHashMap<>();
        overview.put("version", params.node().version());
        overview.put("cluster", params.node().cluster());
        overview.put("broker", params.node().broker());
        overview.put("now", params.clock().millis());
        overview.put("started_at", params.node().startedAt());
        overview.put("listeners", params.node().listeners().get());
        overview.put("connections", connections.size());
        overview.put("connections_by_protocol", byProtocol);
        overview.put("tenant", tenant);
        overview.put("subscriptions", params.router().space(tenant).liveSize());
        overview.put("topics", topics.size());
        overview.put("queues", params.queues().names(tenant).size());
        overview.put("retained", params.retained().count(tenant));
        overview.put("delayed", params.delayed().pending());
        overview.put("storage", params.shards().statistics());
        overview.put("storage_full", params.shards().isFull());
        Runtime runtime = Runtime.getRuntime();
        overview.put("heap_used", runtime.totalMemory() - runtime.freeMemory());
        overview.put("heap_max", runtime.maxMemory());
        return overview;
    }

    private Object nodes(AdminCall call) {
        Node node = params.node();
        return List.of(
                Map.of(
                        "broker",
                        node.broker(),
                        "cluster",
                        node.cluster(),
                        "version",
                        node.version(),
                        "started_at",
                        node.startedAt(),
                        "listeners",
                        node.listeners().get()));
    }

    private Object slow(AdminCall call) {
        return params.slow().slowest((int) call.asked("limit", 100, 1, 1_000));
    }

    private Object metrics(AdminCall call) {
        String prefix = call.asked("prefix", "polymq_");
        List<Map<String, Object>> all = new ArrayList<>();
        for (MetricSnapshot metric : params.metrics().scrape(name -> name.startsWith(prefix))) {
            for (DataPointSnapshot point : metric.getDataPoints()) {
                Map<String, Object> row = new LinkedHashMap<>();
                row.put("name", metric.getMetadata().getName());
                Map<String, String> labels = new LinkedHashMap<>();
                for (Label label : point.getLabels()) {
                    labels.put(label.getName(), label.getValue());
                }
                row.put("labels", labels);
                addValue(row, point);
                all.add(row);
            }
        }
        return all;
    }

    private Object metricNames(AdminCall call) {
        List<Map<String, Object>> all = new ArrayList<>();
        for (MetricSnapshot metric : params.metrics().scrape()) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("name", metric.getMetadata().getPrometheusName());
            row.put(
                    "type",
                    switch (metric) {
                        case CounterSnapshot counter -> "counter";
                        case GaugeSnapshot gauge -> "gauge";
                        case HistogramSnapshot histogram -> "histogram";
                        default -> "other";
                    });
            row.put("help", metric.getMetadata().getHelp());
            all.add(row);
        }
        return all;
    }

    private static void addValue(Map<String, Object> row, DataPointSnapshot point) {
        switch (point) {
            case CounterSnapshot.CounterDataPointSnapshot counter -> {
                row.put("type", "counter");
                row.put("value", counter.getValue());
            }
            case GaugeSnapshot.GaugeDataPointSnapshot gauge -> {
                row.put("type", "gauge");
                row.put("value", gauge.getValue());
            }
            case HistogramSnapshot.HistogramDataPointSnapshot histogram -> {
                row.put("type", "histogram");
                row.put("count", histogram.getCount());
                row.put("sum", histogram.getSum());
                List<double[]> buckets = new ArrayList<>();
                if (histogram.hasClassicHistogramData()) {
                    histogram
                            .getClassicBuckets()
                            .forEach(
                                    bucket ->
                                            buckets.add(
                                                    new double[] {
                                                        Math.min(
                                                                bucket.getUpperBound(),
                                                                Double.MAX_VALUE),
                                                        bucket.getCount()
                                                    }));
                }
                row.put("buckets", buckets);
            }
            default -> row.put("type", "other");
        }
    }
}
