package io.polymq.conformance;

import io.polymq.config.NetworkConfig;
import io.polymq.network.ConnectionManager;
import io.polymq.network.GlobalRateLimiter;
import io.polymq.network.Shutdown;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/**
 * The shared objects that a protocol is given for one test, to build its params from.
 *
 * @param network the network's limits
 * @param connections where connections are listed
 * @param rateLimiter what clients are held to
 * @param shutdown the broadcast that ends it
 * @param registry where metrics are registered
 */
public record Environment(
        NetworkConfig network,
        ConnectionManager connections,
        GlobalRateLimiter rateLimiter,
        Shutdown shutdown,
        PrometheusRegistry registry) {}
