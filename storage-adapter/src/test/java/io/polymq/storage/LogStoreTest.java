package io.polymq.storage;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.file.Path;

@org.junit.jupiter.api.Timeout(30)
class LogStoreTest extends ShardStoreContract {

    @Override
    ShardStore open(Path folder, ManualClock clock) {
        return ShardStores.open(
                new StorageParams(folder, TestConfigs.quick(), clock, new PrometheusRegistry()));
    }

    @Override
    boolean durable() {
        return true;
    }
}
