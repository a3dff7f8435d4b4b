package io.polymq.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A copy that is made while everything goes on. */
@Timeout(120)
class CopyTest {

    private static final int WRITERS = 4;

    @TempDir Path folder;

    private static ShardStore open(Path folder, String driver) {
        return ShardStores.open(
                new StorageParams(
                        folder,
                        TestConfigs.quick(
                                "driver=" + driver,
                                "lanes=3",
                                "segment_bytes=64KiB",
                                "clean_percent=120",
                                "recycle=4"),
                        InstantSource.system(),
                        new PrometheusRegistry()));
    }

    private static List<String> values(Shard shard) throws Exception {
        return Batches.all(shard).stream()
                .map(record -> record.substring(record.indexOf('=') + 1))
                .toList();
    }

    /**
     * Appends numbers to a shard of its own, and to a pair of shards at once, until told to end.
     */
    private static final class Writer implements Runnable {
        private final ShardStore store;
        private final Shard own;
        private final List<Shard> pair;
        private final AtomicBoolean ended;
        private final CountDownLatch warm;
        private final AtomicInteger acknowledged = new AtomicInteger();

        Writer(ShardStore store, int number, AtomicBoolean ended, CountDownLatch warm)
                throws Exception {
            this.store = store;
            this.ended = ended;
            this.warm = warm;
            own = store.create("own-" + number, ShardSpec.DEFAULT).get();
            pair =
                    List.of(
                            store.create("left-" + number, ShardSpec.DEFAULT).get(),
                            store.create("right-" + number, ShardSpec.DEFAULT).get());
        }

        @Override
        public void run() {
            for (int i = 0; !ended.get(); i++) {
                String value = i + "x".repeat(300);
                own.append(Batches.of(value), Durability.SYNC).join();
                store.appendAll(
                                List.of(
                                        new ShardAppend(pair.get(0), Batches.of(value)),
                                        new ShardAppend(pair.get(1), Batches.of(value))),
                                Durability.SYNC)
                        .join();
                acknowledged.set(i + 1);
                if (i == 30) {
                    warm.countDown();
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"log", "rocksdb"})
    void aCopyHasWhatWasAcknowledgedBeforeAndIsOfOnePiece(String driver) throws Exception {
        Path copy = folder.resolve("copy");
        AtomicBoolean ended = new AtomicBoolean();
        CountDownLatch warm = new CountDownLatch(WRITERS);
        List<Integer> before = new ArrayList<>();
        try (ShardStore store = open(folder.resolve("data"), driver)) {
            List<Writer> writers = new ArrayList<>();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                Writer writer = new Writer(store, i, ended, warm);
                writers.add(writer);
                threads.add(Thread.ofPlatform().start(writer));
            }
            warm.await();
            writers.forEach(writer -> before.add(writer.acknowledged.get()));
            Files.createDirectories(copy);
            store.copyTo(copy);
            ended.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
        }
        try (ShardStore restored = open(copy, driver)) {
            for (int i = 0; i < WRITERS; i++) {
                List<String> own = values(restored.open("own-" + i).orElseThrow());
                assertThat(own).hasSizeGreaterThanOrEqualTo(before.get(i));
                assertThat(own)
                        .isEqualTo(
                                IntStream.range(0, own.size())
                                        .mapToObj(number -> number + "x".repeat(300))
                                        .toList());
                List<String> left = values(restored.open("left-" + i).orElseThrow());
                assertThat(left).hasSizeGreaterThanOrEqualTo(before.get(i));
                assertThat(values(restored.open("right-" + i).orElseThrow())).isEqualTo(left);
            }
            Shard more = restored.open("own-0").orElseThrow();
            long end = more.endOffset();
            assertThat(more.append(Batches.of("more"), Durability.SYNC).get().baseOffset())
                    .isEqualTo(end);
        }
    }

    @Test
    void segmentsThatAreCleanedMeanwhileStayInTheCopy() throws Exception {
        AtomicBoolean ended = new AtomicBoolean();
        try (ShardStore store = open(folder.resolve("data"), "log")) {
            Shard kept = store.create("kept", ShardSpec.DEFAULT).get();
            kept.append(Batches.of("precious"), Durability.SYNC).get();
            Shard passing = store.create("passing", ShardSpec.DEFAULT).get();
            CountDownLatch warm = new CountDownLatch(1);
            Thread writer =
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        for (int i = 0; !ended.get(); i++) {
                                            passing.append(Batches.sized(8_000), Durability.OS)
                                                    .join();
                                            passing.trim(passing.endOffset()).join();
                                            if (i == 50) {
                                                warm.countDown();
                                            }
                                        }
                                    });
            warm.await();
            for (int i = 0; i < 10; i++) {
                Path copy = folder.resolve("copy-" + i);
                Files.createDirectories(copy);
                store.copyTo(copy);
                try (ShardStore restored = open(copy, "log")) {
                    assertThat(values(restored.open("kept").orElseThrow()))
                            .containsExactly("precious");
                }
            }
            ended.set(true);
            writer.join();
        }
    }

    @Test
    void whatIsInMemoryOnlyCannotBeCopied() {
        try (ShardStore store = open(folder.resolve("data"), "memory")) {
            assertThatThrownBy(() -> store.copyTo(folder))
                    .isInstanceOf(UnsupportedOperationException.class);
        }
    }
}
