package io.polymq.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Idle shards cost next to nothing. */
@Tag("long")
@Timeout(900)
class ManyShardsTest {

    private static final int SHARDS = 1_000_000;

    @TempDir Path folder;

    private static long heapAfterCollection() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    @Test
    void aMillionIdleShardsStartQuicklyWithoutFilesOrThreadsOfTheirOwn() throws Exception {
        String[] settings = {
            "lanes=1",
            "segment_bytes=256MiB",
            "checkpoint_bytes=64MiB",
            "checkpoint_interval=30s",
            "retention_interval=1h",
            "index_cache_bytes=64MiB"
        };
        LogStore store = RealStores.open(folder, settings);
        ArrayDeque<CompletableFuture<?>> waiting = new ArrayDeque<>();
        long begin = System.nanoTime();
        for (int i = 0; i < SHARDS; i++) {
            waiting.add(
                    store.create("tenant/queue-" + i, ShardSpec.DEFAULT)
                            .thenCompose(shard -> shard.append(Batches.of("one"), Durability.OS)));
            if (waiting.size() >= 20_000) {
                while (waiting.size() > 10_000) {
                    waiting.remove().get();
                }
            }
        }
        while (!waiting.isEmpty()) {
            waiting.remove().get();
        }
        long made = System.nanoTime();
        store.close();
        int threads = Thread.activeCount();
        long before = heapAfterCollection();

        long start = System.nanoTime();
        LogStore again = RealStores.open(folder, settings);
        long started = System.nanoTime();
        long heap = heapAfterCollection() - before;
        long files;
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.filter(Files::isRegularFile).count();
        }
        System.out.printf(
                "made in %d s, started in %d ms, %d MB heap more, %d files, %d threads more%n",
                (made - begin) / 1_000_000_000,
                (started - start) / 1_000_000,
                heap >> 20,
                files,
                Thread.activeCount() - threads);
        assertThat((started - start) / 1_000_000).isLessThan(10_000);
        assertThat(heap).isLessThan(500L << 20);
        assertThat(files).isLessThan(500);
        assertThat(Thread.activeCount() - threads).isLessThan(30);
        Shard some = again.open("tenant/queue-777777").orElseThrow();
        assertThat(Batches.all(some)).containsExactly("0=one");
        again.close();
    }
}
