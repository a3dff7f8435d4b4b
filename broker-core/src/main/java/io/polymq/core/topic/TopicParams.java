package io.polymq.core.topic;

import io.polymq.core.message.MessageRecords;
import io.polymq.core.router.Router;
import io.polymq.core.service.TenantLimits;
import io.polymq.meta.MetadataStore;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.InstantSource;
import java.util.concurrent.Executor;

/**
 * All that topics are made of.
 *
 * @param executor for work that may block or that others left behind; tasks must run in parallel
 * @param metrics takes the {@code polymq_topic_*} metrics
 * @param tenants asked before a topic is made
 */
public record TopicParams(
        MetadataStore metadata,
        Drivers drivers,
        Router router,
        MessageRecords records,
        TopicLimits limits,
        InstantSource clock,
        Executor executor,
        PrometheusRegistry metrics,
        TenantLimits tenants) {

    /** For those who have no tenants with quotas. */
    public TopicParams(
            MetadataStore metadata,
            Drivers drivers,
            Router router,
            MessageRecords records,
            TopicLimits limits,
            InstantSource clock,
            Executor executor,
            PrometheusRegistry metrics) {
        this(
                metadata,
                drivers,
                router,
                records,
                limits,
                clock,
                executor,
                metrics,
                TenantLimits.NONE);
    }
}
