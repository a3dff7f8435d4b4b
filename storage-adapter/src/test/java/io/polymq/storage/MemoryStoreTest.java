package io.polymq.storage;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.file.Path;

class MemoryStoreTest extends ShardStoreContract {

    @Override
    ShardStore open(Path folder, ManualClock clock) {
        return ShardStores.open(
                new StorageParams(
                        folder,
                        TestConfigs.quick("driver=memory"),
                        clock,
                        new PrometheusRegistry()));
    }

    @Override
    boolean durable() {
        return false;
    }
}
