package io.polymq.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
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

    @Test
    void lanesOfSingleShardsComeAndGoWhileOthersWrite() throws Exception {
        Shard busy = shard("busy");
        AtomicBoolean enough = new AtomicBoolean();
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
            own.trim(1).get(20, TimeUnit.SECONDS);
            assertThat(Batches.all(own)).containsExactly("1=b");
            store.delete("own" + i).get(20, TimeUnit.SECONDS);
        }
        enough.set(true);
        writer.join();
        long end = busy.endOffset();
        reopen();
        assertThat(store.open("busy").orElseThrow().endOffset()).isEqualTo(end);
    }

    @Test
    void listenerThatFailsKeepsNobodyElseFromHearing() throws Exception {
        Shard shard = shard("told");
        CountDownLatch held = new CountDownLatch(1);
        // Whoever comes while the first is told is answered together.
        shard.append(
                Batches.of("a"),
                Durability.SYNC,
                (base, time, failure) -> {
                    try {
                        held.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                });
        for (String value : List.of("b", "c")) {
            shard.append(
                    Batches.of(value),
                    Durability.SYNC,
                    (base, time, failure) -> {
                        throw new IllegalStateException("a listener's own fault, of a test");
                    });
        }
        CompletableFuture<Appended> last = shard.append(Batches.of("d"), Durability.SYNC);
        held.countDown();

        assertThat(last.get(20, TimeUnit.SECONDS).baseOffset()).isEqualTo(3);
    }

    @Test
    void whatIsWantedWholeIsLeftInTheFileAndWhatIsCutIsRead() throws Exception {
        Shard shard = shard("cut");
        append(
                shard,
                Batches.together(
                        Batches.sized(12_000), Batches.sized(12_000), Batches.sized(12_000)));
        reopen();
        Shard again = store.open("cut").orElseThrow();

        try (ReadResult all = again.read(0, 1 << 20, true).join()) {
            assertThat(all.slices()).singleElement().isInstanceOf(Slice.Region.class);
            assertThat(offsets(all)).containsExactly(0L, 1L, 2L);
        }
        try (ReadResult later = again.read(1, 1 << 20, true).join()) {
            assertThat(later.slices()).singleElement().isInstanceOf(Slice.Memory.class);
            assertThat(offsets(later)).containsExactly(1L, 2L);
        }
        try (ReadResult little = again.read(0, 15_000, true).join()) {
            assertThat(offsets(little)).containsExactly(0L);
        }
        try (ReadResult none = again.read(0, 5_000, false).join()) {
            assertThat(none.slices()).isEmpty();
        }
    }

    @Test
    void largeBatchesAreFoundWithoutTheIndexAsFarAsTheCacheReaches() throws Exception {
        LogShard shard = (LogShard) shard("large");
        for (int i = 0; i < 3; i++) {
            append(shard, Batches.sized(70_000));
        }
        Await.until(() -> shard.appliedEnd() == 3);

        assertThat(shard.tail.from()).isZero();
        CompletableFuture<ReadResult> read = shard.read(0, 1 << 20, true);
        assertThat(read).isDone();
        try (ReadResult all = read.join()) {
            assertThat(all.slices()).allMatch(slice -> slice instanceof Slice.Region);
            assertThat(offsets(all)).containsExactly(0L, 1L, 2L);
        }
        shard.deleteRecords(new long[] {1}).get(20, TimeUnit.SECONDS);
        try (ReadResult rest = shard.read(0, 1 << 20, true).join()) {
            assertThat(offsets(rest)).containsExactly(0L, 2L);
        }

        while (shard.tail.from() == 0) {
            append(shard, Batches.sized(50_000)); // what is newer takes the cache
        }
        try (ReadResult indexed = shard.read(0, 150_000, true).join()) {
            assertThat(offsets(indexed)).containsExactly(0L, 2L);
        }
    }

    @Test
    void whatIsTrimmedIsNoLongerKnownInMemory() throws Exception {
        LogShard shard = (LogShard) shard("trimmed");
        for (int i = 0; i < 3; i++) {
            append(shard, Batches.sized(70_000));
        }
        shard.trim(2).get(20, TimeUnit.SECONDS);

        Await.until(() -> shard.tail.from() == 2);
        try (ReadResult rest = shard.read(2, 1 << 20, true).join()) {
            assertThat(offsets(rest)).containsExactly(2L);
        }
    }

    @Test
    void placesOfLargeBatchesFollowThemWhereTheyAreMovedTo() throws Exception {
        LogShard kept = (LogShard) shard("kept");
        LogShard passing = (LogShard) shard("passing");
        for (int i = 0; passing.lane != kept.lane; i++) {
            passing = (LogShard) shard("passing" + i);
        }
        for (int i = 0; i < 3; i++) {
            append(kept, Batches.sized(70_000));
            append(passing, Batches.sized(200_000));
        }
        long first = kept.tail.atOrBefore(0).segment().id();
        // the segments of what stays fill with what goes
        for (int i = 0; i < 200 && isKnownIn(kept, first); i++) {
            append(passing, Batches.sized(500_000));
            passing.trim(passing.endOffset()).get(20, TimeUnit.SECONDS);
        }

        assertThat(isKnownIn(kept, first)).isFalse();
        try (ReadResult all = kept.read(0, 1 << 20, true).join()) {
            assertThat(offsets(all)).containsExactly(0L, 1L, 2L);
        }
    }

    private static boolean isKnownIn(LogShard shard, long segment) {
        ShardTail.Held held = shard.tail.atOrBefore(0);
        return held != null && held.segment().id() == segment;
    }

    private static List<Long> offsets(ReadResult result) throws Exception {
        List<Long> offsets = new ArrayList<>();
        for (Slice slice : result.slices()) {
            ByteBuffer batches = slice.toBuffer();
            for (int at = 0; at < batches.limit(); at += RecordBatches.size(batches, at)) {
                offsets.add(batches.getLong(at + RecordBatches.BASE_OFFSET));
            }
        }
        return offsets;
    }
}
