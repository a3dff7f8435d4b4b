package io.polymq.benchmarks.storage;

import com.sun.management.ThreadMXBean;
import io.polymq.storage.Durability;
import io.polymq.storage.RecordBatchBuilder;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * {@code StorageBench SCENARIO FOLDER [SECONDS [CONTESTANT]]}: runs a scenario's contestants, or
 * the one of that name, in turn and prints a line for each. Scenarios: {@code sync100}, {@code
 * sync1k}, {@code shards500}, {@code os64k}, {@code sync64k}, {@code one} (one append at a time),
 * {@code alloc} (bytes that the lane's threads allocate per append), {@code read}, {@code
 * recovery}.
 */
public final class StorageBench {

    private static final int WRITERS = 4;

    private final Path folder;
    private final int seconds;
    private final String only;

    private StorageBench(Path folder, int seconds, String only) {
        this.folder = folder;
        this.seconds = seconds;
        this.only = only;
    }

    /** Makes a contestant in an empty folder. */
    private interface Maker {
        Contestant make(Path folder) throws Exception;
    }

    private record Entry(String name, Maker maker) {}

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[1]);
        Files.createDirectories(folder);
        StorageBench bench =
                new StorageBench(folder, seconds(args), args.length > 3 ? args[3] : "");
        switch (args[0]) {
            case "sync100" -> bench.sync(100);
            case "sync1k" -> bench.sync(1_024);
            case "shards500" -> bench.manyShards();
            case "os64k" -> bench.large(false);
            case "sync64k" -> bench.large(true);
            case "one" -> bench.oneAtATime();
            case "alloc" -> bench.allocation();
            case "read" -> new ReadBench(folder, seconds(args)).run();
            case "recovery" -> new RecoveryBench(folder).run(seconds(args));
            default -> throw new IllegalArgumentException("no scenario " + args[0]);
        }
        bench.clear();
    }

    private static int seconds(String[] args) {
        return args.length > 2 ? Integer.parseInt(args[2]) : 4;
    }

    static ByteBuffer batch(int valueBytes) {
        byte[] value = new byte[valueBytes];
        new Random(1).nextBytes(value);
        return new RecordBatchBuilder()
                .append(System.currentTimeMillis(), null, ByteBuffer.wrap(value))
                .build();
    }

    /** A batch of about so many bytes, of records of 1 KiB. */
    static ByteBuffer batchOf(int bytes) {
        byte[] value = new byte[1_000];
        new Random(1).nextBytes(value);
        RecordBatchBuilder builder = new RecordBatchBuilder();
        while (builder.bytes() + 1_010 < bytes) {
            builder.append(System.currentTimeMillis(), null, ByteBuffer.wrap(value));
        }
        return builder.build();
    }

    private void clear() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
        Files.createDirectories(folder);
    }

    private void run(String title, Load load, ByteBuffer batch, List<Entry> entries)
            throws Exception {
        System.out.println(title + ", batch " + batch.remaining() + " bytes, " + load);
        for (int round = 0; round < 3; round++) {
            for (Entry entry : entries) {
                if (!only.isEmpty() && !only.equals(entry.name)) {
                    continue;
                }
                clear();
                try (Contestant contestant = entry.maker.make(folder)) {
                    System.out.printf(
                            "%d %-26s %s%n", round, entry.name, load.run(contestant, batch).text());
                }
            }
        }
    }

    private void sync(int value) throws Exception {
        List<Entry> entries = new ArrayList<>();
        entries.add(new Entry("log", at -> new PolyMqLog(at, "log", WRITERS, Durability.SYNC)));
        entries.add(new Entry("bare group commit", at -> new BareLog(at.resolve("bare"), true)));
        entries.add(
                new Entry(
                        "our rocksdb driver",
                        at -> new PolyMqLog(at, "rocksdb", WRITERS, Durability.SYNC)));
        entries.add(new Entry("RocksDB, WAL sync", RocksLog::new));
        run(
                "sync, " + value + " B values",
                new Load(WRITERS, 1_000, WRITERS, 2, seconds),
                batch(value),
                entries);
    }

    private void manyShards() throws Exception {
        run(
                "sync, 500 shards in turn",
                new Load(WRITERS, 1_000, 500, 1, seconds),
                batch(100),
                List.of(
                        new Entry("log", at -> new PolyMqLog(at, "log", 500, Durability.SYNC)),
                        new Entry("file per shard", at -> new FilePerShard(at, 500))));
    }

    private void large(boolean force) throws Exception {
        Durability level = force ? Durability.SYNC : Durability.OS;
        run(
                (force ? "forced" : "written") + ", batches of 64 KiB, one shard",
                new Load(1, 64, 1, 2, seconds),
                batchOf(64 << 10),
                List.of(
                        new Entry("log", at -> new PolyMqLog(at, "log", 1, level)),
                        new Entry("bare", at -> new BareLog(at.resolve("bare"), force)),
                        new Entry("Kafka UnifiedLog", at -> new KafkaLog(at, 1, force))));
    }

    private void allocation() throws Exception {
        clear();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (PolyMqLog log = new PolyMqLog(folder, "log", WRITERS, Durability.OS)) {
            Load load = new Load(WRITERS, 1_000, WRITERS, 0, seconds);
            for (int round = 0; round < 3; round++) {
                Map<String, Long> before = allocated(threads);
                long offsets = appended(log);
                load.run(log, batch(100));
                long appends = appended(log) - offsets;
                allocated(threads)
                        .forEach(
                                (name, bytes) ->
                                        System.out.printf(
                                                "%-24s %6.1f bytes for each of %,d appends%n",
                                                name,
                                                (bytes - before.getOrDefault(name, 0L))
                                                        / (double) appends,
                                                appends));
            }
        }
    }

    private static long appended(PolyMqLog log) {
        long sum = 0;
        for (int i = 0; i < WRITERS; i++) {
            sum += log.shard(i).endOffset();
        }
        return sum;
    }

    private static Map<String, Long> allocated(ThreadMXBean threads) {
        Map<String, Long> bytes = new TreeMap<>();
        for (ThreadInfo info : threads.getThreadInfo(threads.getAllThreadIds())) {
            if (info != null && info.getThreadName().startsWith("polymq-")) {
                bytes.put(
                        info.getThreadName(), threads.getThreadAllocatedBytes(info.getThreadId()));
            }
        }
        return bytes;
    }

    private void oneAtATime() throws Exception {
        for (Durability level : List.of(Durability.OS, Durability.SYNC)) {
            boolean force = level == Durability.SYNC;
            run(
                    "one append at a time, " + level,
                    new Load(1, 1, 1, 1, seconds),
                    batch(100),
                    List.of(
                            new Entry("log", at -> new PolyMqLog(at, "log", 1, level)),
                            new Entry("bare", at -> new BareLog(at.resolve("bare"), force)),
                            new Entry("Kafka UnifiedLog", at -> new KafkaLog(at, 1, force))));
        }
    }
}
