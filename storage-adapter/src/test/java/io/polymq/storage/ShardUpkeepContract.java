package io.polymq.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What every driver promises of what goes away: records, limits, cursors. */
abstract class ShardUpkeepContract extends StoreUnderTest {

    // Trimming and deleting.

    @Test
    void trimMovesTheStartAndOnlyForward() throws Exception {
        Shard shard = shard("a");
        append(shard, Batches.of("a", "b", "c"));
        append(shard, Batches.of("d"));
        shard.trim(2).get();

        assertThat(shard.startOffset()).isEqualTo(2);
        assertThat(Batches.all(shard)).containsExactly("2=c", "3=d");
        assertThat(shard.statistics().records()).isEqualTo(2);
        fails(StorageException.Kind.OFFSET_OUT_OF_RANGE, () -> shard.read(1, 10, true).get());
        shard.trim(1).get();
        assertThat(shard.startOffset()).isEqualTo(2);
        fails(StorageException.Kind.OFFSET_OUT_OF_RANGE, () -> shard.trim(5).get());
        shard.trim(4).get();
        assertThat(Batches.all(shard)).isEmpty();
        assertThat(shard.statistics().records()).isZero();
        assertThat(shard.statistics().bytes()).isZero();
        assertThat(append(shard, Batches.of("e"))).isEqualTo(4);
    }

    @Test
    void deletedRecordsLeaveHoles() throws Exception {
        Shard shard = shard("a", ShardSpec.DEFAULT.withKeyIndex(true));
        append(shard, Batches.of("a", "b", "c"));
        append(shard, Batches.keyed(1, "k", "old"));
        append(shard, Batches.keyed(1, "k", "new"));
        append(shard, Batches.of("z"));
        shard.deleteRecords(new long[] {4, 1}).get();

        assertThat(Batches.all(shard)).containsExactly("0=a", "2=c", "3=old", "5=z");
        assertThat(shard.statistics().records()).isEqualTo(4);
        assertThat(shard.readByKey(Batches.bytes("k")).get().offset()).isEqualTo(3);
        assertThat(shard.endOffset()).isEqualTo(6);
        assertThat(Batches.records(shard.read(4, 1000, true).get())).containsExactly("5=z");
    }

    @Test
    void deletedLastRecordKeepsTheEnd() throws Exception {
        Shard shard = shard("a");
        append(shard, Batches.of("a"));
        append(shard, Batches.of("b"));
        shard.deleteRecords(new long[] {1}).get();
        assertThat(Batches.all(shard)).containsExactly("0=a");
        assertThat(shard.read(1, 100, true).get().slices()).isEmpty();
        assertThat(append(shard, Batches.of("c"))).isEqualTo(2);
        assertThat(Batches.records(shard.read(1, 100, true).get())).containsExactly("2=c");
    }

    @Test
    void deleteByKeyRemovesAllOfItsRecords() throws Exception {
        for (boolean indexed : new boolean[] {true, false}) {
            Shard shard = shard("d" + indexed, ShardSpec.DEFAULT.withKeyIndex(indexed));
            append(shard, Batches.keyed(1, "a", "1"));
            append(shard, Batches.keyed(1, "b", "2"));
            append(shard, Batches.keyed(1, "a", "3"));
            assertThat(shard.deleteByKey(Batches.bytes("a")).get()).isEqualTo(2);
            assertThat(Batches.all(shard)).containsExactly("1=2");
            assertThat(shard.readByKey(Batches.bytes("a")).get().record()).isNull();
            assertThat(shard.deleteByKey(Batches.bytes("a")).get()).isZero();
        }
    }

    // Cursors.

    @Test
    void cursorKeepsFloorRangesAndAttachment() throws Exception {
        Shard shard = shard("a");
        append(shard, Batches.of("a", "b", "c", "d", "e", "f"));
        GroupCursor cursor = shard.cursor("g");
        assertThat(cursor.floor()).isZero();
        cursor.acknowledge(0);
        cursor.acknowledge(2, 4);
        cursor.attach(new byte[] {1, 2, 3});

        assertThat(cursor.floor()).isEqualTo(1);
        assertThat(cursor.isAcknowledged(2)).isTrue();
        assertThat(cursor.isAcknowledged(1)).isFalse();
        assertThat(cursor.nextUnacknowledged(0)).isEqualTo(1);
        assertThat(cursor.nextUnacknowledged(2)).isEqualTo(4);
        assertThat(shard.cursor("g")).isSameAs(cursor);
        cursor.persist().get();
        assertThat(shard.groups()).containsExactly("g");

        if (durable()) {
            reopen();
            GroupCursor again = store.open("a").orElseThrow().cursor("g");
            assertThat(again.floor()).isEqualTo(1);
            assertThat(again.isAcknowledged(3)).isTrue();
            assertThat(again.nextUnacknowledged(2)).isEqualTo(4);
            assertThat(again.attachment()).containsExactly(1, 2, 3);
        }
    }

    @Test
    void cursorIsResetAndDeleted() throws Exception {
        Shard shard = shard("a");
        append(shard, Batches.of("a", "b", "c", "d", "e", "f"));
        GroupCursor cursor = shard.cursor("g");
        cursor.acknowledge(0, 3);
        cursor.acknowledge(5);
        cursor.reset(1, false);
        assertThat(cursor.floor()).isEqualTo(1);
        assertThat(cursor.isAcknowledged(2)).isFalse();
        assertThat(cursor.isAcknowledged(5)).isTrue();
        cursor.reset(0, true);
        assertThat(cursor.isAcknowledged(5)).isFalse();
        cursor.reset(4, false);
        cursor.persist().get();
        shard.deleteCursor("g").get();
        assertThat(shard.groups()).isEmpty();
        assertThat(shard.cursor("g").floor()).isZero();
    }

    @Test
    void newCursorBeginsAtTheStart() throws Exception {
        Shard shard = shard("a");
        append(shard, Batches.of("a", "b", "c"));
        shard.trim(2).get();
        assertThat(shard.cursor("late").floor()).isEqualTo(2);
    }

    // Limits.

    @Test
    void limitsMoveTheStart() throws Exception {
        Shard byRecords = shard("r", ShardSpec.DEFAULT.withRetention(Duration.ZERO, 0, 3));
        int one = Batches.of("x").remaining();
        Shard byBytes = shard("b", ShardSpec.DEFAULT.withRetention(Duration.ZERO, one * 2L, 0));
        Shard byTime = shard("t", ShardSpec.DEFAULT.withRetention(Duration.ofMinutes(5), 0, 0));
        for (int i = 0; i < 5; i++) {
            append(byRecords, Batches.of("x"));
            append(byBytes, Batches.of("x"));
            append(byTime, Batches.at(clock.millis() - (i < 2 ? 600_000 : 0), "x"));
        }
        Await.until(() -> byRecords.startOffset() == 2);
        Await.until(() -> byBytes.startOffset() == 3);
        Await.until(() -> byTime.startOffset() == 2);
    }

    @Test
    void compactionKeepsTheNewestOfEachKey() throws Exception {
        Shard shard = shard("c");
        long now = clock.millis();
        append(shard, Batches.keyed(now, "a", "1"));
        append(shard, Batches.keyed(now, "b", "2"));
        append(shard, Batches.keyed(now, "a", "3"));
        append(shard, Batches.of("keyless"));
        append(shard, Batches.keyed(now, "b", null));
        append(shard, Batches.keyed(now - 600_000, "old", null));
        append(shard, Batches.keyed(now, "c", "6"));
        // only now: a shard that was compacted half-way waits until it has grown by half
        ShardSpec compacted =
                ShardSpec.DEFAULT
                        .withCompaction(true)
                        .withTombstoneRetention(Duration.ofMinutes(5));
        store.alter("c", compacted).get();
        List<String> wanted = List.of("2=3", "3=keyless", "4=null", "6=6");
        Await.until(() -> Batches.all(shard).equals(wanted));
        assertThat(shard.endOffset()).isEqualTo(7);
        assertThat(shard.readByKey(Batches.bytes("a")).get().offset()).isEqualTo(2);
    }

    @Test
    void compactionLetsOnlyCommittedRecordsSupersedeOthers() throws Exception {
        Shard shard = shard("c");
        append(shard, Batches.keyed(clock.millis(), "a", "kept"));
        append(shard, inTransaction(7, "a", "aborted"));
        append(shard, marker(7, 0));
        append(shard, Batches.keyed(clock.millis(), "b", "superseded"));
        append(shard, inTransaction(8, "b", "committed"));
        append(shard, marker(8, 1));
        append(shard, inTransaction(9, "a", "open"));
        append(shard, Batches.keyed(clock.millis(), "c", "last"));
        store.alter("c", ShardSpec.DEFAULT.withCompaction(true)).get();
        Await.until(() -> !Batches.all(shard).contains("3=superseded"));
        assertThat(Batches.all(shard)).contains("0=kept", "4=committed", "6=open", "7=last");
    }

    private ByteBuffer inTransaction(long producer, String key, String value) {
        return new RecordBatchBuilder()
                .attributes(RecordBatches.TRANSACTIONAL)
                .producer(producer, (short) 0, 0)
                .append(clock.millis(), Batches.bytes(key), Batches.bytes(value))
                .build();
    }

    private ByteBuffer marker(long producer, int type) {
        ByteBuffer key = ByteBuffer.allocate(4).putShort((short) 0).putShort((short) type).flip();
        return new RecordBatchBuilder()
                .attributes(RecordBatches.TRANSACTIONAL | RecordBatches.CONTROL)
                .producer(producer, (short) 0, -1)
                .append(clock.millis(), key, ByteBuffer.allocate(6))
                .build();
    }
}
