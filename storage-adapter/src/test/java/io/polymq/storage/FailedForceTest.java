package io.polymq.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.config.StorageConfig;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A force fails and the device forgets what it was asked to make safe, as Linux does: the next
 * force of the same file succeeds without it, and must not be believed.
 */
@Timeout(60)
class FailedForceTest {

    private final StorageConfig config =
            TestConfigs.quick(
                    "lanes=1",
                    "recycle=0",
                    "reserve_bytes=64KiB",
                    "force_interval=1h",
                    "cursor_interval=1h",
                    "retention_interval=1h");
    private final StorageConfig two =
            TestConfigs.quick("lanes=2", "recycle=0", "force_interval=1h");
    private SimulatedDisk disk = new SimulatedDisk(new Random(5));
    private CrashingRows rows = new CrashingRows(new Random(6));
    private LogStore store;
    private Shard shard;

    @BeforeEach
    void openWithOneWrittenRecord() throws Exception {
        store = SimulatedStores.open(disk, rows, config, InstantSource.system());
        shard = store.create("a", ShardSpec.DEFAULT).get();
        shard.append(Batches.of("written"), Durability.OS).get();
    }

    @AfterEach
    void close() {
        store.close();
    }

    private LaneWriter lane() {
        LaneWriter lane = store.lane(0);
        assertThat(lane).isNotNull();
        return lane;
    }

    private CompletableFuture<Appended> heldAppend(String value, Durability durability)
            throws Exception {
        disk.holdWrites();
        CompletableFuture<Appended> append = shard.append(Batches.of(value), durability);
        Await.until(disk::isWriteHeld);
        return append;
    }

    private void forceFailsWhileTheWriterIsBusy() {
        disk.failForces(1);
        lane().forceWritten();
    }

    private void appendSafely(String value) throws Exception {
        Await.until(
                () -> {
                    try {
                        shard.append(Batches.of(value), Durability.SYNC).get();
                        return true;
                    } catch (ExecutionException e) {
                        return false;
                    }
                });
    }

    private List<String> afterPowerLoss() throws Exception {
        disk.cutAfter(0);
        rows.freeze();
        store.close();
        disk.powerLoss();
        rows.powerLoss();
        store = SimulatedStores.open(disk, rows, config, InstantSource.system());
        shard = store.open("a").orElseThrow();
        return Batches.all(shard);
    }

    @Test
    void nextForceInTheBackgroundIsNotBelieved() throws Exception {
        heldAppend("meanwhile", Durability.OS);
        forceFailsWhileTheWriterIsBusy();
        lane().forceWritten();
        disk.releaseWrites();
        appendSafely("last");
        List<String> there = Batches.all(shard);
        assertThat(there).startsWith("0=written", "1=meanwhile");
        assertThat(afterPowerLoss()).isEqualTo(there);
    }

    @Test
    void forceOfAnAppendBehindItIsNotBelieved() throws Exception {
        CompletableFuture<Appended> append = heldAppend("perhaps", Durability.SYNC);
        forceFailsWhileTheWriterIsBusy();
        disk.releaseWrites();
        assertThat(append)
                .failsWithin(20, TimeUnit.SECONDS)
                .withThrowableOfType(ExecutionException.class)
                .withMessageContaining("recovers from a failure");
        appendSafely("last");
        List<String> there = Batches.all(shard);
        assertThat(there).startsWith("0=written");
        assertThat(afterPowerLoss()).isEqualTo(there);
    }

    @Test
    void whatWasWrittenOutlivesAForceThatFailsWhileTheStoreIsClosed() throws Exception {
        disk.failForces(1);
        store.close();
        assertThat(afterPowerLoss()).containsExactly("0=written");
    }

    @Test
    void movedBatchesOfShardsThatNobodyUsesAreCarriedOverToo() throws Exception {
        SimulatedDisk other = new SimulatedDisk(new Random(7));
        Segment old = segment(other, 1);
        Segment next = segment(other, 2);
        BatchRef ref = new BatchRef(9, null, 0, 1, 0, 0, 100, 1, true, old, 200);
        LaneRound round = new LaneRound(old);
        round.lsn = 5;
        round.position = 128;
        round.events.add(ref);
        LaneBlock block = new LaneBlock();
        block.begin(128);
        block.entry(LaneFormat.TRIM, 9, new byte[8]);
        round.end = 128L + block.finish(5, 4, 0, 1).remaining();
        block.begin(128);
        block.entry(LaneFormat.TRIM, 9, new byte[8]);
        old.file().write(block.finish(5, 4, 0, 1), 128);

        LaneRepair repair = LaneRepair.read(old, List.of(round), 4, round.end);
        repair.copyTo(next, 1_128, 6);
        repair.relocated(next);

        assertThat(ref.segment).isSameAs(next);
        assertThat(ref.position).isEqualTo(1_200);
    }

    @Test
    void anAtomicAppendWhoseIntentIsCarriedOverReachesTheOtherLanesBeforeLaterOnes()
            throws Exception {
        store.close();
        store =
                SimulatedStores.open(
                        disk, new CrashingRows(new Random(8)), two, InstantSource.system());
        Shard one = store.create("one", ShardSpec.DEFAULT).get();
        Shard other = store.create("other", ShardSpec.DEFAULT).get();
        disk.failForces(1);
        assertThat(together(one, other, "first"))
                .failsWithin(20, TimeUnit.SECONDS)
                .withThrowableOfType(ExecutionException.class)
                .withMessageContaining("recovers from a failure");
        Await.until(
                () -> {
                    try {
                        together(one, other, "second").get();
                        return true;
                    } catch (ExecutionException e) {
                        return false;
                    }
                });
        assertThat(Batches.all(one)).containsExactly("0=first", "1=second");
        assertThat(Batches.all(other)).containsExactly("0=first", "1=second");
    }

    @Test
    void whatWasChangedInABlockThatIsCarriedOverIsChangedAtOnce() throws Exception {
        shard.append(Batches.of("gone"), Durability.SYNC).get();
        store.create("b", ShardSpec.DEFAULT).get();
        disk.failForces(1);
        assertThat(shard.deleteRecords(new long[] {1}))
                .failsWithin(20, TimeUnit.SECONDS)
                .withThrowableOfType(ExecutionException.class);
        appendSafely("last");
        assertThat(Batches.all(shard)).startsWith("0=written").doesNotContain("1=gone");

        disk.failForces(1);
        assertThat(shard.trim(1))
                .failsWithin(20, TimeUnit.SECONDS)
                .withThrowableOfType(ExecutionException.class);
        appendSafely("behind");
        assertThat(shard.startOffset()).isEqualTo(1);

        disk.failForces(1);
        assertThat(store.delete("b"))
                .failsWithin(20, TimeUnit.SECONDS)
                .withThrowableOfType(ExecutionException.class);
        appendSafely("more");
        assertThat(store.open("b")).isEmpty();
        assertThat(store.create("b", ShardSpec.DEFAULT).get().endOffset()).isZero();
    }

    @Test
    void powerThatGoesAnywhereWhileBlocksAreCarriedOverLeavesAStoreThatOpens() throws Exception {
        for (int seed = 1; seed <= 20; seed++) {
            for (int operations = 1; operations <= 12; operations++) {
                store.close();
                disk = new SimulatedDisk(new Random(seed));
                rows = new CrashingRows(new Random(seed));
                store = SimulatedStores.open(disk, rows, config, InstantSource.system());
                shard = store.create("a", ShardSpec.DEFAULT).get();
                shard.append(Batches.of("safe"), Durability.SYNC).get();
                shard.append(Batches.of("written"), Durability.OS).get();
                disk.failForces(1);
                lane().forceWritten();
                disk.cutAfter(operations);
                CompletableFuture<Appended> last =
                        shard.append(Batches.of("last"), Durability.SYNC);
                Await.until(() -> last.isDone() || disk.isCut());

                assertThat(afterPowerLoss())
                        .as("seed %d, %d operations", seed, operations)
                        .startsWith("0=safe");
            }
        }
    }

    @Test
    void powerThatGoesAnywhereWhileAPartIsCarriedOverLeavesAllPartsOrNone() throws Exception {
        for (int seed = 1; seed <= 20; seed++) {
            for (int operations = 4; operations <= 14; operations++) {
                store.close();
                disk = new SimulatedDisk(new Random(seed));
                rows = new CrashingRows(new Random(seed));
                store = SimulatedStores.open(disk, rows, two, InstantSource.system());
                Shard one = store.create("one", ShardSpec.DEFAULT).get();
                Shard other = store.create("other", ShardSpec.DEFAULT).get();
                disk.failForces(1, "lane-1");
                disk.cutAfter(operations);
                CompletableFuture<List<Appended>> both = together(one, other, "v");
                Await.until(() -> both.isDone() || disk.isCut());
                disk.cutAfter(0);
                rows.freeze();
                store.close();
                disk.powerLoss();
                rows.powerLoss();
                store = SimulatedStores.open(disk, rows, two, InstantSource.system());
                assertThat(Batches.all(store.open("one").orElseThrow()))
                        .as("seed %d, %d operations", seed, operations)
                        .isEqualTo(Batches.all(store.open("other").orElseThrow()));
            }
        }
    }

    private boolean isDeleted(String shard) throws InterruptedException {
        try {
            store.delete(shard).get();
            return true;
        } catch (ExecutionException e) {
            assertThat(e).hasMessageContaining("recovers from a failure");
            return false;
        }
    }

    @Test
    void shardWhoseMakingIsCarriedOverIsNotMadeTwice() throws Exception {
        store.close();
        store =
                SimulatedStores.open(
                        disk, new CrashingRows(new Random(8)), two, InstantSource.system());
        disk.failForces(2); // the repair has to try twice, so that the second lane comes before it
        assertThat(store.create("b", ShardSpec.DEFAULT))
                .failsWithin(20, TimeUnit.SECONDS)
                .withThrowableOfType(ExecutionException.class)
                .withMessageContaining("recovers from a failure");
        assertThat(store.create("b", ShardSpec.DEFAULT))
                .failsWithin(20, TimeUnit.SECONDS)
                .withThrowableOfType(ExecutionException.class)
                .withMessageContaining("exists already");
        Await.until(() -> store.open("b").isPresent());
        assertThat(store.statistics().shards()).isEqualTo(2);

        Await.until(() -> isDeleted("b")); // it is shown before the lane takes anything again
        store.close();
        store =
                SimulatedStores.open(
                        disk, new CrashingRows(new Random(9)), two, InstantSource.system());
        assertThat(store.open("b")).isEmpty();
    }

    @Test
    void deletedShardIsNotBackWhenItsSuccessorCannotBeMade() throws Exception {
        store.create("b", ShardSpec.DEFAULT).get();
        rows.hold();
        appendSafely("what the index is busy with");
        Await.until(rows::isHolding);
        CompletableFuture<Void> delete = store.delete("b");
        Await.until(() -> store.open("b").isEmpty());
        disk.failWrites(1);
        assertThat(store.create("b", ShardSpec.DEFAULT))
                .failsWithin(20, TimeUnit.SECONDS)
                .withThrowableOfType(ExecutionException.class);
        assertThat(store.open("b")).isEmpty();
        rows.letThrough();
        delete.get();
        assertThat(store.open("b")).isEmpty();
    }

    private CompletableFuture<List<Appended>> together(Shard one, Shard other, String value) {
        return store.appendAll(
                List.of(
                        new ShardAppend(one, Batches.of(value)),
                        new ShardAppend(other, Batches.of(value))),
                Durability.SYNC);
    }

    private static Segment segment(SimulatedDisk disk, long id) throws Exception {
        Path path = Path.of("/lane", LaneFormat.fileName(id));
        return new Segment(0, id, 1, path, disk.open(path, true));
    }

    @Test
    void forcesThatFailAgainAndAgainLoseNothingWritten() throws Exception {
        List<String> written = new ArrayList<>(List.of("0=written"));
        for (int i = 0; i < 20; i++) {
            String value = "v" + i;
            disk.failForces(i % 3);
            lane().forceWritten();
            Await.until(
                    () -> {
                        try {
                            long at =
                                    shard.append(Batches.of(value), Durability.OS)
                                            .get()
                                            .baseOffset();
                            written.add(at + "=" + value);
                            return true;
                        } catch (ExecutionException e) {
                            return false;
                        }
                    });
        }
        disk.failForces(0);
        appendSafely("last");
        assertThat(afterPowerLoss()).containsAll(written);
    }
}
