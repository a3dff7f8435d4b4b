package io.polymq.storage;

import io.polymq.config.StorageConfig;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The log driver on a device that forgets, with the power going at any operation of the device,
 * over and over on the same data. Injected: loss, reordering and tearing of what was not forced,
 * undone names, and an index that falls back to any earlier flush.
 */
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class PowerLossTest {

    private static final int SHARDS = 5;

    private final StorageConfig config =
            TestConfigs.quick(
                    "segment_bytes=64KiB",
                    "lanes=2",
                    "own_lanes=1",
                    "recycle=2",
                    "reserve_bytes=1KiB",
                    "tail_cache_bytes=256KiB",
                    "checkpoint_bytes=64KiB",
                    "checkpoint_interval=20ms",
                    "force_interval=5ms",
                    "cursor_interval=5ms",
                    "retention_interval=5ms",
                    "clean_percent=150",
                    "read_threads=1");

    /** {@code -Dpolymq.seed=N} runs that one alone. */
    @Test
    void nothingAcknowledgedIsLostInAThousandPowerLosses() throws Exception {
        long only = Long.getLong("polymq.seed", 0);
        for (long seed = only > 0 ? only : 1; seed <= (only > 0 ? only : 100); seed++) {
            run(seed, 10, false);
        }
    }

    /** The device also fails to force now and then, and forgets what it was asked to force. */
    @Test
    void nothingAcknowledgedIsLostWhereForcesFailAsWell() throws Exception {
        for (long seed = 1; seed <= 15; seed++) {
            run(seed, 10, true);
        }
    }

    /** {@code -Dpolymq.seeds=N} takes so many; each has twenty losses. */
    @Test
    @Tag("long")
    void nothingAcknowledgedIsLostInTwentyThousandPowerLosses() throws Exception {
        long first = System.nanoTime();
        for (long seed = first; seed < first + Long.getLong("polymq.seeds", 1_000); seed++) {
            run(seed, 20, seed % 4 == 0);
        }
    }

    private void run(long seed, int losses, boolean failing) throws Exception {
        try {
            Random random = new Random(seed);
            SimulatedDisk disk = new SimulatedDisk(new Random(seed * 31));
            CrashingRows rows = new CrashingRows(new Random(seed * 17));
            PowerLossModel model = new PowerLossModel();
            Life life = new Life(random, disk, model, failing);
            for (int loss = 0; loss < losses; loss++) {
                life.run(rows, loss);
                if (random.nextInt(12) == 0) {
                    rows = new CrashingRows(new Random(seed * 13 + loss));
                } else {
                    rows.powerLoss();
                }
                disk.powerLoss();
                LogStore store = SimulatedStores.open(disk, rows, config, InstantSource.system());
                try {
                    model.check(store);
                } finally {
                    store.close();
                }
            }
        } catch (Exception | AssertionError e) {
            throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
        }
    }

    /** Opens the store, uses it until the power goes. */
    private final class Life {
        private final Random random;
        private final SimulatedDisk disk;
        private final PowerLossModel model;
        private final boolean failing;
        private final Map<String, Integer> next = new HashMap<>();
        private int group;

        Life(Random random, SimulatedDisk disk, PowerLossModel model, boolean failing) {
            this.failing = failing;
            this.random = random;
            this.disk = disk;
            this.model = model;
        }

        void run(CrashingRows rows, int loss) throws Exception {
            boolean duringOpen = loss > 0 && random.nextInt(8) == 0;
            if (duringOpen) {
                disk.cutAfter(random.nextInt(20));
            }
            LogStore store;
            try {
                store = SimulatedStores.open(disk, rows, config, InstantSource.system());
            } catch (StorageException | CompletionException e) {
                if (!disk.isCut()) {
                    throw e;
                }
                return;
            }
            disk.cutAfter(1 + random.nextInt(300));
            List<CompletableFuture<?>> waiting = new ArrayList<>();
            for (int step = 0; step < 400 && !disk.isCut(); step++) {
                if (failing && random.nextInt(25) == 0) {
                    disk.failForces(1 + random.nextInt(2));
                }
                try {
                    waiting.add(step(store));
                    if (waiting.size() > 8 || random.nextInt(6) == 0) {
                        CompletableFuture<?> all =
                                CompletableFuture.allOf(
                                        waiting.toArray(new CompletableFuture<?>[0]));
                        Await.until(() -> all.isDone() || disk.isCut());
                        waiting.clear();
                    }
                } catch (StorageException e) {
                    waiting.clear();
                }
            }
            disk.cutAfter(0);
            rows.freeze();
            store.close();
        }

        private CompletableFuture<?> step(LogStore store) {
            String name = "s" + random.nextInt(SHARDS);
            PowerLossModel.History history = model.of(name);
            Shard shard = store.open(name).orElse(null);
            if (shard == null) {
                return create(store, name);
            }
            int dice = random.nextInt(100);
            if (dice < 60) {
                return append(shard, history);
            }
            if (dice < 75) {
                return appendAll(store);
            }
            if (dice < 83) {
                return trim(shard, history);
            }
            if (dice < 98) {
                return acknowledge(shard, history);
            }
            return delete(store, name, history);
        }

        private CompletableFuture<?> create(LogStore store, String name) {
            synchronized (model) {
                PowerLossModel.History old = model.of(name);
                if (old.deleteAttempted
                        || old.deleted
                        || !old.created && !old.attempted.isEmpty()) {
                    model.shards.put(name, new PowerLossModel.History());
                    model.groups.values().forEach(parts -> parts.remove(name));
                }
            }
            PowerLossModel.History history = model.of(name);
            boolean own = name.equals("s0");
            return store.create(name, ShardSpec.DEFAULT.withOwnLane(own))
                    .thenAccept(
                            made -> {
                                synchronized (model) {
                                    history.created = true;
                                }
                            });
        }

        private String value(String shard) {
            int number = next.merge(shard, 1, Integer::sum);
            char[] padding = new char[random.nextInt(random.nextInt(10) == 0 ? 6000 : 200)];
            Arrays.fill(padding, 'x');
            return shard + "-" + number + new String(padding);
        }

        private CompletableFuture<?> append(Shard shard, PowerLossModel.History history) {
            String value = value(shard.name());
            Durability level = Durability.values()[random.nextInt(3)];
            synchronized (model) {
                history.attempted.add(value);
            }
            return shard.append(Batches.of(value), level)
                    .thenAccept(
                            place -> {
                                if (level == Durability.SYNC) {
                                    synchronized (model) {
                                        history.forced.put(place.baseOffset(), value);
                                    }
                                }
                            });
        }

        private CompletableFuture<?> appendAll(LogStore store) {
            List<ShardAppend> parts = new ArrayList<>();
            Map<String, String> values = new HashMap<>();
            for (int i = 0; i < SHARDS; i++) {
                Shard shard = store.open("s" + i).orElse(null);
                if (shard != null && random.nextBoolean()) {
                    String value = value(shard.name());
                    values.put(shard.name(), value);
                    parts.add(new ShardAppend(shard, Batches.of(value)));
                }
            }
            synchronized (model) {
                values.forEach((name, value) -> model.of(name).attempted.add(value));
                model.groups.put(group++, values);
            }
            return store.appendAll(parts, Durability.SYNC)
                    .thenAccept(
                            places -> {
                                synchronized (model) {
                                    for (int i = 0; i < places.size(); i++) {
                                        String name = parts.get(i).shard().name();
                                        String value = values.get(name);
                                        if (value != null) {
                                            model.of(name)
                                                    .forced
                                                    .put(places.get(i).baseOffset(), value);
                                        }
                                    }
                                }
                            });
        }

        private CompletableFuture<?> trim(Shard shard, PowerLossModel.History history) {
            long to = shard.startOffset();
            to += random.nextLong(Math.max(1, shard.highWatermark() - to + 1));
            long target = to;
            synchronized (model) {
                history.trimAttempted = Math.max(history.trimAttempted, target);
            }
            return shard.trim(target)
                    .thenAccept(
                            done -> {
                                synchronized (model) {
                                    history.trimmed = Math.max(history.trimmed, target);
                                }
                            });
        }

        private CompletableFuture<?> acknowledge(Shard shard, PowerLossModel.History history) {
            GroupCursor cursor = shard.cursor("g");
            TreeSet<Long> before;
            long offset = random.nextLong(shard.highWatermark() + 1);
            synchronized (model) {
                if (offset < shard.highWatermark()) {
                    history.acknowledged.add(offset);
                    cursor.acknowledge(offset);
                }
                before = new TreeSet<>(history.acknowledged);
            }
            return cursor.persist()
                    .thenAccept(
                            done -> {
                                synchronized (model) {
                                    history.persisted.addAll(before);
                                }
                            });
        }

        private CompletableFuture<?> delete(
                LogStore store, String name, PowerLossModel.History history) {
            synchronized (model) {
                history.deleteAttempted = true;
            }
            return store.delete(name)
                    .thenAccept(
                            done -> {
                                synchronized (model) {
                                    history.deleted = true;
                                }
                            });
        }
    }
}
