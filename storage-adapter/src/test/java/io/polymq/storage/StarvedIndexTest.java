package io.polymq.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the index has not taken in takes heap, which is bounded whatever the size of records. */
@Timeout(120)
class StarvedIndexTest {

    private static final int APPENDS = 560_000;

    /** More than may be held, less than all: a round or two come on top. */
    private static final int HELD = 530_000;

    @TempDir Path folder;

    private final CountDownLatch gate = new CountDownLatch(1);

    /** Rows that take nothing until the gate opens. */
    private final class GatedRows implements OrderedStore {
        private final SortedMemory rows = new SortedMemory();
        private volatile boolean gated;
        private volatile boolean waiting;

        @Override
        public byte @Nullable [] get(Family family, byte[] key) {
            return rows.get(family, key);
        }

        @Override
        public Walk walk(Family family, byte[] from, byte[] to) {
            return rows.walk(family, from, to);
        }

        @Override
        public Changes changes() {
            return rows.changes();
        }

        @Override
        public void apply(Changes changes, boolean force) {
            if (gated) {
                waiting = true;
                try {
                    gate.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
            rows.apply(changes, force);
        }

        @Override
        public void flush() {
            // in memory
        }

        @Override
        public void checkpoint(Path folder) {
            throw new UnsupportedOperationException("these rows are in memory");
        }

        @Override
        public long bytes() {
            return rows.bytes();
        }

        @Override
        public void close() {
            rows.close();
        }
    }

    @Test
    void aLaneWaitsForAnIndexThatHasFallenFarBehind() throws Exception {
        GatedRows rows = new GatedRows();
        LogStore store =
                SimulatedStores.open(
                        folder,
                        new RealDisk(folder),
                        rows,
                        TestConfigs.quick("lanes=1", "segment_bytes=256MiB", "pending_bytes=1GiB"),
                        InstantSource.system());
        Shard shard = store.create("a", ShardSpec.DEFAULT).get();
        rows.gated = true;
        AtomicInteger written = new AtomicInteger();
        AtomicInteger failed = new AtomicInteger();
        ByteBuffer batch = Batches.of("x");
        for (int i = 0; i < APPENDS; i++) {
            shard.append(
                    batch.duplicate(),
                    Durability.OS,
                    (base, timestamp, failure) ->
                            (failure == null ? written : failed).incrementAndGet());
        }
        LaneWriter lane = store.lane(0);
        assertThat(lane).isNotNull();
        Await.until(lane::waitsForIndex);
        assertThat(written.get()).isLessThan(HELD);
        gate.countDown();
        Await.until(() -> written.get() == APPENDS);
        assertThat(failed).hasValue(0);
        assertThat(shard.highWatermark()).isEqualTo(APPENDS);
        store.close();
    }

    @Test
    void aShardThatNobodyHoldsStaysUntilTheIndexKnowsWhatWasChanged() throws Exception {
        GatedRows rows = new GatedRows();
        LogStore store =
                SimulatedStores.open(
                        folder,
                        new RealDisk(folder),
                        rows,
                        TestConfigs.quick("lanes=1"),
                        InstantSource.system());
        store.create("b", ShardSpec.DEFAULT).get().append(Batches.of("v"), Durability.SYNC).get();
        rows.gated = true;
        store.create("a", ShardSpec.DEFAULT).get().append(Batches.of("v"), Durability.SYNC).get();
        Await.until(() -> rows.waiting);
        store.create("c", ShardSpec.DEFAULT).get();
        GroupCursor cursor = store.open("b").orElseThrow().cursor("g");
        cursor.acknowledge(0);
        cursor.persist().get();
        cursor = null;
        System.gc();
        assertThat(store.open("c")).isPresent();
        assertThat(store.open("b").orElseThrow().cursor("g").floor()).isEqualTo(1);
        gate.countDown();
        store.close();
    }
}
