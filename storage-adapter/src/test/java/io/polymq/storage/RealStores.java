package io.polymq.storage;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.file.Path;
import java.time.InstantSource;

/** Log stores on the file system, as a broker opens them. */
final class RealStores {

    private RealStores() {}

    static LogStore open(Path folder, String... settings) {
        return open(folder, InstantSource.system(), settings);
    }

    static LogStore open(Path folder, InstantSource clock, String... settings) {
        return (LogStore)
                ShardStores.open(
                        new StorageParams(
                                folder,
                                TestConfigs.quick(settings),
                                clock,
                                new PrometheusRegistry()));
    }
}
