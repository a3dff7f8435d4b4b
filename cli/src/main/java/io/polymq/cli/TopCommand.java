package io.polymq.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.StreamSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Rates come from the difference of two readings of the broker's counters. */
@Command(
        mixinStandardHelpOptions = true,
        name = "top",
        description = "rates of messages and bytes, and who is slow; live")
final class TopCommand implements Callable<Integer> {
    private static final String CLEAR = "\u001b[H\u001b[2J";
    private static final int SHOWN = 20;

    @Mixin private AdminTarget admin = new AdminTarget();

    @Option(
            names = "--interval",
            paramLabel = "SECONDS",
            defaultValue = "2",
            description = "between two readings (${DEFAULT-VALUE})")
    private double interval;

    @Option(
            names = {"-n", "--count"},
            defaultValue = "0",
            description = "so many readings, then it ends; 0: until interrupted")
    private int count;

    private final Session session;

    TopCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws InterruptedException {
        AdminApi api = admin.open(session);
        Printer printer = admin.printer(session);
        Map<String, Double> before = counters(api);
        long at = System.nanoTime();
        for (int reading = 1; count == 0 || reading <= count; reading++) {
            Thread.sleep(Math.max(100, (long) (interval * 1000)));
            Map<String, Double> now = counters(api);
            double seconds = (System.nanoTime() - at) / 1e9;
            at = System.nanoTime();
            ArrayNode rates = rates(before, now, seconds);
            before = now;
            show(printer, api, rates);
        }
        return ExitStatus.OK.number();
    }

    private void show(Printer printer, AdminApi api, ArrayNode rates) {
        JsonNode overview = api.get("/overview");
        JsonNode slow = api.get("/slow-consumers?limit=5");
        if (printer.isJson()) {
            ObjectNode all = AdminApi.object();
            all.set("overview", overview);
            all.set("rates", rates);
            all.set("slow_consumers", slow);
            printer.line(all);
            return;
        }
        if (count == 0) {
            printer.out().print(CLEAR);
        }
        printer.out().println(String.join("   ", StatusCommand.headline(overview)));
        printer.out().println(overview.path("connections_by_protocol"));
        printer.out().println();
        printer.rows(rates, List.of("name", "per_second"));
        if (!slow.isEmpty()) {
            printer.out().println("\nslow consumers");
            printer.answer(slow);
        }
        printer.out().flush();
    }

    private static Map<String, Double> counters(AdminApi api) {
        Map<String, Double> counters = new HashMap<>();
        for (JsonNode row : api.get("/metrics?prefix=polymq_")) {
            if (row.path("type").asText().equals("counter")) {
                JsonNode labels = row.path("labels");
                String name = row.path("name").asText();
                counters.merge(
                        labels.isEmpty() ? name : name + labels,
                        row.path("value").asDouble(),
                        Double::sum);
            }
        }
        return counters;
    }

    private static ArrayNode rates(
            Map<String, Double> before, Map<String, Double> now, double seconds) {
        ArrayNode all = AdminApi.array(List.of());
        now.forEach(
                (name, value) -> {
                    double rate = (value - before.getOrDefault(name, 0.0)) / seconds;
                    if (rate > 0) {
                        ObjectNode row = all.addObject();
                        row.put("name", name);
                        row.put(
                                "per_second",
                                Double.valueOf(String.format(Locale.ROOT, "%.1f", rate)));
                    }
                });
        return AdminApi.array(
                StreamSupport.stream(all.spliterator(), false)
                        .sorted(
                                Comparator.comparingDouble(
                                                (JsonNode row) -> row.path("per_second").asDouble())
                                        .reversed())
                        .limit(SHOWN)
                        .toList());
    }
}
