package io.polymq.core.queue;

import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.concurrent.atomic.LongAdder;

/** What happened in all queues together; each adds what is new once per turn. Any thread. */
final class QueueTotals {

    private final LongAdder published = new LongAdder();
    private final LongAdder delivered = new LongAdder();
    private final LongAdder acknowledged = new LongAdder();
    private final LongAdder redelivered = new LongAdder();
    private final LongAdder expired = new LongAdder();
    private final LongAdder deadLettered = new LongAdder();

    void add(QueueStatistics before, QueueStatistics now) {
        add(published, now.published() - before.published());
        add(delivered, now.delivered() - before.delivered());
        add(acknowledged, now.acknowledged() - before.acknowledged());
        add(redelivered, now.redelivered() - before.redelivered());
        add(expired, now.expired() - before.expired());
        add(deadLettered, now.deadLettered() - before.deadLettered());
    }

    private static void add(LongAdder to, long more) {
        if (more != 0) {
            to.add(more);
        }
    }

    void register(PrometheusRegistry registry) {
        register(registry, "published", "Messages taken by queues.", published);
        register(registry, "delivered", "Messages handed to consumers.", delivered);
        register(registry, "acknowledged", "Messages acknowledged.", acknowledged);
        register(registry, "redelivered", "Deliveries that were not the first.", redelivered);
        register(registry, "expired", "Messages that expired in queues.", expired);
        register(registry, "dead_lettered", "Messages given to dead letters.", deadLettered);
    }

    private static void register(
            PrometheusRegistry registry, String what, String help, LongAdder from) {
        CounterWithCallback.builder()
                .name("polymq_queue_" + what + "_messages_total")
                .help(help)
                .callback(callback -> callback.call(from.sum()))
                .register(registry);
    }
}
