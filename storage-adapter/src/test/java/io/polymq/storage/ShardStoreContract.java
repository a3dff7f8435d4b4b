package io.polymq.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every driver promises. */
abstract class ShardStoreContract {

    @TempDir Path folder;
    final ManualClock clock = new ManualClock(1_700_000_000_000L);
    ShardStore store;

    abstract ShardStore open(Path folder, ManualClock clock);

    /** Whether records outlive {@link #reopen}. */
    abstract boolean durable();

    @BeforeEach
    void openStore() {
        store = open(folder, clock);
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    void reopen() {
        store.close();
        store = open(folder, clock);
    }

    Shard shard(String name) throws Exception {
        return shard(name, ShardSpec.DEFAULT);
    }

    Shard shard(String name, ShardSpec spec) throws Exception {
        return store.create(name, spec).get(20, TimeUnit.SECONDS);
    }

    static long append(Shard shard, ByteBuffer batches) throws Exception {
        return shard.append(batches, Durability.SYNC).get(20, TimeUnit.SECONDS).baseOffset();
    }

    static void fails(StorageException.Kind kind, ThrowingCallable call) {
        assertThatThrownBy(call)
                .satisfies(
                        thrown -> {
                            Throwable cause =
                                    thrown instanceof ExecutionException
                                            ? thrown.getCause()
                                            : thrown;
                            assertThat(cause)
                                    .asInstanceOf(
                                            InstanceOfAssertFactories.type(StorageException.class))
                                    .extracting(StorageException::kind)
                                    .isEqualTo(kind);
                        });
    }

    // Shards.

    @Test
    void createdShardIsFoundListedAndDescribed() throws Exception {
        ShardSpec spec = ShardSpec.DEFAULT.withRetention(Duration.ofHours(1), 1 << 20, 99);
        Shard made = shard("a/1", spec);
        shard("b/1");

        assertThat(store.open("a/1")).containsSame(made);
        assertThat(made.spec()).isEqualTo(spec);
        assertThat(store.list("").toList()).containsExactly("a/1", "b/1");
        assertThat(store.list("a/").toList()).containsExactly("a/1");
        assertThat(store.statistics().shards()).isEqualTo(2);
    }

    @Test
    void nameIsTakenOnce() throws Exception {
        shard("a");
        fails(StorageException.Kind.SHARD_EXISTS, () -> shard("a"));
    }

    @Test
    void deletedShardIsGoneAndItsNameFree() throws Exception {
        Shard first = shard("a");
        append(first, Batches.of("x"));
        CountDownLatch told = new CountDownLatch(1);
        first.watchEnd(5, told::countDown);
        store.delete("a").get();

        assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(store.open("a")).isEmpty();
        fails(StorageException.Kind.NO_SUCH_SHARD, () -> append(first, Batches.of("y")));
        fails(StorageException.Kind.NO_SUCH_SHARD, () -> first.read(0, 100, true).get());
        fails(StorageException.Kind.NO_SUCH_SHARD, () -> store.delete("a").get());

        Shard second = shard("a");
        assertThat(second.id()).isNotEqualTo(first.id());
        assertThat(second.endOffset()).isZero();
        assertThat(append(second, Batches.of("z"))).isZero();
        assertThat(Batches.all(second)).containsExactly("0=z");
    }

    @Test
    void specCanBeAltered() throws Exception {
        Shard shard = shard("a");
        ShardSpec other = ShardSpec.DEFAULT.withRetention(Duration.ofDays(3), 5, 6);
        store.alter("a", other).get();
        assertThat(shard.spec()).isEqualTo(other);
        fails(StorageException.Kind.NO_SUCH_SHARD, () -> store.alter("none", other).get());
        if (durable()) {
            reopen();
            assertThat(store.open("a").orElseThrow().spec()).isEqualTo(other);
        }
    }

    // Appending and reading.

    @Test
    void appendsGetOffsetsInOrderAndAreRead() throws Exception {
        Shard shard = shard("a");
        Appended first = shard.append(Batches.of("a", "b"), Durability.SYNC).get();
        Appended second = shard.append(Batches.of("c"), Durability.OS).get();
        Appended third = shard.append(Batches.of("d"), Durability.MEMORY).get();

        assertThat(first.baseOffset()).isZero();
        assertThat(first.nextOffset()).isEqualTo(2);
        assertThat(first.timestamp()).isEqualTo(clock.millis());
        assertThat(second.baseOffset()).isEqualTo(2);
        assertThat(third.baseOffset()).isEqualTo(3);
        assertThat(shard.endOffset()).isEqualTo(4);
        assertThat(shard.highWatermark()).isEqualTo(4);
        assertThat(Batches.all(shard)).containsExactly("0=a", "1=b", "2=c", "3=d");
    }

    @Test
    void severalBatchesInOneAppendGetConsecutiveOffsets() throws Exception {
        Shard shard = shard("a");
        append(shard, Batches.of("x"));
        ByteBuffer two = Batches.together(Batches.of("a", "b"), Batches.of("c"));
        ByteBuffer before = ByteBuffer.allocate(two.remaining()).put(two.duplicate()).flip();

        assertThat(append(shard, two)).isEqualTo(1);
        assertThat(two).isEqualTo(before);
        assertThat(Batches.all(shard)).containsExactly("0=x", "1=a", "2=b", "3=c");
    }

    @Test
    void bufferIsReadBetweenPositionAndLimitOnly() throws Exception {
        Shard shard = shard("a");
        ByteBuffer batch = Batches.of("in");
        ByteBuffer padded = ByteBuffer.allocateDirect(batch.remaining() + 20);
        padded.position(7).put(batch.duplicate());
        padded.flip().position(7);
        append(shard, padded.asReadOnlyBuffer());
        assertThat(Batches.all(shard)).containsExactly("0=in");
    }

    @Test
    void storedBatchDiffersFromTheSentOneInOffsetAndEpochOnly() throws Exception {
        Shard shard = shard("a");
        append(shard, Batches.of("x"));
        ByteBuffer sent =
                new RecordBatchBuilder(BatchCompression.ZSTD)
                        .producer(7, (short) 3, 11)
                        .append(5, Batches.bytes("k"), Batches.bytes("v"))
                        .build();
        append(shard, sent);
        try (ReadResult result = shard.read(1, 1000, false).get()) {
            ByteBuffer read = result.slices().getFirst().toBuffer();
            assertThat(read.getLong(RecordBatches.BASE_OFFSET)).isEqualTo(1);
            assertThat(read.getInt(RecordBatches.LEADER_EPOCH)).isZero();
            assertThat(read.slice(16, read.limit() - 16))
                    .isEqualTo(sent.slice(16, sent.limit() - 16));
        }
    }

    @Test
    void damagedBatchIsRefusedAndNothingOfIt() throws Exception {
        Shard shard = shard("a");
        ByteBuffer bad = Batches.together(Batches.of("good"), Batches.of("bad"));
        bad.put(bad.limit() - 3, (byte) 99);
        fails(StorageException.Kind.CORRUPT_BATCH, () -> append(shard, bad));
        fails(
                StorageException.Kind.CORRUPT_BATCH,
                () -> append(shard, Batches.of("cut").limit(40)));
        fails(StorageException.Kind.CORRUPT_BATCH, () -> append(shard, ByteBuffer.allocate(0)));
        assertThat(shard.endOffset()).isZero();
        assertThat(append(shard, Batches.of("ok"))).isZero();
    }

    @Test
    void appendOverTheLimitIsRefused() throws Exception {
        Shard shard = shard("a");
        int limit = TestConfigs.quick().maxAppendBytes();
        fails(StorageException.Kind.TOO_LARGE, () -> append(shard, Batches.sized(limit)));
        assertThat(append(shard, Batches.sized(limit - 100))).isZero();
        assertThat(shard.read(0, 10, true).get().bytes()).isGreaterThan(limit - 100);
    }

    @Test
    void readBeginsWithTheBatchThatHoldsTheOffset() throws Exception {
        Shard shard = shard("a");
        append(shard, Batches.of("a", "b", "c"));
        append(shard, Batches.of("d", "e"));
        assertThat(Batches.records(shard.read(1, 1000, false).get()))
                .containsExactly("0=a", "1=b", "2=c", "3=d", "4=e");
        assertThat(Batches.records(shard.read(3, 1000, false).get())).containsExactly("3=d", "4=e");
    }

    @Test
    void readIsBoundedByBytes() throws Exception {
        Shard shard = shard("a");
        for (int i = 0; i < 4; i++) {
            append(shard, Batches.sized(100));
        }
        int one = Batches.sized(100).remaining();
        assertThat(shard.read(0, one * 2 + 5, false).get().bytes()).isEqualTo(one * 2);
        assertThat(shard.read(0, one - 1, false).get().slices()).isEmpty();
        assertThat(shard.read(0, one - 1, true).get().bytes()).isEqualTo(one);
    }

    @Test
    void readAtTheEndIsEmptyAndBeyondIsRefused() throws Exception {
        Shard shard = shard("a");
        append(shard, Batches.of("a"));
        ReadResult atEnd = shard.read(1, 100, true).get();
        assertThat(atEnd.slices()).isEmpty();
        assertThat(atEnd.highWatermark()).isEqualTo(1);
        fails(StorageException.Kind.OFFSET_OUT_OF_RANGE, () -> shard.read(2, 100, true).get());
        fails(StorageException.Kind.OFFSET_OUT_OF_RANGE, () -> shard.read(-1, 100, true).get());
    }

    @Test
    void appendsOfOneThreadKeepTheirOrderAndCompleteInOrder() throws Exception {
        Shard shard = shard("a");
        List<Long> bases = new ArrayList<>();
        CountDownLatch done = new CountDownLatch(300);
        for (int i = 0; i < 300; i++) {
            Durability level = Durability.values()[i % 3];
            shard.append(
                    Batches.of("v" + i),
                    level,
                    (base, timestamp, failure) -> {
                        bases.add(base);
                        done.countDown();
                    });
        }
        assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            expected.add(i + "=v" + i);
        }
        assertThat(bases).isSorted().hasSize(300).doesNotContain(-1L);
        assertThat(Batches.all(shard)).isEqualTo(expected);
    }

    @Test
    void writersOfManyThreadsLoseNothing() throws Exception {
        Shard one = shard("one");
        Shard two = shard("two");
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            Shard target = t % 2 == 0 ? one : two;
            String name = "t" + t;
            threads.add(
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        for (int i = 0; i < 200; i++) {
                                            target.append(Batches.of(name + "-" + i), Durability.OS)
                                                    .join();
                                        }
                                    }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        for (Shard shard : List.of(one, two)) {
            List<String> records = Batches.all(shard);
            assertThat(records).hasSize(400).doesNotHaveDuplicates();
            int[] next = new int[4];
            for (String record : records) {
                String[] parts = record.substring(record.indexOf('=') + 2).split("-");
                int thread = Integer.parseInt(parts[0]);
                assertThat(Integer.parseInt(parts[1])).isEqualTo(next[thread]++);
            }
        }
    }

    @Test
    void atomicAppendReachesAllShards() throws Exception {
        Shard one = shard("one");
        Shard two = shard("two");
        append(one, Batches.of("x"));
        List<Appended> places =
                store.appendAll(
                                List.of(
                                        new ShardAppend(one, Batches.of("a")),
                                        new ShardAppend(two, Batches.of("b", "c")),
                                        new ShardAppend(one, Batches.of("d"))),
                                Durability.SYNC)
                        .get();
        assertThat(places.stream().map(Appended::baseOffset)).containsExactly(1L, 0L, 2L);
        assertThat(places.stream().map(Appended::nextOffset)).containsExactly(2L, 2L, 3L);
        assertThat(Batches.all(one)).containsExactly("0=x", "1=a", "2=d");
        assertThat(Batches.all(two)).containsExactly("0=b", "1=c");
        assertThat(store.appendAll(List.of(), Durability.SYNC).get()).isEmpty();
    }

    @Test
    void atomicAppendToADeletedShardChangesNone() throws Exception {
        Shard one = shard("one");
        Shard two = shard("two");
        store.delete("two").get();
        fails(
                StorageException.Kind.NO_SUCH_SHARD,
                () ->
                        store.appendAll(
                                        List.of(
                                                new ShardAppend(one, Batches.of("a")),
                                                new ShardAppend(two, Batches.of("b"))),
                                        Durability.SYNC)
                                .get());
        assertThat(one.endOffset()).isZero();
    }

    // Keys, headers, times.

    @Test
    void newestRecordOfAKeyIsFoundWithAndWithoutIndex() throws Exception {
        for (boolean indexed : new boolean[] {true, false}) {
            Shard shard = shard("k" + indexed, ShardSpec.DEFAULT.withKeyIndex(indexed));
            append(shard, Batches.keyed(1, "a", "1"));
            append(shard, Batches.keyed(2, "b", "2"));
            append(shard, Batches.keyed(3, "a", "3"));
            append(shard, Batches.keyed(4, "b", null));

            KeyedRead a = shard.readByKey(Batches.bytes("a")).get();
            assertThat(a.offset()).isEqualTo(2);
            assertThat(Batches.text(record(a).value())).isEqualTo("3");
            KeyedRead b = shard.readByKey(Batches.bytes("b")).get();
            assertThat(b.offset()).isEqualTo(3);
            assertThat(record(b).value()).isNull();
            KeyedRead none = shard.readByKey(Batches.bytes("c")).get();
            assertThat(none.offset()).isEqualTo(-1);
            assertThat(none.record()).isNull();
        }
    }

    @Test
    void keysWrittenWhileTheIndexWasOffAreFoundWhenItIsOnAgain() throws Exception {
        ShardSpec indexed = ShardSpec.DEFAULT.withKeyIndex(true);
        Shard shard = shard("a", indexed);
        append(shard, Batches.keyed(1, "k", "old"));
        store.alter("a", ShardSpec.DEFAULT).get();
        append(shard, Batches.keyed(2, "k", "new"));
        store.alter("a", indexed).get();
        assertThat(shard.readByKey(Batches.bytes("k")).get().offset()).isEqualTo(1);
        append(shard, Batches.keyed(3, "other", "x"));
        assertThat(shard.readByKey(Batches.bytes("k")).get().offset()).isEqualTo(1);
    }

    private static StoredRecord record(KeyedRead read) {
        StoredRecord record = read.record();
        if (record == null) {
            throw new AssertionError("no record");
        }
        return record;
    }

    @Test
    void recordsAreFoundByHeader() throws Exception {
        Shard shard = shard("a");
        for (int i = 0; i < 6; i++) {
            append(
                    shard,
                    new RecordBatchBuilder()
                            .append(
                                    i,
                                    null,
                                    Batches.bytes("v" + i),
                                    new RecordHeaders()
                                            .add("n", Batches.bytes("" + i))
                                            .add("tag", Batches.bytes(i % 2 == 0 ? "even" : "odd")))
                            .append(i, null, Batches.bytes("plain"))
                            .build());
        }
        ByteBuffer even = Batches.bytes("even");
        assertThat(shard.readByHeader("tag", even, 0, 10).get())
                .extracting(StoredRecord::offset)
                .containsExactly(0L, 4L, 8L);
        assertThat(shard.readByHeader("tag", even, 1, 1).get())
                .extracting(StoredRecord::offset)
                .containsExactly(4L);
        assertThat(shard.readByHeader("none", even, 0, 10).get()).isEmpty();
    }

    @Test
    void offsetForTimeIsTheFirstRecordAtOrAfterIt() throws Exception {
        Shard shard = shard("a");
        assertThat(shard.offsetForTime(0).get()).isEmpty();
        assertThat(shard.maxTimestamp().get()).isEqualTo(new TimedOffset(-1, -1));
        long[] times = {10, 20, 15, 40, 30, 40};
        for (long time : times) {
            append(shard, Batches.at(time, "t" + time));
        }
        assertThat(shard.offsetForTime(0).get()).hasValue(0);
        assertThat(shard.offsetForTime(10).get()).hasValue(0);
        assertThat(shard.offsetForTime(11).get()).hasValue(1);
        assertThat(shard.offsetForTime(21).get()).hasValue(3);
        assertThat(shard.offsetForTime(40).get()).hasValue(3);
        assertThat(shard.offsetForTime(41).get()).isEmpty();
        assertThat(shard.maxTimestamp().get()).isEqualTo(new TimedOffset(3, 40));
        shard.trim(4).get();
        assertThat(shard.offsetForTime(11).get()).hasValue(4);
        assertThat(shard.offsetForTime(31).get()).hasValue(5);
        assertThat(shard.maxTimestamp().get()).isEqualTo(new TimedOffset(5, 40));
    }

    @Test
    void offsetForTimeLooksIntoBatches() throws Exception {
        Shard shard = shard("a");
        RecordBatchBuilder builder = new RecordBatchBuilder();
        for (int i = 0; i < 5; i++) {
            builder.append(100 + i * 10, null, Batches.bytes("x"));
        }
        append(shard, builder.build());
        assertThat(shard.offsetForTime(125).get()).hasValue(3);
        shard.trim(4).get();
        assertThat(shard.offsetForTime(0).get()).hasValue(4);
    }

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

    // Watching.

    @Test
    void watchIsCalledOnceWhenTheEndPasses() throws Exception {
        Shard shard = shard("a");
        AtomicInteger calls = new AtomicInteger();
        CountDownLatch told = new CountDownLatch(1);
        shard.watchEnd(
                1,
                () -> {
                    calls.incrementAndGet();
                    told.countDown();
                });
        append(shard, Batches.of("a"));
        assertThat(calls).hasValue(0);
        append(shard, Batches.of("b"));
        assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
        append(shard, Batches.of("c"));
        assertThat(calls).hasValue(1);
        CountDownLatch passedAlready = new CountDownLatch(1);
        shard.watchEnd(2, passedAlready::countDown);
        assertThat(passedAlready.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void withdrawnWatchIsNotCalled() throws Exception {
        Shard shard = shard("a");
        AtomicInteger calls = new AtomicInteger();
        shard.watchEnd(0, calls::incrementAndGet).close();
        CountDownLatch told = new CountDownLatch(1);
        shard.watchEnd(0, told::countDown);
        append(shard, Batches.of("a"));
        assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(calls).hasValue(0);
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

    // Coming back.

    @Test
    void everythingIsThereAfterReopening() throws Exception {
        if (!durable()) {
            return;
        }
        Shard shard = shard("a", ShardSpec.DEFAULT.withKeyIndex(true));
        for (int i = 0; i < 50; i++) {
            append(shard, Batches.keyed(1000 + i, "k" + i % 7, "v" + i));
        }
        shard.trim(5).get();
        shard.deleteRecords(new long[] {10}).get();
        shard("gone");
        store.delete("gone").get();
        List<String> before = Batches.all(shard);
        ShardStatistics counted = shard.statistics();
        reopen();

        Shard again = store.open("a").orElseThrow();
        assertThat(again.id()).isEqualTo(shard.id());
        assertThat(again.startOffset()).isEqualTo(5);
        assertThat(again.endOffset()).isEqualTo(50);
        assertThat(again.highWatermark()).isEqualTo(50);
        assertThat(Batches.all(again)).isEqualTo(before);
        assertThat(again.statistics().records()).isEqualTo(counted.records());
        assertThat(again.statistics().bytes()).isEqualTo(counted.bytes());
        assertThat(again.readByKey(Batches.bytes("k3")).get().offset()).isEqualTo(45);
        assertThat(again.offsetForTime(1030).get()).hasValue(30);
        assertThat(store.open("gone")).isEmpty();
        assertThat(store.list("").toList()).containsExactly("a");
        assertThat(append(again, Batches.of("next"))).isEqualTo(50);
    }

    @Test
    void closedStoreRefuses() throws Exception {
        Shard shard = shard("a");
        store.close();
        fails(StorageException.Kind.CLOSED, () -> append(shard, Batches.of("x")));
        fails(StorageException.Kind.CLOSED, () -> store.create("b", ShardSpec.DEFAULT).get());
        fails(StorageException.Kind.CLOSED, () -> shard.read(0, 100, true).get());
    }

    @Test
    void listenersNeverRunOnTheCaller() throws Exception {
        Shard shard = shard("a");
        AtomicReference<@Nullable Thread> ran = new AtomicReference<>();
        CompletableFuture<Void> done = new CompletableFuture<>();
        shard.append(
                Batches.of("x"),
                Durability.MEMORY,
                (base, timestamp, failure) -> {
                    ran.set(Thread.currentThread());
                    done.complete(null);
                });
        done.get(10, TimeUnit.SECONDS);
        assertThat(ran.get()).isNotNull().isNotSameAs(Thread.currentThread());
    }
}
