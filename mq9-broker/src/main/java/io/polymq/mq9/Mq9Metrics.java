package io.polymq.mq9;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.function.IntSupplier;

/** The broker's counters. Any thread. */
final class Mq9Metrics {

    private final Counter requests;
    private final CounterDataPoint errors;
    private final CounterDataPoint sent;
    private final CounterDataPoint fetched;
    private final CounterDataPoint expired;

    Mq9Metrics(PrometheusRegistry registry, IntSupplier mailboxes, IntSupplier agents) {
        requests =
                Counter.builder()
                        .name("polymq_mq9_requests_total")
                        .help("Requests by command.")
                        .labelNames("command")
                        .register(registry);
        errors = counter(registry, "errors", "Requests that were answered by an error.");
        sent = counter(registry, "messages_sent", "Mails that were kept.");
        fetched = counter(registry, "messages_fetched", "Mails that were handed out to groups.");
        expired = counter(registry, "mailboxes_expired", "Mailboxes whose time had come.");
        gauge(registry, "mailboxes", "Mailboxes there are.", mailboxes);
        gauge(registry, "agents", "Agents that are registered.", agents);
    }

    private static CounterDataPoint counter(PrometheusRegistry registry, String name, String help) {
        return Counter.builder()
                .name("polymq_mq9_" + name + "_total")
                .help(help)
                .register(registry)
                .labelValues();
    }

    private static void gauge(
            PrometheusRegistry registry, String name, String help, IntSupplier value) {
        GaugeWithCallback.builder()
                .name("polymq_mq9_" + name)
                .help(help)
                .callback(callback -> callback.call(value.getAsInt()))
                .register(registry);
    }

    CounterDataPoint requests(String command) {
        return requests.labelValues(command);
    }

    void error() {
        errors.inc();
    }

    void sent() {
        sent.inc();
    }

    void fetched(int mails) {
        fetched.inc(mails);
    }

    void expired() {
        expired.inc();
    }
}
