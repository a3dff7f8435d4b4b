package io.polymq.core.topic;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** The {@code polymq_topic_*} metrics. Shared. */
final class TopicMetrics {

    private final Counter refused;
    private final Counter lost;

    TopicMetrics(PrometheusRegistry registry) {
        refused =
                Counter.builder()
                        .name("polymq_topic_refused_messages_total")
                        .help("Messages that a topic refused before they were appended")
                        .register(registry);
        lost =
                Counter.builder()
                        .name("polymq_topic_lost_messages_total")
                        .help("Messages of publishers that wait for no answer, whose append failed")
                        .register(registry);
    }

    void refused() {
        refused.inc();
    }

    void lost() {
        lost.inc();
    }
}
