package io.polymq.network;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;

/** The network's metric families, made once. Shared zone. */
final class NetworkMetrics {

    private static final String[] LABELS = {"listener", "protocol", "transport"};

    final Gauge open;
    final Counter accepted;
    final Counter refused;
    final Counter closed;
    final Counter received;
    final Counter sent;
    final Counter handshakes;
    final Counter throttled;
    final Histogram handshakeTime;

    NetworkMetrics(PrometheusRegistry registry, ConnectionManager connections) {
        open =
                Gauge.builder()
                        .name("polymq_network_connections")
                        .help("Open connections")
                        .labelNames(LABELS)
                        .register(registry);
        GaugeWithCallback.builder()
                .name("polymq_network_pending_bytes")
                .help("Bytes that wait in outboxes for clients to read")
                .callback(
                        callback -> {
                            long pending = 0;
                            for (Connection connection : connections.all()) {
                                pending += connection.outbox().pendingBytes();
                            }
                            callback.call(pending);
                        })
                .register(registry);
        accepted = counter(registry, "accepted_connections", "Connections accepted", LABELS);
        refused =
                counter(
                        registry,
                        "refused_connections",
                        "Connections refused by a limit",
                        with("limit"));
        closed = counter(registry, "closed_connections", "Connections that ended", with("reason"));
        received = counter(registry, "received_bytes", "Bytes that clients have sent", LABELS);
        sent = counter(registry, "sent_bytes", "Bytes sent to clients", LABELS);
        handshakes = counter(registry, "tls_handshakes", "TLS handshakes", with("result"));
        handshakeTime =
                Histogram.builder()
                        .name("polymq_network_tls_handshake")
                        .unit(Unit.SECONDS)
                        .help("Time from the accepted connection to the end of its TLS handshake")
                        .labelNames(LABELS)
                        .classicUpperBounds(0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10)
                        .withoutExemplars()
                        .register(registry);
        throttled =
                counter(
                        registry,
                        "throttled_reads",
                        "Times that reading paused because of a rate limit",
                        LABELS);
    }

    ListenerMetrics forListener(String listener, String protocol, TransportKind transport) {
        return new ListenerMetrics(this, listener, protocol, label(transport));
    }

    static String label(Enum<?> value) {
        return value.name().toLowerCase(java.util.Locale.ROOT);
    }

    private static String[] with(String further) {
        return new String[] {LABELS[0], LABELS[1], LABELS[2], further};
    }

    private static Counter counter(
            PrometheusRegistry registry, String what, String help, String[] labels) {
        return Counter.builder()
                .name("polymq_network_" + what)
                .help(help)
                .labelNames(labels)
                .withoutExemplars()
                .register(registry);
    }
}
