package io.polymq.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.config.StorageConfig;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Errors of the device while the store runs: injected EIO, slow forces, a full device. */
@Timeout(60)
class LaneFailureTest {

    private final StorageConfig config =
            TestConfigs.quick(
                    "lanes=1",
                    "segment_bytes=256KiB",
                    "recycle=0",
                    "reserve_bytes=64KiB",
                    "force_interval=1h",
                    "cursor_interval=1h",
                    "retention_interval=10ms");
    private final SimulatedDisk disk = new SimulatedDisk(new Random(5));
    private CrashingRows rows = new CrashingRows(new Random(6));
    private LogStore store;
    private Shard shard;

    @BeforeEach
    void open() throws Exception {
        store = SimulatedStores.open(disk, rows, config, InstantSource.system());
        shard = store.create("a", ShardSpec.DEFAULT).get();
    }

    @AfterEach
    void close() {
        store.close();
    }

    private void crash() throws Exception {
        disk.cutAfter(0);
        rows.freeze();
        store.close();
        disk.powerLoss();
        rows.powerLoss();
        store = SimulatedStores.open(disk, rows, config, InstantSource.system());
        shard = store.open("a").orElseThrow();
    }

    private static StorageException.Kind kindOf(CompletableFuture<?> future) throws Exception {
        try {
            future.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            return ((StorageException) e.getCause()).kind();
        }
        throw new AssertionError("it did not fail");
    }

    @Test
    void failedForceFailsWhatWaitsAndTheLaneRecoversInPlace() throws Exception {
        shard.append(Batches.of("before"), Durability.SYNC).get();
        shard.append(Batches.of("written"), Durability.OS).get();
        disk.failForces(1);
        assertThat(kindOf(shard.append(Batches.of("lost?"), Durability.SYNC)))
                .isEqualTo(StorageException.Kind.UNAVAILABLE);
        List<String> after = new ArrayList<>();
        Await.until(
                () -> {
                    CompletableFuture<Appended> next =
                            shard.append(Batches.of("after"), Durability.SYNC);
                    try {
                        after.add("" + next.get().baseOffset());
                        return true;
                    } catch (ExecutionException e) {
                        return false;
                    }
                });
        List<String> there = Batches.all(shard);
        assertThat(there).startsWith("0=before", "1=written").endsWith(after.getFirst() + "=after");
        crash();
        assertThat(Batches.all(shard)).isEqualTo(there);
    }

    @Test
    void failedForceInTheBackgroundLosesNothingWritten() throws Exception {
        StorageConfig forcing = TestConfigs.quick("lanes=1", "force_interval=5ms", "recycle=0");
        store.close();
        store = SimulatedStores.open(disk, rows, forcing, InstantSource.system());
        shard = store.open("a").orElseThrow();
        disk.failForces(1);
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            String value = "v" + i;
            Await.until(
                    () -> {
                        try {
                            long at =
                                    shard.append(Batches.of(value), Durability.OS)
                                            .get()
                                            .baseOffset();
                            expected.add(at + "=" + value);
                            return true;
                        } catch (ExecutionException e) {
                            return false;
                        }
                    });
        }
        Await.until(
                () -> {
                    try {
                        shard.append(Batches.of("last"), Durability.SYNC).get();
                        return true;
                    } catch (ExecutionException e) {
                        return false;
                    }
                });
        assertThat(Batches.all(shard)).containsAll(expected);
        crash();
        assertThat(Batches.all(shard)).containsAll(expected);
    }

    @Test
    void failedWriteTakesTheOffsetsBack() throws Exception {
        shard.append(Batches.of("a"), Durability.SYNC).get();
        disk.failWrites(1);
        assertThat(kindOf(shard.append(Batches.of("b"), Durability.SYNC)))
                .isEqualTo(StorageException.Kind.UNAVAILABLE);
        Await.until(
                () -> {
                    try {
                        return shard.append(Batches.of("c"), Durability.SYNC).get().baseOffset()
                                == 1;
                    } catch (ExecutionException e) {
                        return false;
                    }
                });
        assertThat(Batches.all(shard)).containsExactly("0=a", "1=c");
    }

    @Test
    void repairIsTriedUntilTheDeviceIsBack() throws Exception {
        shard.append(Batches.of("a"), Durability.SYNC).get();
        disk.failForces(5);
        assertThat(kindOf(shard.append(Batches.of("b"), Durability.SYNC)))
                .isEqualTo(StorageException.Kind.UNAVAILABLE);
        Await.until(
                () -> {
                    try {
                        shard.append(Batches.of("c"), Durability.SYNC).get();
                        return true;
                    } catch (ExecutionException e) {
                        return false;
                    }
                });
        assertThat(Batches.all(shard)).startsWith("0=a").last().asString().endsWith("=c");
    }

    @Test
    void slowForceDelaysOnlyWhoWaitsForIt() throws Exception {
        slowForceDelaysOnlyWhoWaitsForIt(300);
    }

    @Test
    @Tag("long")
    void aForceOfFiveSecondsDelaysOnlyWhoWaitsForIt() throws Exception {
        slowForceDelaysOnlyWhoWaitsForIt(5_000);
    }

    private void slowForceDelaysOnlyWhoWaitsForIt(int millis) throws Exception {
        shard.append(Batches.of("a"), Durability.SYNC).get();
        disk.slowForces(millis);
        CompletableFuture<Appended> slow = shard.append(Batches.of("b"), Durability.SYNC);
        assertThat(Batches.all(shard)).containsExactly("0=a");
        assertThat(slow).isNotDone();
        slow.get(20, TimeUnit.SECONDS);
        disk.slowForces(0);
        assertThat(Batches.all(shard)).containsExactly("0=a", "1=b");
    }

    @Test
    void fullDeviceRefusesPublishesOnlyAndComesBack() throws Exception {
        Shard other = store.create("b", ShardSpec.DEFAULT).get();
        disk.capacity(disk.usedBytes() + (1 << 20));
        long acknowledged = 0;
        while (!store.isFull()) {
            try {
                shard.append(Batches.sized(8000), Durability.SYNC).get();
                acknowledged++;
            } catch (ExecutionException e) {
                assertThat(((StorageException) e.getCause()).kind())
                        .isEqualTo(StorageException.Kind.FULL);
                break;
            }
        }
        assertThat(acknowledged).isPositive();
        assertThat(kindOf(shard.append(Batches.of("no"), Durability.SYNC)))
                .isEqualTo(StorageException.Kind.FULL);
        long kept = acknowledged;
        assertThat(Batches.all(shard)).hasSize((int) kept);
        GroupCursor cursor = shard.cursor("g");
        cursor.acknowledge(0, 5);
        cursor.persist().get(20, TimeUnit.SECONDS);
        other.trim(0).get(20, TimeUnit.SECONDS);
        assertThatThrownBy(
                        () ->
                                store.appendAll(
                                                List.of(new ShardAppend(other, Batches.of("x"))),
                                                Durability.SYNC)
                                        .get())
                .hasCauseInstanceOf(StorageException.class);

        shard.trim(kept).get(20, TimeUnit.SECONDS);
        Await.until(
                () -> {
                    try {
                        shard.append(Batches.of("again"), Durability.SYNC).get();
                        return true;
                    } catch (ExecutionException e) {
                        return false;
                    }
                });
        assertThat(Batches.all(shard)).containsExactly(kept + "=again");
    }

    @Test
    void deviceFullWithoutWarningIsSurvived() throws Exception {
        StorageConfig trusting =
                TestConfigs.quick(
                        "lanes=1", "segment_bytes=256KiB", "reserve_bytes=1", "recycle=0");
        store.close();
        store = SimulatedStores.open(disk, rows, trusting, InstantSource.system());
        shard = store.open("a").orElseThrow();
        disk.capacity(disk.usedBytes() + 100_000);
        List<String> acknowledged = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            try {
                long at =
                        shard.append(Batches.of("v" + i + "x".repeat(5000)), Durability.SYNC)
                                .get(20, TimeUnit.SECONDS)
                                .baseOffset();
                acknowledged.add(at + "=v" + i + "x".repeat(5000));
            } catch (ExecutionException e) {
                assertThat(((StorageException) e.getCause()).kind())
                        .isIn(StorageException.Kind.FULL, StorageException.Kind.UNAVAILABLE);
            }
        }
        assertThat(acknowledged).hasSizeBetween(5, 30);
        disk.capacity(Long.MAX_VALUE / 4);
        Await.until(
                () -> {
                    try {
                        shard.append(Batches.of("again"), Durability.SYNC).get();
                        return true;
                    } catch (ExecutionException e) {
                        return false;
                    }
                });
        assertThat(Batches.all(shard)).containsAll(acknowledged);
    }
}
