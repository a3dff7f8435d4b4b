package io.polymq.mqtt;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** The broker's counters. Any thread. */
final class MqttMetrics {

    private final CounterDataPoint received;
    private final CounterDataPoint sent;
    private final CounterDataPoint droppedTotal;

    MqttMetrics(PrometheusRegistry registry) {
        received =
                Counter.builder()
                        .name("polymq_mqtt_messages_received_total")
                        .help("PUBLISH packets taken from clients.")
                        .withoutExemplars()
                        .register(registry)
                        .labelValues();
        sent =
                Counter.builder()
                        .name("polymq_mqtt_messages_sent_total")
                        .help("PUBLISH packets written for clients.")
                        .withoutExemplars()
                        .register(registry)
                        .labelValues();
        droppedTotal =
                Counter.builder()
                        .name("polymq_mqtt_messages_dropped_total")
                        .help("Messages that a slow or absent client did not get.")
                        .withoutExemplars()
                        .register(registry)
                        .labelValues();
    }

    void received() {
        received.inc();
    }

    void sent() {
        sent.inc();
    }

    void dropped() {
        droppedTotal.inc();
    }

    long receivedSoFar() {
        return received.getLongValue();
    }

    long sentSoFar() {
        return sent.getLongValue();
    }

    long droppedSoFar() {
        return droppedTotal.getLongValue();
    }
}
