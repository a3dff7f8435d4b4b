package io.polymq.amqp;

import io.polymq.core.message.MessageRecords;
import io.polymq.core.queue.Queues;
import io.polymq.core.router.Router;
import io.polymq.core.security.Security;
import io.polymq.core.service.BrokerEvents;
import io.polymq.core.service.DelayedMessages;
import io.polymq.core.service.TenantLimits;
import io.polymq.core.topic.Topics;
import io.polymq.meta.MetadataStore;
import io.polymq.network.ConnectionManager;
import io.polymq.network.Shutdown;
import io.polymq.storage.ShardStore;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * All that the AMQP broker is given; what is not in here does not exist for it.
 *
 * @param blocking runs what may wait for a device
 * @param tenants asked before a queue is made
 * @param events hears of queues that come and go; null for nobody
 */
public record AmqpBrokerServerParams(
        AmqpSettings settings,
        ConnectionManager connections,
        MetadataStore metadata,
        Queues queues,
        Topics topics,
        ShardStore shards,
        Router router,
        DelayedMessages delayed,
        Security security,
        Shutdown shutdown,
        PrometheusRegistry metrics,
        InstantSource clock,
        MessageRecords records,
        Executor blocking,
        TenantLimits tenants,
        @Nullable BrokerEvents events) {}
