package io.polymq.conformance;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;

/** Reads metrics back. */
final class Metrics {

    private Metrics() {}

    /** The sum over all labels. */
    static double sum(PrometheusRegistry registry, String name) {
        double sum = 0;
        for (MetricSnapshot family : registry.scrape()) {
            if (family.getMetadata().getPrometheusName().equals(name)) {
                for (DataPointSnapshot point : family.getDataPoints()) {
                    sum += value(point);
                }
            }
        }
        return sum;
    }

    private static double value(DataPointSnapshot point) {
        return switch (point) {
            case CounterDataPointSnapshot counter -> counter.getValue();
            case GaugeDataPointSnapshot gauge -> gauge.getValue();
            default -> 0;
        };
    }
}
