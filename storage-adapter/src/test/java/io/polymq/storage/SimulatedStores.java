package io.polymq.storage;

import io.polymq.config.StorageConfig;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.file.Path;
import java.time.InstantSource;

/** Log stores on a given device with given rows. */
final class SimulatedStores {

    static final Path FOLDER = Path.of("/data");

    private SimulatedStores() {}

    static LogStore open(Disk disk, OrderedStore rows, StorageConfig config, InstantSource clock) {
        return open(FOLDER, disk, rows, config, clock);
    }

    static LogStore open(
            Path folder, Disk disk, OrderedStore rows, StorageConfig config, InstantSource clock) {
        return new LogStore(
                new LogSetup(
                        folder,
                        config,
                        disk,
                        rows,
                        new SpaceGuard(disk::usableBytes, config.reserveBytes()),
                        clock,
                        System::nanoTime,
                        new StorageMetrics(new PrometheusRegistry()),
                        () -> {}));
    }
}
