package io.polymq.benchmarks.storage;

import io.polymq.storage.Durability;
import io.polymq.storage.ReadResult;
import io.polymq.storage.Shard;
import io.polymq.storage.Slice;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.storage.internals.log.FetchDataInfo;

/** Reading: the tail, one shard out of a thousand from the beginning, single offsets, wake-ups. */
final class ReadBench {

    private static final int SHARDS = 1_000;
    private static final int PER_SHARD = 400;

    private final Path folder;
    private final int seconds;

    ReadBench(Path folder, int seconds) {
        this.folder = folder;
        this.seconds = seconds;
    }

    void run() throws Exception {
        ByteBuffer batch = StorageBench.batch(1_000);
        Path ours = Files.createDirectories(folder.resolve("polymq"));
        Path kafkas = Files.createDirectories(folder.resolve("kafka"));
        try (PolyMqLog log = new PolyMqLog(ours, "log", SHARDS, Durability.OS);
                KafkaLog kafka = new KafkaLog(kafkas, SHARDS, false)) {
            for (int i = 0; i < PER_SHARD; i++) {
                CountDownLatch written = new CountDownLatch(SHARDS);
                for (int shard = 0; shard < SHARDS; shard++) {
                    log.append(shard, batch, written::countDown);
                    kafka.append(shard, copy(batch), () -> {});
                }
                written.await();
            }
            for (int round = 0; round < 3; round++) {
                tail(log, kafka, batch);
                catchUp(log, kafka);
                random(log, kafka);
            }
            wakeUp(log, batch);
        }
    }

    private static ByteBuffer copy(ByteBuffer batch) {
        return ByteBuffer.allocate(batch.remaining()).put(batch.duplicate()).flip();
    }

    private static long bytes(ReadResult result) throws Exception {
        try (result) {
            long sum = 0;
            for (Slice slice : result.slices()) {
                sum += slice.toBuffer().remaining();
            }
            return sum;
        }
    }

    private static long bytes(FetchDataInfo fetched) throws Exception {
        if (fetched.records instanceof FileRecords file) {
            ByteBuffer to = ByteBuffer.allocate(file.sizeInBytes());
            file.readInto(to, 0);
            return to.remaining();
        }
        return fetched.records.sizeInBytes();
    }

    private interface Read {
        long run(int n) throws Exception;
    }

    private void measure(String name, Read read) throws Exception {
        long[] latencies = new long[1 << 16];
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        long begin = System.nanoTime();
        long count = 0;
        long sum = 0;
        while (System.nanoTime() < end) {
            long from = System.nanoTime();
            sum += read.run((int) count);
            latencies[(int) (count++ & (latencies.length - 1))] = System.nanoTime() - from;
        }
        double took = (System.nanoTime() - begin) / 1e9;
        long[] sorted = Arrays.stream(latencies).filter(nanos -> nanos > 0).sorted().toArray();
        System.out.printf(
                "%-44s %,11.0f /s %9.1f MB/s  p50 %8.1f us  p99 %8.1f us%n",
                name,
                count / took,
                sum / took / 1e6,
                sorted[sorted.length / 2] / 1e3,
                sorted[sorted.length * 99 / 100] / 1e3);
    }

    private void tail(PolyMqLog log, KafkaLog kafka, ByteBuffer batch) throws Exception {
        Shard shard = log.shard(0);
        CountDownLatch written = new CountDownLatch(10);
        for (int i = 0; i < 10; i++) {
            log.append(0, batch, written::countDown);
            kafka.append(0, copy(batch), () -> {});
        }
        written.await();
        long from = shard.highWatermark() - 8;
        measure("tail, 8 batches of 1 KB: log", n -> bytes(shard.read(from, 8_000, true).get()));
        measure("tail, 8 batches of 1 KB: Kafka", n -> bytes(kafka.read(0, from, 8_800)));
    }

    private void catchUp(PolyMqLog log, KafkaLog kafka) throws Exception {
        measure(
                "catch-up of 1 shard in 1000, 64 KiB: log",
                n -> {
                    Shard shard = log.shard(1 + n % (SHARDS - 1));
                    return bytes(shard.read(n * 50L % 300, 64 << 10, true).get());
                });
        measure(
                "catch-up of 1 shard in 1000, 64 KiB: Kafka",
                n -> bytes(kafka.read(1 + n % (SHARDS - 1), n * 50L % 300, 64 << 10)));
    }

    private void random(PolyMqLog log, KafkaLog kafka) throws Exception {
        Random random = new Random(5);
        measure(
                "random offset, one batch: log",
                n ->
                        bytes(
                                log.shard(random.nextInt(SHARDS))
                                        .read(random.nextInt(PER_SHARD), 1, true)
                                        .get()));
        measure(
                "random offset, one batch: Kafka",
                n -> bytes(kafka.read(random.nextInt(SHARDS), random.nextInt(PER_SHARD), 1)));
    }

    private void wakeUp(PolyMqLog log, ByteBuffer batch) throws Exception {
        Shard shard = log.shard(7);
        measure(
                "append (written) to end watch called",
                n -> {
                    CountDownLatch called = new CountDownLatch(1);
                    shard.watchEnd(shard.highWatermark(), called::countDown);
                    log.append(7, batch, () -> {});
                    called.await();
                    return batch.remaining();
                });
    }
}
