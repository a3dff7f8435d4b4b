package io.polymq.network;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.datapoints.GaugeDataPoint;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.EnumMap;
import java.util.Map;

/** One listener's data points, looked up once. Shared zone. */
final class ListenerMetrics {

    private final NetworkMetrics families;
    private final String[] labels;
    private final GaugeDataPoint open;
    private final CounterDataPoint accepted;
    private final CounterDataPoint received;
    private final CounterDataPoint sent;
    private final CounterDataPoint throttled;
    private final CounterDataPoint handshakesDone;
    private final CounterDataPoint handshakesFailed;
    private final DistributionDataPoint handshakeTime;
    private final Map<CloseReason.Kind, CounterDataPoint> closed =
            new EnumMap<>(CloseReason.Kind.class);

    ListenerMetrics(NetworkMetrics families, String listener, String protocol, String transport) {
        this.families = families;
        this.labels = new String[] {listener, protocol, transport};
        this.open = families.open.labelValues(labels);
        this.accepted = families.accepted.labelValues(labels);
        this.received = families.received.labelValues(labels);
        this.sent = families.sent.labelValues(labels);
        this.throttled = families.throttled.labelValues(labels);
        this.handshakesDone = families.handshakes.labelValues(with("done"));
        this.handshakesFailed = families.handshakes.labelValues(with("failed"));
        this.handshakeTime = families.handshakeTime.labelValues(labels);
        for (CloseReason.Kind kind : CloseReason.Kind.values()) {
            closed.put(kind, families.closed.labelValues(with(NetworkMetrics.label(kind))));
        }
    }

    private String[] with(String further) {
        return new String[] {labels[0], labels[1], labels[2], further};
    }

    void accepted() {
        accepted.inc();
        open.inc();
    }

    void refused(String limit) {
        families.refused.labelValues(with(limit)).inc();
    }

    void closed(CloseReason.Kind kind) {
        open.dec();
        CounterDataPoint point = closed.get(kind);
        if (point != null) {
            point.inc();
        }
    }

    void received(long bytes) {
        received.inc(bytes);
    }

    void sent(long bytes) {
        sent.inc(bytes);
    }

    void throttled() {
        throttled.inc();
    }

    void handshakeDone(long nanos) {
        handshakesDone.inc();
        handshakeTime.observe(Unit.nanosToSeconds(nanos));
    }

    void handshakeFailed() {
        handshakesFailed.inc();
    }
}
