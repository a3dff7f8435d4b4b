package io.polymq.kafka;

import io.polymq.codec.kafka.KafkaProtocolException;
import io.polymq.codec.kafka.KafkaRequest;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.EnumMap;
import java.util.Map;
import org.apache.kafka.common.protocol.ApiKeys;

/** The {@code polymq_kafka_*} metrics. Any thread. */
public final class KafkaMetrics {

    private final Map<ApiKeys, CounterDataPoint> requests = new EnumMap<>(ApiKeys.class);
    private final Counter refused;
    private final CounterDataPoint requestBytes;
    private final CounterDataPoint responseBytes;
    private final CounterDataPoint producedBatches;
    private final Gauge connections;

    KafkaMetrics(PrometheusRegistry registry) {
        Counter byKey =
                Counter.builder()
                        .name("polymq_kafka_requests_total")
                        .help("Requests by key")
                        .labelNames("key")
                        .register(registry);
        for (ApiKeys key : ApiKeys.clientApis()) {
            requests.put(key, byKey.labelValues(key.name));
        }
        refused =
                Counter.builder()
                        .name("polymq_kafka_refused_requests_total")
                        .help("Requests that only closing answers, by reason")
                        .labelNames("reason")
                        .register(registry);
        requestBytes = counter(registry, "polymq_kafka_request_bytes_total", "Bytes of requests");
        responseBytes =
                counter(registry, "polymq_kafka_response_bytes_total", "Bytes of responses");
        producedBatches =
                counter(registry, "polymq_kafka_produced_batches_total", "Batches appended");
        connections =
                Gauge.builder()
                        .name("polymq_kafka_connections_count")
                        .help("Open connections")
                        .register(registry);
    }

    private static CounterDataPoint counter(PrometheusRegistry registry, String name, String help) {
        return Counter.builder().name(name).help(help).register(registry);
    }

    void opened() {
        connections.inc();
    }

    void closed() {
        connections.dec();
    }

    void request(KafkaRequest request) {
        CounterDataPoint counter = requests.get(request.key());
        if (counter != null) {
            counter.inc();
        }
        requestBytes.inc(request.bytes());
    }

    void response(int bytes) {
        responseBytes.inc(bytes);
    }

    void refused(KafkaProtocolException.Reason reason) {
        refused.labelValues(reason.name().toLowerCase(java.util.Locale.ROOT)).inc();
    }

    public void produced() {
        producedBatches.inc();
    }
}
