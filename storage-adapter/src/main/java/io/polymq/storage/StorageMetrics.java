package io.polymq.storage;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.function.Supplier;

/** The {@code polymq_storage_*} metrics of one store. Shared. */
final class StorageMetrics {

    private static final double[] SECONDS = {
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5
    };

    private final PrometheusRegistry registry;
    private final Counter appendedBytes;
    private final Counter appends;
    private final Counter failures;
    private final Counter cleanedBytes;
    private final Histogram forceSeconds;

    StorageMetrics(PrometheusRegistry registry) {
        this.registry = registry;
        appendedBytes = counter("polymq_storage_appended_bytes_total", "Bytes of appended batches");
        appends = counter("polymq_storage_appends_total", "Appends to shards");
        failures = counter("polymq_storage_lane_failures_total", "Failed writes and forces");
        cleanedBytes =
                counter("polymq_storage_cleaned_bytes_total", "Bytes that the cleaner copied");
        forceSeconds =
                Histogram.builder()
                        .name("polymq_storage_force_seconds")
                        .help("Time for one force of a lane")
                        .classicUpperBounds(SECONDS)
                        .register(registry);
    }

    private Counter counter(String name, String help) {
        return Counter.builder().name(name).help(help).register(registry);
    }

    /** Gauges that ask the store when they are scraped. */
    void observe(Supplier<StoreStatistics> totals, Supplier<Boolean> full) {
        GaugeWithCallback.builder()
                .name("polymq_storage_disk_bytes")
                .help("Bytes on the device")
                .callback(to -> to.call(totals.get().diskBytes()))
                .register(registry);
        GaugeWithCallback.builder()
                .name("polymq_storage_live_bytes")
                .help("Bytes that are still wanted")
                .callback(to -> to.call(totals.get().liveBytes()))
                .register(registry);
        GaugeWithCallback.builder()
                .name("polymq_storage_full")
                .help("1 while publishes are refused because the device is nearly full")
                .callback(to -> to.call(full.get() ? 1 : 0))
                .register(registry);
    }

    void appended(long bytes, int shards) {
        appendedBytes.inc(bytes);
        appends.inc(shards);
    }

    void failed() {
        failures.inc();
    }

    void cleaned(long bytes) {
        cleanedBytes.inc(bytes);
    }

    void forced(long nanos) {
        forceSeconds.observe(nanos * 1e-9);
    }
}
