package io.polymq.storage;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.file.Path;

@org.junit.jupiter.api.Timeout(120)
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

    @org.junit.jupiter.api.Test
    void lanesOfSingleShardsComeAndGoWhileOthersWrite() throws Exception {
        Shard busy = shard("busy");
        java.util.concurrent.atomic.AtomicBoolean enough =
                new java.util.concurrent.atomic.AtomicBoolean();
        Thread writer =
                Thread.ofPlatform()
                        .start(
                                () -> {
                                    while (!enough.get()) {
                                        busy.append(Batches.of("x"), Durability.OS).join();
                                    }
                                });
        for (int i = 0; i < 12; i++) {
            Shard own = shard("own" + i, ShardSpec.DEFAULT.withOwnLane(true));
            append(own, Batches.of("a", "b"));
            own.trim(1).get(20, java.util.concurrent.TimeUnit.SECONDS);
            org.assertj.core.api.Assertions.assertThat(Batches.all(own)).containsExactly("1=b");
            store.delete("own" + i).get(20, java.util.concurrent.TimeUnit.SECONDS);
        }
        enough.set(true);
        writer.join();
        long end = busy.endOffset();
        reopen();
        org.assertj.core.api.Assertions.assertThat(store.open("busy").orElseThrow().endOffset())
                .isEqualTo(end);
    }
}
