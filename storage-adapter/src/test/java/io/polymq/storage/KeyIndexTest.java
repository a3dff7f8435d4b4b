package io.polymq.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An index that is made anew meets batches where the cleaner has put them. */
class KeyIndexTest {

    private static final long SHARD = 3;

    private final LogIndex index =
            new LogIndex(
                    new SortedMemory(),
                    row -> {},
                    failure -> {
                        throw failure;
                    });
    private final Map<Long, ByteBuffer> batches = new HashMap<>();
    private Segment segment;
    private long lsn;

    @BeforeEach
    void openSegment() throws Exception {
        Path path = Path.of("/lane", LaneFormat.fileName(1));
        segment = new Segment(0, 1, 1, path, new SimulatedDisk(new Random(1)).open(path, true));
    }

    private static IndexEvent shard(long end) {
        ShardSpec spec = ShardSpec.DEFAULT.withKeyIndex(true);
        return new IndexEvent.ShardWritten(new ShardState(SHARD, "s", spec, 0, 0, end, 0, 0, -1));
    }

    private IndexEvent batch(long offset, String key, boolean moved) {
        ByteBuffer batch =
                new RecordBatchBuilder().append(1, Batches.bytes(key), null).build(offset, 0);
        batches.put(offset, batch);
        return new BatchRef(
                SHARD,
                null,
                offset,
                offset + 1,
                1,
                1,
                batch.remaining(),
                1,
                moved,
                segment,
                offset * 100);
    }

    private void apply(IndexEvent... events) {
        List<IndexEvent> block = new ArrayList<>(List.of(events));
        index.apply(0, ++lsn, segment, lsn * 100, block, ref -> batches.get(ref.baseOffset));
        index.commit();
    }

    private long newest(String key) {
        return index.newestOf(SHARD, Batches.bytes(key));
    }

    @Test
    void keysOfAMovedBatchThatIsMetForTheFirstTimeAreIndexed() {
        apply(shard(8), batch(7, "k", true));
        assertThat(newest("k")).isEqualTo(7);
    }

    @Test
    void movedBatchBehindANewerOneDoesNotHideIt() {
        apply(shard(6), batch(5, "k", false));
        apply(batch(2, "k", true), batch(3, "other", true), batch(1, "other", true));
        assertThat(newest("k")).isEqualTo(5);
        assertThat(newest("other")).isEqualTo(3);
    }

    @Test
    void keysOfABatchThatIsKnownStayAsTheyAreWhenItIsMoved() {
        apply(shard(2), batch(0, "k", false), batch(1, "k", false));
        apply(new IndexEvent.KeyChanged(SHARD, Batches.bytes("k"), 1, 0));
        apply(batch(1, "k", true));
        assertThat(newest("k")).isZero();
    }

    @Test
    void keysOfBatchesMetBeforeTheShardsStateAreLookedForInTheBatches() {
        apply(batch(4, "k", true), shard(9));
        assertThat(newest("k")).isEqualTo(-1);
        ShardRow row = index.shard(SHARD);
        assertThat(row).isNotNull();
        assertThat(row.keysFrom).isEqualTo(5);
    }
}
