package io.polymq.admin.api;

import io.polymq.core.message.MessageRecords;
import io.polymq.core.queue.Queues;
import io.polymq.core.router.Router;
import io.polymq.core.schema.Schemas;
import io.polymq.core.security.BrokerSecurity;
import io.polymq.core.service.DelayedMessages;
import io.polymq.core.service.RetainedMessages;
import io.polymq.core.service.SlowConsumers;
import io.polymq.core.service.Tenants;
import io.polymq.core.topic.Topics;
import io.polymq.storage.ShardStore;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.InstantSource;

/** All that the interface works on. */
public record ApiParams(
        Node node,
        Connections connections,
        Router router,
        Topics topics,
        Queues queues,
        MessageRecords records,
        RetainedMessages retained,
        DelayedMessages delayed,
        ShardStore shards,
        Schemas schemas,
        Tenants tenants,
        SlowConsumers slow,
        BrokerSecurity security,
        PrometheusRegistry metrics,
        InstantSource clock) {}
