package io.polymq.kafka;

import io.polymq.config.KafkaConfig;
import io.polymq.core.queue.Queues;
import io.polymq.core.security.Security;
import io.polymq.core.security.rules.RuleStore;
import io.polymq.core.security.users.UserStore;
import io.polymq.core.service.BrokerEvents;
import io.polymq.core.topic.Topics;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.NodeCache;
import io.polymq.network.Shutdown;
import io.polymq.storage.ShardStore;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.file.Path;
import java.time.InstantSource;

/**
 * All that the Kafka broker is given.
 *
 * @param config its section of the configuration
 * @param brokerId this broker's number
 * @param dataPath where records are kept, told to clients as the log directory
 * @param users whose credentials and
 * @param rules which access rules Kafka's admin clients change
 * @param queues hand out to share groups
 * @param store keeps the broker's own shards: groups, producers
 * @param events hear of members of groups
 */
public record KafkaBrokerServerParams(
        KafkaConfig config,
        int brokerId,
        Path dataPath,
        Topics topics,
        ShardStore store,
        MetadataStore metadata,
        NodeCache cache,
        Security security,
        UserStore users,
        RuleStore rules,
        Queues queues,
        Shutdown shutdown,
        InstantSource clock,
        PrometheusRegistry metrics,
        BrokerEvents events) {}
