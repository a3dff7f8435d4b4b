package io.polymq.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process that writes is killed again and again; a crash of the process, not of the machine. */
@Timeout(1_800)
class KillTest {

    private static final int SHARDS = 4;

    @TempDir Path folder;

    @Test
    void acknowledgedRecordsOutliveThreeKills() throws Exception {
        killed(3, 21);
    }

    @Test
    @Tag("long")
    void acknowledgedRecordsOutliveAHundredKills() throws Exception {
        killed(100, System.nanoTime());
    }

    private void killed(int rounds, long seed) throws Exception {
        Random random = new Random(seed);
        Map<String, Set<String>> acknowledged = new HashMap<>();
        Map<String, Long> ends = new HashMap<>();
        for (int round = 0; round < rounds; round++) {
            Map<String, Set<String>> now = killedOnce(round, 200 + random.nextInt(3_000));
            check(now, ends, seed);
            now.forEach(
                    (shard, records) ->
                            acknowledged
                                    .computeIfAbsent(shard, absent -> new HashSet<>())
                                    .addAll(records));
        }
        check(acknowledged, new HashMap<>(), seed);
    }

    /** What the child said was acknowledged, by shard. */
    private Map<String, Set<String>> killedOnce(int round, int wanted) throws Exception {
        Map<String, Set<String>> acknowledged = new HashMap<>();
        Process child =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:TieredStopAtLevel=1",
                                "-XX:+UseSerialGC",
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Writer.class.getName(),
                                folder.toString(),
                                "" + round)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
            String line;
            int seen = 0;
            while ((line = lines.readLine()) != null) {
                if (line.endsWith(";")) {
                    String[] parts = line.substring(0, line.length() - 1).split(" ", 2);
                    acknowledged.computeIfAbsent(parts[0], absent -> new HashSet<>()).add(parts[1]);
                }
                if (++seen == wanted) {
                    ProcessHandle.of(child.pid()).ifPresent(ProcessHandle::destroyForcibly);
                }
            }
        }
        assertThat(child.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(acknowledged).as("shards that got something in round %d", round).isNotEmpty();
        return acknowledged;
    }

    /**
     * Reads on where the shards ended before, so that a hundred rounds do not take the square of
     * their time; the ends are moved on.
     */
    private void check(Map<String, Set<String>> acknowledged, Map<String, Long> ends, long seed)
            throws Exception {
        LogStore store = Writer.open(folder);
        try {
            for (Map.Entry<String, Set<String>> entry : acknowledged.entrySet()) {
                Shard shard = store.open(entry.getKey()).orElseThrow();
                long from = ends.getOrDefault(shard.name(), 0L);
                List<String> records = Batches.from(shard, from);
                List<String> values = new ArrayList<>();
                for (String record : records) {
                    values.add(record.substring(record.indexOf('=') + 1));
                }
                assertThat(values).as("seed %d", seed).doesNotHaveDuplicates();
                assertThat(new HashSet<>(records))
                        .as("seed %d", seed)
                        .containsAll(entry.getValue());
                ends.put(shard.name(), shard.endOffset());
            }
        } finally {
            store.close();
        }
    }

    /** The child: writes as fast as it can and says what was acknowledged. */
    static final class Writer {

        private Writer() {}

        static LogStore open(Path folder) {
            return RealStores.open(folder, "segment_bytes=1MiB", "lanes=2");
        }

        public static void main(String[] args) throws Exception {
            LogStore store = open(Path.of(args[0]));
            List<Shard> shards = new ArrayList<>();
            for (int i = 0; i < SHARDS; i++) {
                String name = "s" + i;
                shards.add(
                        store.open(name).isPresent()
                                ? store.open(name).get()
                                : store.create(name, ShardSpec.DEFAULT).get());
            }
            for (int n = 0; ; n++) {
                Shard shard = shards.get(n % SHARDS);
                String value = "r" + args[1] + "n" + n;
                Durability level = n % 3 == 0 ? Durability.OS : Durability.SYNC;
                shard.append(
                        Batches.of(value),
                        level,
                        (base, timestamp, failure) -> {
                            if (failure == null) {
                                synchronized (System.out) {
                                    System.out.println(
                                            shard.name() + " " + base + "=" + value + ";");
                                }
                            }
                        });
                if (n % 50 == 49) {
                    shard.append(Batches.of("b" + args[1] + "n" + n), Durability.SYNC).get();
                }
            }
        }
    }
}
