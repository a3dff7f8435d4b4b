package io.polymq.benchmarks.storage;

import io.polymq.storage.Durability;
import io.polymq.storage.ShardStore;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;

/** How long a start takes after the writing process was killed, with so many gigabytes of data. */
final class RecoveryBench {

    private static final int SHARDS = 100;

    private final Path folder;

    RecoveryBench(Path folder) {
        this.folder = folder;
    }

    void run(int gigabytes) throws Exception {
        Process child =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Writer.class.getName(),
                                folder.toString(),
                                "" + gigabytes)
                        .inheritIO()
                        .start();
        child.waitFor();
        for (int round = 0; round < 2; round++) {
            long begin = System.nanoTime();
            ShardStore store = PolyMqLog.open(folder, "log");
            long took = System.nanoTime() - begin;
            System.out.printf(
                    "%s: open in %d ms, %d MB on disk, shard 0 ends at %d%n",
                    round == 0 ? "after kill -9" : "after a clean close",
                    took / 1_000_000,
                    store.statistics().diskBytes() >> 20,
                    store.open("shard-0").orElseThrow().endOffset());
            store.close();
        }
    }

    /** The process that is killed: by itself, when it has written enough. */
    static final class Writer {

        private Writer() {}

        public static void main(String[] args) throws Exception {
            ByteBuffer batch = StorageBench.batchOf(64 << 10);
            PolyMqLog log = new PolyMqLog(Path.of(args[0]), "log", SHARDS, Durability.OS);
            long appends = (Long.parseLong(args[1]) << 30) / batch.remaining();
            Semaphore room = new Semaphore(256);
            CountDownLatch done = new CountDownLatch((int) appends);
            for (int i = 0; i < appends; i++) {
                room.acquire();
                log.append(
                        i % SHARDS,
                        batch,
                        () -> {
                            room.release();
                            done.countDown();
                        });
            }
            done.await();
            Runtime.getRuntime().halt(9);
        }
    }
}
