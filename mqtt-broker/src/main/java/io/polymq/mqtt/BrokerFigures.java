package io.polymq.mqtt;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;

/** What the network layer counted of MQTT, read back from its metrics. Any thread. */
final class BrokerFigures {

    private final PrometheusRegistry registry;

    BrokerFigures(PrometheusRegistry registry) {
        this.registry = registry;
    }

    long bytesReceived() {
        return sum("polymq_network_received_bytes");
    }

    long bytesSent() {
        return sum("polymq_network_sent_bytes");
    }

    long connectionsAccepted() {
        return sum("polymq_network_accepted_connections");
    }

    private long sum(String name) {
        double sum = 0;
        for (MetricSnapshot snapshot : registry.scrape(name::equals)) {
            if (snapshot instanceof CounterSnapshot counter) {
                for (CounterSnapshot.CounterDataPointSnapshot point : counter.getDataPoints()) {
                    sum += "mqtt".equals(point.getLabels().get("protocol")) ? point.getValue() : 0;
                }
            }
        }
        return (long) sum;
    }
}
