package io.polymq.network;

import io.polymq.config.NetworkConfig;
import io.polymq.config.TlsConfig;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.InstantSource;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link NetworkServer} is given.
 *
 * @param config limits, addresses, transport
 * @param tls the certificate; null: TLS and QUIC listeners are refused
 * @param connections where connections are listed
 * @param rateLimiter what clients are held to
 * @param shutdown the broadcast that ends it
 * @param registry where its metrics are registered
 * @param clock the wall clock, for certificates
 * @param nanoClock the ticker that time-outs are measured with
 */
public record NetworkServerParams(
        NetworkConfig config,
        @Nullable TlsConfig tls,
        ConnectionManager connections,
        GlobalRateLimiter rateLimiter,
        Shutdown shutdown,
        PrometheusRegistry registry,
        InstantSource clock,
        LongSupplier nanoClock) {}
