package io.polymq.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Disk space comes back. */
@Timeout(300)
class CleanerTest {

    @TempDir Path folder;

    private static long diskBytes(Path lane) throws IOException {
        try (Stream<Path> files = Files.list(lane)) {
            long sum = 0;
            for (Path file : files.toList()) {
                try {
                    sum += Files.size(file);
                } catch (java.nio.file.NoSuchFileException e) {
                    // removed in between: it takes no space
                    sum += 0;
                }
            }
            return sum;
        }
    }

    private static void fill(List<Shard> shards, int rounds, int bytes) throws Exception {
        for (int round = 0; round < rounds; round++) {
            List<CompletableFuture<?>> written = new ArrayList<>();
            for (Shard shard : shards) {
                written.add(shard.append(Batches.sized(bytes), Durability.OS));
            }
            CompletableFuture.allOf(written.toArray(new CompletableFuture<?>[0])).get();
        }
    }

    @Test
    void segmentsOfWhatWasTrimmedAreRemoved() throws Exception {
        LogStore store = RealStores.open(folder, "lanes=1", "segment_bytes=64KiB", "recycle=1");
        Shard shard = store.create("a", ShardSpec.DEFAULT).get();
        fill(List.of(shard), 400, 4_000);
        assertThat(diskBytes(folder.resolve("lane-0"))).isGreaterThan(1_500_000);
        shard.trim(shard.endOffset()).get();
        Await.until(() -> diskBytes(folder.resolve("lane-0")) < 300_000);
        assertThat(store.create("b", ShardSpec.DEFAULT).get().endOffset()).isZero();
        store.close();
        store = RealStores.open(folder, "lanes=1", "segment_bytes=64KiB", "recycle=1");
        assertThat(store.open("a").orElseThrow().startOffset()).isEqualTo(400);
        store.close();
    }

    @Test
    void slowShardIsCopiedOutOfTheWay() throws Exception {
        LogStore store =
                RealStores.open(
                        folder, "lanes=1", "segment_bytes=64KiB", "recycle=0", "clean_percent=150");
        Shard slow = store.create("slow", ShardSpec.DEFAULT).get();
        List<Shard> fast = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            fast.add(store.create("fast" + i, ShardSpec.DEFAULT).get());
        }
        for (int i = 0; i < 60; i++) {
            slow.append(Batches.of("slow" + i), Durability.OS).get();
            fill(fast, 1, 2_000);
            for (Shard shard : fast) {
                shard.trim(shard.endOffset()).get();
            }
        }
        Await.until(() -> diskBytes(folder.resolve("lane-0")) < 3 * 64 << 10);
        List<String> records = Batches.all(slow);
        assertThat(records).hasSize(60).first().isEqualTo("0=slow0");
        store.close();
        store =
                RealStores.open(
                        folder, "lanes=1", "segment_bytes=64KiB", "recycle=0", "clean_percent=150");
        assertThat(Batches.all(store.open("slow").orElseThrow())).isEqualTo(records);
        store.close();
    }

    @Test
    @Tag("long")
    void oneSlowQueueAmongAHundredThousandPinsNothing() throws Exception {
        int segment = 8 << 20;
        LogStore store =
                RealStores.open(
                        folder,
                        "lanes=1",
                        "segment_bytes=8MiB",
                        "recycle=0",
                        "clean_percent=170",
                        "checkpoint_bytes=8MiB",
                        "retention_interval=500ms");
        Shard slow = store.create("slow", ShardSpec.DEFAULT).get();
        int queues = 100_000;
        // what a queue that holds nothing takes in the lane: its state, in an entry
        long states = queues * 120L;
        List<CompletableFuture<Shard>> made = new ArrayList<>();
        for (int i = 0; i < queues; i++) {
            made.add(store.create("q" + i, ShardSpec.DEFAULT.withDurability(Durability.OS)));
        }
        List<Shard> fast = new ArrayList<>();
        for (CompletableFuture<Shard> each : made) {
            fast.add(each.get());
        }
        long worst = 0;
        long slowest = 0;
        for (int round = 0; round < 6; round++) {
            slow.append(Batches.of("slow" + round), Durability.SYNC).get();
            for (int from = 0; from < queues; from += 1_000) {
                List<Shard> some = fast.subList(from, from + 1_000);
                long begin = System.nanoTime();
                fill(some, 1, 500);
                slowest = Math.max(slowest, System.nanoTime() - begin);
                List<CompletableFuture<?>> trimmed = new ArrayList<>();
                for (Shard shard : some) {
                    trimmed.add(shard.trim(shard.endOffset()));
                }
                CompletableFuture.allOf(trimmed.toArray(new CompletableFuture<?>[0])).get();
            }
            StoreStatistics now = store.statistics();
            worst = Math.max(worst, now.diskBytes() - 2 * (now.liveBytes() + states));
        }
        assertThat(worst).as("disk beyond twice what is alive").isLessThan(12L * segment);
        assertThat(slowest).as("a thousand appends").isLessThan(10_000_000_000L);
        Await.until(
                () -> {
                    StoreStatistics now = store.statistics();
                    return now.diskBytes() <= 2 * (now.liveBytes() + states) + segment;
                });
        assertThat(Batches.all(slow)).hasSize(6);
        store.close();
    }
}
