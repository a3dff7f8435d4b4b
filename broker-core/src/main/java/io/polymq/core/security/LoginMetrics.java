package io.polymq.core.security;

import io.polymq.core.security.Security.AuthResult;
import io.polymq.core.security.Security.Reason;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** How logins end. Shared. */
final class LoginMetrics {

    private final CounterDataPoint accepted;
    private volatile LoginFailures failures = (peer, user, refused) -> {};
    private final Map<Reason, CounterDataPoint> refused = new EnumMap<>(Reason.class);

    LoginMetrics(PrometheusRegistry registry) {
        Counter logins =
                Counter.builder()
                        .name("polymq_auth_logins_total")
                        .help("Logins by how they ended.")
                        .labelNames("result")
                        .register(registry);
        accepted = logins.labelValues("accepted");
        for (Reason reason : Reason.values()) {
            refused.put(reason, logins.labelValues(reason.name().toLowerCase(Locale.ROOT)));
        }
    }

    /** Who hears of logins that were refused from now on. */
    void listen(LoginFailures listener) {
        failures = listener;
    }

    /** Counts it and gives it back. */
    AuthResult counted(AuthResult result, Credentials.Peer peer, String user) {
        switch (result) {
            case AuthResult.Accepted yes -> accepted.inc();
            case AuthResult.Refused no -> {
                CounterDataPoint point = refused.get(no.reason());
                if (point != null) {
                    point.inc();
                }
                failures.refused(peer, user, no);
            }
        }
        return result;
    }
}
