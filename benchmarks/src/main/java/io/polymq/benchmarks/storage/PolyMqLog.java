package io.polymq.benchmarks.storage;

import io.polymq.config.StorageConfig;
import io.polymq.config.schema.Defaults;
import io.polymq.storage.Durability;
import io.polymq.storage.Shard;
import io.polymq.storage.ShardSpec;
import io.polymq.storage.ShardStore;
import io.polymq.storage.ShardStores;
import io.polymq.storage.StorageParams;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/** One of our drivers, as a broker opens it. */
final class PolyMqLog implements Contestant {

    private final ShardStore store;
    private final List<Shard> shards = new ArrayList<>();
    private final Durability durability;

    PolyMqLog(Path folder, String driver, int shardCount, Durability durability) {
        this.durability = durability;
        store = open(folder, driver);
        for (int i = 0; i < shardCount; i++) {
            shards.add(store.create("shard-" + i, ShardSpec.DEFAULT).join());
        }
    }

    static ShardStore open(Path folder, String driver) {
        StorageConfig config =
                Defaults.with(StorageConfig.class, "driver=" + driver, "pending_bytes=1GiB");
        return ShardStores.open(
                new StorageParams(
                        folder, config, InstantSource.system(), new PrometheusRegistry()));
    }

    ShardStore store() {
        return store;
    }

    Shard shard(int i) {
        return shards.get(i);
    }

    @Override
    public void append(int shard, ByteBuffer batch, Runnable done) {
        shards.get(shard)
                .append(
                        batch,
                        durability,
                        (base, timestamp, failure) -> {
                            if (failure != null) {
                                throw failure;
                            }
                            done.run();
                        });
    }

    @Override
    public void close() {
        store.close();
    }
}
