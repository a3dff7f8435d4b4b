package io.polymq.nats;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** The broker's counters; connections add to them once per read batch. Shared. */
final class NatsMetrics {

    private final Counter received;
    private final Counter delivered;
    private final Counter slowConsumers;

    NatsMetrics(PrometheusRegistry registry) {
        received =
                Counter.builder()
                        .name("polymq_nats_messages_received_total")
                        .help("Messages published by NATS clients.")
                        .register(registry);
        delivered =
                Counter.builder()
                        .name("polymq_nats_messages_delivered_total")
                        .help("Messages written to NATS clients.")
                        .register(registry);
        slowConsumers =
                Counter.builder()
                        .name("polymq_nats_slow_consumers_total")
                        .help("Clients that were closed because they read too slowly.")
                        .register(registry);
    }

    void received(long messages) {
        received.inc(messages);
    }

    void delivered(long messages) {
        delivered.inc(messages);
    }

    void slowConsumer() {
        slowConsumers.inc();
    }
}
