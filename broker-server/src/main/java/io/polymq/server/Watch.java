package io.polymq.server;

import io.polymq.config.PolyMqConfig;
import io.polymq.config.RateConfig;
import io.polymq.config.TracingConfig;
import io.polymq.config.WebhookConfig;
import io.polymq.core.router.TrieRouter;
import io.polymq.core.security.BrokerSecurity;
import io.polymq.core.service.StoredBytes;
import io.polymq.core.service.TenantQuotas;
import io.polymq.core.service.Tenants;
import io.polymq.core.topic.Topic;
import io.polymq.core.trace.MessageTracer;
import io.polymq.core.webhook.Webhook;
import io.polymq.network.ConnectionManager;
import io.polymq.network.GlobalRateLimiter;
import io.polymq.network.Shutdown;
import io.polymq.server.tracing.OtlpTracer;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Joins those who let things happen to tenants' quotas and to the broker's events. At the start.
 */
final class Watch {
    private Watch() {}

    /** Has quotas and events asked and told from now on; the connections among them. */
    static ConnectionManager over(
            PolyMqConfig config,
            CoreServices services,
            CoreObjects core,
            TrieRouter router,
            BrokerSecurity security,
            InstantSource clock,
            PrometheusRegistry metrics,
            Shutdown shutdown) {
        AtomicReference<ConnectionManager> known = new AtomicReference<>();
        Tenants tenants = services.tenants();
        Happenings happenings =
                new Happenings(
                        services.events(),
                        tenants,
                        clock,
                        id -> {
                            ConnectionManager all = known.get();
                            return all == null ? null : all.find(id);
                        });
        ConnectionManager connections = new ConnectionManager(config.network(), happenings);
        known.set(connections);
        router.events(happenings);
        security.listen(happenings);
        core.topics().listen(happenings);
        tenants.counted(TenantQuotas.Kind.CONNECTIONS, connections::countByTenant);
        tenants.counted(TenantQuotas.Kind.SUBSCRIPTIONS, tenant -> router.space(tenant).liveSize());
        tenants.counted(TenantQuotas.Kind.TOPICS, tenant -> core.topics().list(tenant).size());
        tenants.counted(TenantQuotas.Kind.RETAINED, core.retained()::count);
        storedBytes(tenants, core, metrics).begin();
        WebhookConfig webhook = config.webhook();
        if (webhook != null) {
            Ending.on(
                    shutdown,
                    Shutdown.Phase.CORE,
                    "webhook",
                    Webhook.start(
                            webhook,
                            config.clusterName() + '-' + config.brokerId(),
                            services.events(),
                            clock,
                            metrics));
        }
        return connections;
    }

    private static StoredBytes storedBytes(
            Tenants tenants, CoreObjects core, PrometheusRegistry metrics) {
        StoredBytes stored = new StoredBytes(tenants, core.zones().getFirst(), core.blocking());
        tenants.stores(
                tenant ->
                        core.topics().list(tenant).stream().mapToLong(Topic::storedBytes).sum()
                                + core.retained().storedBytes(tenant));
        tenants.stores(
                new StoredBytes.Keeper() {
                    @Override
                    public long bytes(String tenant) {
                        return core.queues().storedBytes(tenant);
                    }

                    @Override
                    public void tidy(String tenant) {
                        core.queues().tidy(tenant);
                    }
                });
        stored.register(metrics);
        return stored;
    }

    /** Who hears of messages on their way: nobody, unless the configuration says where to. */
    static MessageTracer tracer(
            PolyMqConfig config, PrometheusRegistry metrics, Shutdown shutdown) {
        TracingConfig tracing = config.tracing();
        if (tracing == null) {
            return MessageTracer.NONE;
        }
        OtlpTracer tracer =
                OtlpTracer.start(
                        tracing,
                        config.clusterName() + '-' + config.brokerId(),
                        Version.current(),
                        metrics);
        Ending.on(shutdown, Shutdown.Phase.STORAGE, "tracing", tracer);
        return tracer;
    }

    /** Has tenants held to their own rates. */
    static void pace(Tenants tenants, GlobalRateLimiter limiter) {
        tenants.listen(
                () ->
                        limiter.ownRates(
                                tenant -> rate(tenants, limiter, tenant),
                                tenants.list().stream().anyMatch(one -> one.quotas().isPaced())));
    }

    private static @Nullable RateConfig rate(
            Tenants tenants, GlobalRateLimiter limiter, String tenant) {
        TenantQuotas quotas =
                tenants.find(tenant).map(Tenants.Tenant::quotas).orElse(TenantQuotas.UNLIMITED);
        RateConfig all = limiter.limits().tenant();
        return quotas.isPaced()
                ? new RateConfig(
                        all.connectionsPerSecond(),
                        quotas.messagesPerSecond() > 0
                                ? quotas.messagesPerSecond()
                                : all.messagesPerSecond(),
                        quotas.bytesPerSecond() > 0
                                ? quotas.bytesPerSecond()
                                : all.bytesPerSecond())
                : null;
    }
}
