package io.polymq.core.service;

import io.polymq.config.StorageConfig;
import io.polymq.core.zone.ShardZone;
import io.polymq.core.zone.Ticks;
import io.polymq.storage.ShardStore;
import io.polymq.storage.ShardStores;
import io.polymq.storage.StorageParams;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/** A zone that the test turns, a clock that it moves, a store in memory. */
final class ServiceYard implements AutoCloseable {

    static final long EPOCH = 1_700_000_000_000L;

    private long millis;
    final Ticks ticks =
            new Ticks(() -> Instant.ofEpochMilli(EPOCH + millis), () -> millis * 1_000_000L);
    ShardZone zone = new ShardZone("yard", ticks, () -> {});
    final ShardStore store = memoryStore();

    private static ShardStore memoryStore() {
        return ShardStores.open(
                new StorageParams(
                        Path.of("unused"),
                        StorageConfig.DEFAULT.withDriver("memory"),
                        InstantSource.system(),
                        new PrometheusRegistry()));
    }

    /** Whatever lived in the zone is as if it had never been; the store stays. */
    void restart() {
        settle();
        zone = new ShardZone("yard", ticks, () -> {});
    }

    void settle() {
        while (zone.turn()) {
            // as long as it takes
        }
    }

    void await(BooleanSupplier condition) {
        long until = System.nanoTime() + 20_000_000_000L;
        while (!condition.getAsBoolean()) {
            if (!zone.turn()) {
                Thread.onSpinWait();
            }
            if (System.nanoTime() > until) {
                throw new AssertionError("it never came true");
            }
        }
        settle();
    }

    <T> T get(CompletableFuture<T> future) {
        await(future::isDone);
        return future.join();
    }

    void pass(Duration time) {
        millis += time.toMillis();
        settle();
    }

    @Override
    public void close() {
        store.close();
    }
}
