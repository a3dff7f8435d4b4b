package io.polymq.config;

import io.polymq.config.schema.Bytes;
import io.polymq.config.schema.Default;
import io.polymq.config.schema.Defaults;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.OneOf;
import io.polymq.config.schema.Within;
import java.time.Duration;

/** {@code [storage]}: where messages are kept, and at what cost. */
@Doc("Where messages are kept.")
public record StorageConfig(
        @Doc(
                        "The driver: log is durable and the fastest on disk, rocksdb keeps everything in"
                                + " RocksDB, memory forgets when the broker ends.")
                @OneOf({"log", "rocksdb", "memory"})
                @Default("log")
                String driver,
        @Doc("Logs that all shards share; 0 is one, and one more for every eight cores.")
                @Within(min = 0, max = 64)
                @Default("0")
                int lanes,
        @Doc("How many busy shards may have a log of their own.")
                @Within(min = 0, max = 1024)
                @Default("64")
                int ownLanes,
        @Doc("The size at which a shared log begins its next file.")
                @Bytes
                @Within(min = 65_536, max = 1_073_741_824)
                @Default("256MiB")
                long segmentBytes,
        @Doc("Files kept for use again instead of being removed.")
                @Within(min = 0, max = 64)
                @Default("2")
                int recycle,
        @Doc(
                        "Free space on the device below which publishes are refused; 0 is a twentieth of"
                                + " the device, at most 1 GiB.")
                @Bytes
                @Within(min = 0)
                @Default("0")
                long reserveBytes,
        @Doc("What the memory driver may hold.") @Bytes @Within(min = 65_536) @Default("256MiB")
                long memoryBytes,
        @Doc("Newest records kept in memory, all logs together.")
                @Bytes
                @Within(min = 0)
                @Default("64MiB")
                long tailCacheBytes,
        @Doc("Records that may wait to be written, for each log.")
                @Bytes
                @Within(min = 65_536)
                @Default("64MiB")
                long pendingBytes,
        @Doc("The largest single append.")
                @Bytes
                @Within(min = 1024, max = 1_073_741_824)
                @Default("128MiB")
                int maxAppendBytes,
        @Doc("Log written between two checkpoints of the index.")
                @Bytes
                @Within(min = 65_536)
                @Default("256MiB")
                long checkpointBytes,
        @Doc("The longest time between two checkpoints of the index.")
                @Within(min = 1)
                @Default("30s")
                Duration checkpointInterval,
        @Doc("How soon records are forced to the device that nobody waits for.")
                @Within(min = 1)
                @Default("1s")
                Duration forceInterval,
        @Doc("How soon changed cursors are written.") @Within(min = 1) @Default("200ms")
                Duration cursorInterval,
        @Doc("How often shards are searched for records past their limits.")
                @Within(min = 1)
                @Default("1m")
                Duration retentionInterval,
        @Doc("Bytes a second that the cleaner may copy.")
                @Bytes
                @Within(min = 65_536)
                @Default("64MiB")
                long cleanRate,
        @Doc("The cleaner works while files take more than this percentage of the live bytes.")
                @Within(min = 110, max = 1000)
                @Default("170")
                int cleanPercent,
        @Doc("Cache of the index.") @Bytes @Within(min = 65_536) @Default("64MiB")
                long indexCacheBytes,
        @Doc("Threads that read what is not in memory.") @Within(min = 1, max = 1024) @Default("4")
                int readThreads) {

    public static final StorageConfig DEFAULT = Defaults.of(StorageConfig.class);

    /** These settings for another driver. */
    public StorageConfig withDriver(String driver) {
        return new StorageConfig(
                driver,
                lanes,
                ownLanes,
                segmentBytes,
                recycle,
                reserveBytes,
                memoryBytes,
                tailCacheBytes,
                pendingBytes,
                maxAppendBytes,
                checkpointBytes,
                checkpointInterval,
                forceInterval,
                cursorInterval,
                retentionInterval,
                cleanRate,
                cleanPercent,
                indexCacheBytes,
                readThreads);
    }
}
