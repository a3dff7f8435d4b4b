package io.polymq.admin;

import io.polymq.config.AdminConfig;
import io.polymq.core.admin.AdminPages;
import io.polymq.core.security.Security;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;

/**
 * All that the admin port needs.
 *
 * @param bind addresses to listen on
 * @param version the broker's version, for whoever asks
 * @param pages what the parts of the broker offer
 */
public record AdminServerParams(
        AdminConfig config,
        List<String> bind,
        String version,
        PrometheusRegistry metrics,
        boolean metricsEnabled,
        Health health,
        Security security,
        List<AdminPages> pages) {

    public AdminServerParams {
        bind = List.copyOf(bind);
        pages = List.copyOf(pages);
    }
}
