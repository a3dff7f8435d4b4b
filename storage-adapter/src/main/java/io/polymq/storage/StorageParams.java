package io.polymq.storage;

import io.polymq.config.StorageConfig;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.file.Path;
import java.time.InstantSource;

/**
 * All that a driver is made of.
 *
 * @param folder where it keeps its files; the memory driver does not look at it
 * @param config the section {@code [storage]}, which names the driver
 * @param clock the wall clock
 * @param metrics takes the {@code polymq_storage_*} metrics
 */
public record StorageParams(
        Path folder, StorageConfig config, InstantSource clock, PrometheusRegistry metrics) {}
