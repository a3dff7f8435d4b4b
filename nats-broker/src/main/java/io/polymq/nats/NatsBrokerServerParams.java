package io.polymq.nats;

import io.polymq.core.router.Router;
import io.polymq.core.security.Security;
import io.polymq.core.service.SubjectService;
import io.polymq.nats.jetstream.JetStreamParams;
import io.polymq.nats.options.ServerOptions;
import io.polymq.network.ConnectionManager;
import io.polymq.network.GlobalRateLimiter;
import io.polymq.network.Shutdown;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that the NATS broker is given; what is not in here does not exist for it.
 *
 * @param services parts of the broker that answer requests on subjects of their own
 * @param options what a nats-server configuration says of accounts, users and limits; null: the
 *     broker's own door and tenants hold
 * @param jetStream null when JetStream is not served
 */
public record NatsBrokerServerParams(
        ConnectionManager connections,
        GlobalRateLimiter rateLimiter,
        Shutdown shutdown,
        PrometheusRegistry metrics,
        Router router,
        Security security,
        NatsSettings settings,
        List<SubjectService> services,
        @Nullable ServerOptions options,
        @Nullable JetStreamParams jetStream) {

    public NatsBrokerServerParams {
        services = List.copyOf(services);
    }
}
