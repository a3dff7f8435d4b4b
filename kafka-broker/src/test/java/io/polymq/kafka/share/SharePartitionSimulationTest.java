package io.polymq.kafka.share;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.config.StorageConfig;
import io.polymq.core.queue.Queue;
import io.polymq.core.queue.QueueStatistics;
import io.polymq.core.queue.ShardQueues;
import io.polymq.core.topic.Committed;
import io.polymq.core.zone.ShardZone;
import io.polymq.core.zone.Ticks;
import io.polymq.storage.Durability;
import io.polymq.storage.Shard;
import io.polymq.storage.ShardSpec;
import io.polymq.storage.ShardStore;
import io.polymq.storage.ShardStores;
import io.polymq.storage.StorageParams;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.coordinator.group.ShareGroupAutoOffsetResetStrategy;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A share-partition against a model of it: members that take, accept, release, reject, renew, say
 * too late what they think, and vanish, under a clock that the test moves.
 */
class SharePartitionSimulationTest {

    private static final int STEPS = 2_000;
    private static final int LOCK_MILLIS = 30_000;
    private static final int DELIVERIES = 3;
    private static final int LOCKS = 50;
    private static final String[] MEMBERS = {"a", "b", "c", "d"};

    /** What a record has come to. */
    private static final class Expected {
        @Nullable String holder;
        long until;
        int deliveries;
        boolean done;
    }

    private final class World implements AutoCloseable {
        final Random random;
        long millis;
        final ShardZone zone;
        final ShardStore store;
        final Shard shard;
        final Queue queue;
        final SharePartition partition;
        final TreeMap<Long, Expected> model = new TreeMap<>();
        long produced;

        World(long seed) {
            random = new Random(seed);
            zone =
                    new ShardZone(
                            "share",
                            new Ticks(
                                    () -> Instant.ofEpochMilli(1_700_000_000_000L + millis),
                                    () -> millis * 1_000_000L),
                            () -> {});
            store =
                    ShardStores.open(
                            new StorageParams(
                                    Path.of("unused"),
                                    memory(),
                                    InstantSource.system(),
                                    new PrometheusRegistry()));
            shard =
                    store.create(
                                    "p",
                                    new ShardSpec(
                                            Durability.MEMORY,
                                            Duration.ZERO,
                                            0,
                                            0,
                                            false,
                                            Duration.ofDays(1),
                                            64 << 20,
                                            false))
                            .join();
            ShardQueues queues =
                    new ShardQueues(
                            new ShardQueues.Params(store, List.of(zone), List.of(), Runnable::run));
            ShareSettings settings =
                    new ShareSettings(
                            LOCK_MILLIS,
                            DELIVERIES,
                            LOCKS,
                            ShareGroupAutoOffsetResetStrategy.EARLIEST,
                            true,
                            false);
            queue = queues.over(shard, "share.g", settings.spec(), SharePartition.READER);
            SharedView view = new SharedView(shard, new Committed.Everything(shard), false);
            partition = new SharePartition(shard, queue, view);
            settle();
        }

        private StorageConfig memory() {
            StorageConfig c = StorageConfig.DEFAULT;
            return new StorageConfig(
                    "memory",
                    c.lanes(),
                    c.ownLanes(),
                    c.segmentBytes(),
                    c.recycle(),
                    c.reserveBytes(),
                    c.memoryBytes(),
                    c.tailCacheBytes(),
                    c.pendingBytes(),
                    c.maxAppendBytes(),
                    c.checkpointBytes(),
                    c.checkpointInterval(),
                    c.forceInterval(),
                    c.cursorInterval(),
                    c.retentionInterval(),
                    c.cleanRate(),
                    c.cleanPercent(),
                    c.indexCacheBytes(),
                    c.readThreads());
        }

        void settle() {
            while (zone.turn()) {
                // as long as it takes
            }
        }

        void await(BooleanSupplier condition) {
            long until = System.nanoTime() + 20_000_000_000L;
            while (!condition.getAsBoolean()) {
                if (!zone.turn()) {
                    Thread.onSpinWait();
                }
                assertThat(System.nanoTime()).isLessThan(until);
            }
            settle();
        }

        void produce(int records) {
            SimpleRecord[] some = new SimpleRecord[records];
            for (int i = 0; i < records; i++) {
                some[i] = new SimpleRecord(1, null, new byte[] {1});
                model.put(produced + i, new Expected());
            }
            produced += records;
            shard.append(
                            MemoryRecords.withRecords(Compression.NONE, some).buffer(),
                            Durability.MEMORY)
                    .join();
            await(() -> shard.highWatermark() == produced);
            while (known() != model.values().stream().filter(one -> !one.done).count()) {
                settle();
            }
        }

        /** How many the queue knows of, which hears of new ones by and by. */
        long known() {
            CompletableFuture<QueueStatistics> statistics = queue.statistics();
            await(statistics::isDone);
            return statistics.join().ready() + statistics.join().inFlight();
        }

        long held() {
            return model.values().stream().filter(one -> one.holder != null).count();
        }

        /** What the model would hand out. */
        List<Long> available(int most) {
            long room = Math.min(most, LOCKS - held());
            List<Long> offsets = new ArrayList<>();
            for (var entry : model.entrySet()) {
                Expected one = entry.getValue();
                if (offsets.size() < room && !one.done && one.holder == null) {
                    offsets.add(entry.getKey());
                }
            }
            return offsets;
        }

        void take(String member, int most) {
            Acquisition[] ended = new Acquisition[1];
            boolean some = !available(most).isEmpty();
            partition.ask(new Acquisition(member, most, some, one -> ended[0] = one));
            await(() -> ended[0] != null);
            List<Long> got = new ArrayList<>();
            for (int run = 0; run < ended[0].runs(); run++) {
                for (long at = ended[0].first(run); at <= ended[0].last(run); at++) {
                    got.add(at);
                    assertThat((int) ended[0].deliveries(run))
                            .isEqualTo(model.get(at).deliveries + 1);
                }
            }
            assertThat(got).isEqualTo(available(most));
            for (long offset : got) {
                Expected one = model.get(offset);
                one.holder = member;
                one.deliveries++;
                one.until = millis + LOCK_MILLIS;
            }
        }

        void judge(String member) {
            long first = random.nextLong(Math.max(1, produced));
            long last = Math.min(produced - 1, first + random.nextInt(8));
            if (last < first) {
                return;
            }
            boolean oneForAll = random.nextBoolean();
            List<Byte> types = new ArrayList<>();
            for (long at = first; at <= (oneForAll ? first : last); at++) {
                types.add((byte) random.nextInt(5));
            }
            CompletableFuture<Errors> result =
                    partition.acknowledge(member, List.of(new Verdicts(first, last, types)));
            await(result::isDone);
            boolean all = true;
            for (long at = first; at <= last; at++) {
                all &= member.equals(model.get(at).holder);
            }
            assertThat(result.join()).isEqualTo(all ? Errors.NONE : Errors.INVALID_RECORD_STATE);
            for (long at = first; at <= last && all; at++) {
                judged(model.get(at), types.get(oneForAll ? 0 : (int) (at - first)));
            }
        }

        void judged(Expected one, byte type) {
            switch (type) {
                case Verdicts.RENEW -> one.until = millis + LOCK_MILLIS;
                case Verdicts.RELEASE -> letGo(one);
                default -> {
                    one.holder = null;
                    one.done = true;
                }
            }
        }

        void letGo(Expected one) {
            one.holder = null;
            one.done = one.deliveries >= DELIVERIES;
        }

        void leave(String member) {
            partition.leave(member);
            settle();
            model.values().stream().filter(one -> member.equals(one.holder)).forEach(this::letGo);
        }

        void pass(int time) {
            millis += time;
            settle();
            model.values().stream()
                    .filter(one -> one.holder != null && one.until <= millis)
                    .forEach(this::letGo);
        }

        @Override
        public void close() {
            store.close();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void doesWhatTheModelDoes(long seed) {
        try (World world = new World(seed)) {
            world.produce(20);
            for (int step = 0; step < STEPS; step++) {
                String member = MEMBERS[world.random.nextInt(MEMBERS.length)];
                switch (world.random.nextInt(12)) {
                    case 0 -> world.produce(1 + world.random.nextInt(10));
                    case 1, 2, 3 -> world.take(member, 1 + world.random.nextInt(20));
                    case 4, 5, 6, 7, 8, 9 -> world.judge(member);
                    case 10 -> world.pass(1000 * world.random.nextInt(20));
                    default -> world.leave(member);
                }
            }
            finish(world);
        }
    }

    /** All that is left can be had and accepted, and then nothing is left. */
    private static void finish(World world) {
        for (String member : MEMBERS) {
            world.leave(member);
        }
        while (!world.available(LOCKS).isEmpty()) {
            world.take("a", LOCKS);
            for (var entry : world.model.entrySet()) {
                if ("a".equals(entry.getValue().holder)) {
                    CompletableFuture<Errors> result =
                            world.partition.acknowledge(
                                    "a",
                                    List.of(
                                            new Verdicts(
                                                    entry.getKey(),
                                                    entry.getKey(),
                                                    List.of(Verdicts.ACCEPT))));
                    world.await(result::isDone);
                    assertThat(result.join()).isEqualTo(Errors.NONE);
                    world.judged(entry.getValue(), Verdicts.ACCEPT);
                }
            }
        }
        assertThat(world.shard.cursor("share.g").floor()).isEqualTo(world.produced);
    }
}
