package io.polymq.benchmarks.storage;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.storage.log.FetchIsolation;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.storage.internals.log.FetchDataInfo;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

/** Apache Kafka's own partition log in this process, without its network and replication. */
final class KafkaLog implements Contestant {

    private final List<UnifiedLog> logs = new ArrayList<>();
    private final KafkaScheduler scheduler = new KafkaScheduler(1);
    private final boolean force;

    KafkaLog(Path folder, int shards, boolean force) throws IOException {
        this.force = force;
        scheduler.startup();
        for (int i = 0; i < shards; i++) {
            File partition = folder.resolve("bench-" + i).toFile();
            Files.createDirectories(partition.toPath());
            logs.add(
                    UnifiedLog.create(
                            partition,
                            new LogConfig(Map.of("segment.bytes", 256 << 20)),
                            0L,
                            0L,
                            scheduler,
                            new BrokerTopicStats(),
                            Time.SYSTEM,
                            300_000,
                            new ProducerStateManagerConfig(86_400_000, false),
                            600_000,
                            new LogDirFailureChannel(10),
                            true,
                            Optional.of(Uuid.randomUuid())));
        }
    }

    @Override
    public void append(int shard, ByteBuffer batch, Runnable done) throws IOException {
        UnifiedLog log = logs.get(shard);
        // the log writes offsets into the batch and wants them to begin at 0
        batch.putLong(0, 0L);
        log.appendAsLeader(MemoryRecords.readableRecords(batch), 0);
        if (force) {
            log.flush(false);
        }
        log.updateHighWatermark(log.logEndOffset());
        done.run();
    }

    FetchDataInfo read(int shard, long offset, int maxBytes) throws IOException {
        return logs.get(shard).read(offset, maxBytes, FetchIsolation.LOG_END, true);
    }

    @Override
    public void close() throws Exception {
        for (UnifiedLog log : logs) {
            log.close();
        }
        scheduler.shutdown();
    }
}
