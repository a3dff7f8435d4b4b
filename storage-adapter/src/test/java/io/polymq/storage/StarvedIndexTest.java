package io.polymq.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
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

    private final CrashingRows rows = new CrashingRows(new Random(3));

    private LogStore open(String... settings) throws Exception {
        return SimulatedStores.open(
                folder,
                new RealDisk(folder),
                rows,
                TestConfigs.quick(settings),
                InstantSource.system());
    }

    @Test
    void aLaneWaitsForAnIndexThatHasFallenFarBehind() throws Exception {
        LogStore store = open("lanes=1", "segment_bytes=256MiB", "pending_bytes=1GiB");
        Shard shard = store.create("a", ShardSpec.DEFAULT).get();
        rows.hold();
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
        rows.letThrough();
        Await.until(() -> written.get() == APPENDS);
        assertThat(failed).hasValue(0);
        assertThat(shard.highWatermark()).isEqualTo(APPENDS);
        store.close();
    }

    @Test
    void aShardThatNobodyHoldsStaysUntilTheIndexKnowsWhatWasChanged() throws Exception {
        LogStore store = open("lanes=1");
        store.create("b", ShardSpec.DEFAULT).get().append(Batches.of("v"), Durability.SYNC).get();
        rows.hold();
        store.create("a", ShardSpec.DEFAULT).get().append(Batches.of("v"), Durability.SYNC).get();
        Await.until(rows::isHolding);
        store.create("c", ShardSpec.DEFAULT).get();
        GroupCursor cursor = store.open("b").orElseThrow().cursor("g");
        cursor.acknowledge(0);
        cursor.persist().get();
        cursor = null;
        System.gc();
        assertThat(store.open("c")).isPresent();
        assertThat(store.open("b").orElseThrow().cursor("g").floor()).isEqualTo(1);
        rows.letThrough();
        store.close();
    }
}
