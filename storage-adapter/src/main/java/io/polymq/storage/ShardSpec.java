package io.polymq.storage;

import java.time.Duration;
import java.util.Objects;

/**
 * How a shard keeps its records. Sizes and times of zero or less mean "no limit".
 *
 * @param durability the level at which appends are acknowledged when the caller names none
 * @param retentionTime records older than this may go
 * @param retentionBytes the oldest records go while the shard is larger than this
 * @param retentionRecords the oldest records go while the shard holds more than this
 * @param compaction whether only the newest record of a key is kept in the long run
 * @param tombstoneRetention how long a record with a null value stays visible in a compacted shard
 * @param segmentBytes the size at which a segment of its own lane is rolled
 * @param ownLane whether the shard is written to a lane of its own
 */
public record ShardSpec(
        Durability durability,
        Duration retentionTime,
        long retentionBytes,
        long retentionRecords,
        boolean compaction,
        Duration tombstoneRetention,
        int segmentBytes,
        boolean ownLane) {

    /** Forced before it is acknowledged, kept until deleted. */
    public static final ShardSpec DEFAULT =
            new ShardSpec(
                    Durability.SYNC,
                    Duration.ZERO,
                    0,
                    0,
                    false,
                    Duration.ofDays(1),
                    256 << 20,
                    false);

    public ShardSpec {
        Objects.requireNonNull(durability, "durability");
        Objects.requireNonNull(retentionTime, "retentionTime");
        Objects.requireNonNull(tombstoneRetention, "tombstoneRetention");
    }

    public ShardSpec withDurability(Durability level) {
        return new ShardSpec(
                level,
                retentionTime,
                retentionBytes,
                retentionRecords,
                compaction,
                tombstoneRetention,
                segmentBytes,
                ownLane);
    }
}
