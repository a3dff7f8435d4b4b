package io.polymq.server.tracing;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Collection;

/** Counts what the collector took and what it did not. Any thread. */
final class CountedSpans implements SpanExporter {

    private final SpanExporter exporter;
    private final CounterDataPoint sent;
    private final CounterDataPoint failed;

    CountedSpans(SpanExporter exporter, PrometheusRegistry metrics) {
        this.exporter = exporter;
        Counter counter =
                Counter.builder()
                        .name("polymq_tracing_spans_total")
                        .help("Spans that the collector took (sent) or did not (failed).")
                        .labelNames("result")
                        .register(metrics);
        this.sent = counter.labelValues("sent");
        this.failed = counter.labelValues("failed");
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
        int count = spans.size();
        CompletableResultCode result = exporter.export(spans);
        result.whenComplete(() -> (result.isSuccess() ? sent : failed).inc(count));
        return result;
    }

    @Override
    public CompletableResultCode flush() {
        return exporter.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
        return exporter.shutdown();
    }
}
