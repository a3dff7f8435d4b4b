package io.polymq.mq9;

import io.polymq.core.message.MessageRecords;
import io.polymq.core.queue.Queues;
import io.polymq.core.router.Router;
import io.polymq.core.security.Security;
import io.polymq.core.service.BrokerEvents;
import io.polymq.core.service.DelayedMessages;
import io.polymq.core.topic.Topics;
import io.polymq.core.zone.ShardZone;
import io.polymq.meta.NodeCache;
import io.polymq.mq9.registry.Embedder;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * All that the mq9 broker is given; what is not in here does not exist for it.
 *
 * @param zones at least one; a mailbox belongs to one of them for good
 * @param blocking runs what may wait for a device: virtual threads
 * @param embedder what texts mean, for finding agents
 * @param events hear of push subscriptions
 */
public record Mq9BrokerServerParams(
        Mq9Settings settings,
        Router router,
        Security security,
        Topics topics,
        Queues queues,
        DelayedMessages delayed,
        MessageRecords records,
        NodeCache metadata,
        List<ShardZone> zones,
        Executor blocking,
        Embedder embedder,
        InstantSource clock,
        PrometheusRegistry metrics,
        BrokerEvents events) {

    public Mq9BrokerServerParams {
        zones = List.copyOf(zones);
    }
}
