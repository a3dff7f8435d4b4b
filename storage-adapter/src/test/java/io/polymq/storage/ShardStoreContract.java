package io.polymq.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every driver promises. */
abstract class ShardStoreContract extends ShardUpkeepContract {

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

    @Test
    void bytesOfAShardAreKnownThoughItIsNotInUse() throws Exception {
        Shard shard = shard("a");
        int one = Batches.of("x").remaining();
        append(shard, Batches.of("x"));
        append(shard, Batches.of("y"));
        assertThat(store.bytes("a")).isEqualTo(2L * one);
        assertThat(store.bytes("none")).isZero();
        shard.trim(1).get();
        assertThat(store.bytes("a")).isEqualTo(one);
        if (durable()) {
            reopen();
            assertThat(store.bytes("a")).isEqualTo(one);
        }
        store.delete("a").get();
        assertThat(store.bytes("a")).isZero();
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
    void oneRecordIsReadByItsOffset() throws Exception {
        Shard shard = shard("a");
        append(shard, Batches.together(Batches.of("a", "b"), Batches.of("c", "d", "e")));
        append(shard, Batches.of("f"));
        shard.deleteRecords(new long[] {3}).get();
        shard.trim(1).get();
        assertThat(values(shard)).containsExactly(null, "b", "c", null, "e", "f", null);
        if (durable()) {
            reopen();
            assertThat(values(store.open("a").orElseThrow()))
                    .containsExactly(null, "b", "c", null, "e", "f", null);
        }
        Shard gone = store.open("a").orElseThrow();
        store.delete("a").get();
        fails(StorageException.Kind.NO_SUCH_SHARD, () -> gone.readRecord(1).get());
    }

    private static List<String> values(Shard shard) throws Exception {
        List<String> values = new ArrayList<>();
        for (long offset = 0; offset <= shard.endOffset(); offset++) {
            StoredRecord found = shard.readRecord(offset).get().orElse(null);
            values.add(found == null ? null : Batches.text(found.value()));
            assertThat(found == null || found.offset() == values.size() - 1).isTrue();
        }
        return values;
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
