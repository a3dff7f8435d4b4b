package io.polymq.benchmarks.queue;

import io.polymq.config.StorageConfig;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.queue.Queue;
import io.polymq.core.queue.QueueSpec;
import io.polymq.core.queue.ShardQueues;
import io.polymq.core.service.DelayedStore;
import io.polymq.core.subject.Subject;
import io.polymq.core.zone.Ticks;
import io.polymq.core.zone.ZoneThread;
import io.polymq.storage.ShardStore;
import io.polymq.storage.ShardStores;
import io.polymq.storage.StorageParams;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;

/**
 * Figures that are amounts and not rates: the heap of a million delayed messages and of a million
 * idle queues, and how exactly delayed messages come.
 */
public final class QueueFigures {

    private static final int MILLION = 1_000_000;

    private QueueFigures() {}

    public static void main(String[] args) throws IOException {
        delayed();
        idle();
    }

    private static ShardStore store(StorageConfig config, Path folder) {
        return ShardStores.open(
                new StorageParams(
                        folder, config, InstantSource.system(), new PrometheusRegistry()));
    }

    private static void delayed() throws IOException {
        Path folder = Files.createTempDirectory("polymq-delayed");
        ZoneThread thread = ZoneThread.start("bench", Ticks.SYSTEM);
        try (ShardStore store = store(StorageConfig.DEFAULT.withDriver("rocksdb"), folder);
                var blocking = Executors.newVirtualThreadPerTaskExecutor()) {
            DelayedStore delayed =
                    DelayedStore.open(
                                    new DelayedStore.Params(
                                            store,
                                            thread.zone(),
                                            new MessageRecords(List.of()),
                                            blocking))
                            .join();
            KeptMessage message =
                    new Message().begin(Subject.ofDotted("later"), new byte[200], 0, 200).keep();
            long before = heap();
            long now = System.currentTimeMillis();
            CompletableFuture<?> last = CompletableFuture.completedFuture(null);
            for (int i = 0; i < MILLION; i++) {
                last = delayed.schedule("bench", "t", message, now + 3_600_000L + i);
                if (i % 20_000 == 0) {
                    last.join();
                }
            }
            last.join();
            last = CompletableFuture.completedFuture(null);
            System.out.printf(
                    "delayed: %d pending, %d MiB of heap%n",
                    delayed.pending(), heap() - before >> 20);
            exactness(delayed, message);
        } finally {
            thread.stop().join();
        }
    }

    private static void exactness(DelayedStore delayed, KeptMessage message) {
        int number = 1000;
        long[] late = new long[number];
        CompletableFuture<Void> all = new CompletableFuture<>();
        int[] came = new int[1];
        delayed.handle(
                "exact",
                (tenant, kept, at, receipt) -> {
                    late[came[0]++] = System.currentTimeMillis() - at;
                    if (came[0] == number) {
                        all.complete(null);
                    }
                });
        long now = System.currentTimeMillis();
        for (int i = 0; i < number; i++) {
            delayed.schedule("exact", "t", message, now + 500 + 2L * i);
        }
        all.join();
        java.util.Arrays.sort(late);
        System.out.printf(
                "delayed: late by %d ms at most, %d ms in the median, early by %d ms%n",
                late[number - 1], late[number / 2], Math.max(0, -late[0]));
    }

    private static void idle() throws IOException {
        ZoneThread thread = ZoneThread.start("bench", Ticks.SYSTEM);
        try (ShardStore store =
                store(StorageConfig.DEFAULT.withDriver("memory"), Path.of("unused"))) {
            ShardQueues queues =
                    new ShardQueues(
                            new ShardQueues.Params(
                                    store, List.of(thread.zone()), List.of(), Runnable::run));
            long before = heap();
            Queue[] held = new Queue[MILLION];
            for (int i = 0; i < MILLION; i++) {
                held[i] = queues.open("t", "queue-" + i, QueueSpec.TRANSIENT).join();
            }
            System.out.printf(
                    "idle: %d queues, %d bytes of heap each%n",
                    held.length, (heap() - before - 4L * MILLION) / MILLION);
        } finally {
            thread.stop().join();
        }
    }

    private static long heap() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
