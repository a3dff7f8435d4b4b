package io.polymq.benchmarks.storage;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;

/**
 * Writers that each keep so many appends in flight.
 *
 * @param writers threads
 * @param inFlight appends that each may have unacknowledged
 * @param shards each append goes to the next one
 * @param warmSeconds not counted
 * @param seconds counted
 */
record Load(int writers, int inFlight, int shards, int warmSeconds, int seconds) {

    /** What came of it. */
    record Outcome(
            double perSecond, double megabytesPerSecond, double p50Millis, double p99Millis) {
        String text() {
            return String.format(
                    java.util.Locale.ROOT,
                    "%,12.0f /s %9.1f MB/s   p50 %8.3f ms   p99 %8.3f ms",
                    perSecond,
                    megabytesPerSecond,
                    p50Millis,
                    p99Millis);
        }
    }

    Outcome run(Contestant contestant, ByteBuffer batch) throws Exception {
        LongAdder acknowledged = new LongAdder();
        List<long[]> samples = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        long end = System.nanoTime() + (warmSeconds + seconds) * 1_000_000_000L;
        for (int w = 0; w < writers; w++) {
            long[] latencies = new long[1 << 16];
            samples.add(latencies);
            int first = w;
            threads.add(
                    Thread.ofPlatform()
                            .name("writer-" + w)
                            .start(
                                    () ->
                                            write(
                                                    contestant,
                                                    batch,
                                                    first,
                                                    end,
                                                    acknowledged,
                                                    latencies)));
        }
        Thread.sleep(warmSeconds * 1_000L);
        long before = acknowledged.sum();
        long begin = System.nanoTime();
        Thread.sleep(seconds * 1_000L);
        long count = acknowledged.sum() - before;
        double took = (System.nanoTime() - begin) / 1e9;
        for (Thread thread : threads) {
            thread.join();
        }
        long[] all =
                samples.stream()
                        .flatMapToLong(Arrays::stream)
                        .filter(nanos -> nanos > 0)
                        .sorted()
                        .toArray();
        return new Outcome(
                count / took,
                count * (double) batch.remaining() / took / 1e6,
                percentile(all, 0.5),
                percentile(all, 0.99));
    }

    private static double percentile(long[] sorted, double part) {
        return sorted.length == 0 ? 0 : sorted[(int) (sorted.length * part)] / 1e6;
    }

    private void write(
            Contestant contestant,
            ByteBuffer batch,
            int first,
            long end,
            LongAdder acknowledged,
            long[] latencies) {
        Semaphore room = new Semaphore(inFlight);
        ByteBuffer own = ByteBuffer.allocate(batch.remaining()).put(batch.duplicate()).flip();
        int shard = first;
        try {
            for (int n = 0; System.nanoTime() < end; n++) {
                room.acquire();
                long sent = System.nanoTime();
                int slot = n & (latencies.length - 1);
                contestant.append(
                        shard,
                        own,
                        () -> {
                            latencies[slot] = System.nanoTime() - sent;
                            acknowledged.increment();
                            room.release();
                        });
                shard = (shard + 1) % shards;
            }
            room.acquire(inFlight);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
