package io.polymq.amqp;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** The broker's counters; connections add to them once per read batch. Shared. */
public final class AmqpMetrics {

    private final Counter published;
    private final Counter unroutable;
    private final Counter confirmed;
    private final Counter delivered;
    private final Gauge channels;

    AmqpMetrics(PrometheusRegistry registry) {
        published =
                Counter.builder()
                        .name("polymq_amqp_messages_published_total")
                        .help("Messages published by AMQP clients.")
                        .register(registry);
        unroutable =
                Counter.builder()
                        .name("polymq_amqp_messages_unroutable_total")
                        .help("Messages that no queue and no subscriber got.")
                        .register(registry);
        confirmed =
                Counter.builder()
                        .name("polymq_amqp_messages_confirmed_total")
                        .help("Publishes that were confirmed to their publishers.")
                        .register(registry);
        delivered =
                Counter.builder()
                        .name("polymq_amqp_messages_delivered_total")
                        .help("Messages written to AMQP clients.")
                        .register(registry);
        channels =
                Gauge.builder()
                        .name("polymq_amqp_channels")
                        .help("Open channels.")
                        .register(registry);
    }

    public void published(long messages) {
        published.inc(messages);
    }

    public void unroutable() {
        unroutable.inc();
    }

    public void confirmed(long messages) {
        confirmed.inc(messages);
    }

    public void delivered(long messages) {
        delivered.inc(messages);
    }

    public void channels(int more) {
        channels.inc(more);
    }
}
