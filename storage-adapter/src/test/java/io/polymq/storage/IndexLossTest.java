package io.polymq.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The index is lost: it is made anew from the lanes and gives the same answers. */
@Timeout(60)
class IndexLossTest {

    private static final int SHARDS = 20;

    @TempDir Path folder;

    private LogStore open() {
        return RealStores.open(
                folder, "segment_bytes=64KiB", "clean_percent=120", "lanes=2", "recycle=0");
    }

    private void removeIndex() throws Exception {
        try (Stream<Path> files = Files.walk(folder.resolve("index"))) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** All that can be asked of the shards. */
    private static TreeMap<String, String> answers(ShardStore store) throws Exception {
        TreeMap<String, String> answers = new TreeMap<>();
        for (String name : store.list("").toList()) {
            Shard shard = store.open(name).orElseThrow();
            ShardStatistics counted = shard.statistics();
            answers.put(
                    name,
                    shard.id()
                            + " "
                            + shard.startOffset()
                            + ".."
                            + shard.endOffset()
                            + " "
                            + shard.spec()
                            + " "
                            + counted.records()
                            + " "
                            + counted.bytes()
                            + " "
                            + Batches.all(shard)
                            + shard.groups()
                            + shard.cursor("g").floor()
                            + shard.cursor("g").nextUnacknowledged(3)
                            + shard.maxTimestamp().get()
                            + shard.readByKey(Batches.bytes("k1")).get().offset()
                            + shard.offsetForTime(1_020).get());
        }
        return answers;
    }

    private static void use(LogStore store, long seed) throws Exception {
        Random random = new Random(seed);
        List<Shard> shards = new ArrayList<>();
        for (int i = 0; i < SHARDS; i++) {
            ShardSpec spec = ShardSpec.DEFAULT.withKeyIndex(i % 2 == 0);
            shards.add(
                    store.open("s" + i).isPresent()
                            ? store.open("s" + i).get()
                            : store.create("s" + i, spec).get());
        }
        for (int step = 0; step < 600; step++) {
            Shard shard = shards.get(random.nextInt(SHARDS));
            switch (random.nextInt(12)) {
                case 0 ->
                        shard.trim(
                                        shard.startOffset()
                                                + random.nextLong(
                                                        shard.endOffset()
                                                                - shard.startOffset()
                                                                + 1))
                                .get();
                case 1 -> {
                    shard.cursor("g").acknowledge(random.nextInt(20));
                    shard.cursor("g").persist().get();
                }
                case 2 -> shard.deleteRecords(new long[] {random.nextInt(40)}).get();
                case 3 -> {
                    if (random.nextInt(10) == 0) {
                        store.delete(shard.name()).get();
                        shards.set(
                                shards.indexOf(shard),
                                store.create(shard.name(), ShardSpec.DEFAULT).get());
                    }
                }
                default ->
                        shard.append(
                                        Batches.keyed(
                                                1_000 + random.nextInt(50),
                                                "k" + random.nextInt(4),
                                                "v" + step + "x".repeat(random.nextInt(2_000))),
                                        Durability.OS)
                                .get();
            }
        }
    }

    @Test
    void answersAreTheSameAfterTheIndexWasLost() throws Exception {
        for (long seed = 1; seed <= 4; seed++) {
            LogStore store = open();
            use(store, seed);
            store.close();
            store = open();
            TreeMap<String, String> before = answers(store);
            store.close();
            removeIndex();
            store = open();
            TreeMap<String, String> after = answers(store);
            store.close();
            assertThat(after).as("seed %d", seed).isEqualTo(before);
        }
    }

    @Test
    void damagedIndexIsMadeAnew() throws Exception {
        LogStore store = open();
        use(store, 9);
        store.close();
        store = open();
        TreeMap<String, String> before = answers(store);
        store.close();
        try (Stream<Path> files = Files.list(folder.resolve("index"))) {
            for (Path file : files.filter(f -> f.toString().contains("MANIFEST")).toList()) {
                Files.write(file, new byte[200]);
            }
        }
        store = open();
        assertThat(answers(store)).isEqualTo(before);
        store.close();
    }
}
