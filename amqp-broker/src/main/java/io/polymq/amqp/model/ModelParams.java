package io.polymq.amqp.model;

import io.polymq.core.queue.Queues;
import io.polymq.core.router.Router;
import io.polymq.core.service.BrokerEvents;
import io.polymq.core.service.DelayedMessages;
import io.polymq.core.service.TenantLimits;
import io.polymq.core.topic.Topics;
import io.polymq.meta.MetadataStore;
import java.time.InstantSource;
import java.util.concurrent.ScheduledExecutorService;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * All that virtual hosts are made of.
 *
 * @param codec the dialect in which messages of other protocols are dead-lettered
 * @param timers for queues that expire; its tasks are short
 * @param consumerTimeout milliseconds that a delivery may stay unacknowledged where a queue does
 *     not say otherwise, 0 for ever
 * @param tenants asked before a queue is made
 * @param events hears of queues that come and go; null for nobody
 */
public record ModelParams(
        MetadataStore metadata,
        Queues queues,
        Topics topics,
        Router router,
        DelayedMessages delayed,
        EnvelopeCodec codec,
        InstantSource clock,
        ScheduledExecutorService timers,
        RandomGenerator random,
        long consumerTimeout,
        TenantLimits tenants,
        @Nullable BrokerEvents events) {}
