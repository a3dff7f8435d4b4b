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
 * @param keyIndex whether the newest record of each key is indexed, so that {@link Shard#readByKey}
 *     need not search; a compacted shard always is
 */
public record ShardSpec(
        Durability durability,
        Duration retentionTime,
        long retentionBytes,
        long retentionRecords,
        boolean compaction,
        Duration tombstoneRetention,
        int segmentBytes,
        boolean ownLane,
        boolean keyIndex) {

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
                    false,
                    false);

    public ShardSpec {
        Objects.requireNonNull(durability, "durability");
        Objects.requireNonNull(retentionTime, "retentionTime");
        Objects.requireNonNull(tombstoneRetention, "tombstoneRetention");
        keyIndex |= compaction;
    }

    public ShardSpec(
            Durability durability,
            Duration retentionTime,
            long retentionBytes,
            long retentionRecords,
            boolean compaction,
            Duration tombstoneRetention,
            int segmentBytes,
            boolean ownLane) {
        this(
                durability,
                retentionTime,
                retentionBytes,
                retentionRecords,
                compaction,
                tombstoneRetention,
                segmentBytes,
                ownLane,
                compaction);
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
                ownLane,
                keyIndex);
    }

    /** With other limits; zero or less for none. */
    public ShardSpec withRetention(Duration time, long bytes, long records) {
        return new ShardSpec(
                durability,
                time,
                bytes,
                records,
                compaction,
                tombstoneRetention,
                segmentBytes,
                ownLane,
                keyIndex);
    }

    public ShardSpec withCompaction(boolean on) {
        return new ShardSpec(
                durability,
                retentionTime,
                retentionBytes,
                retentionRecords,
                on,
                tombstoneRetention,
                segmentBytes,
                ownLane,
                keyIndex);
    }

    public ShardSpec withTombstoneRetention(Duration time) {
        return new ShardSpec(
                durability,
                retentionTime,
                retentionBytes,
                retentionRecords,
                compaction,
                time,
                segmentBytes,
                ownLane,
                keyIndex);
    }

    public ShardSpec withKeyIndex(boolean on) {
        return new ShardSpec(
                durability,
                retentionTime,
                retentionBytes,
                retentionRecords,
                compaction,
                tombstoneRetention,
                segmentBytes,
                ownLane,
                on);
    }

    public ShardSpec withOwnLane(boolean own) {
        return new ShardSpec(
                durability,
                retentionTime,
                retentionBytes,
                retentionRecords,
                compaction,
                tombstoneRetention,
                segmentBytes,
                own,
                keyIndex);
    }

    boolean hasLimits() {
        return !retentionTime.isZero() && !retentionTime.isNegative()
                || retentionBytes > 0
                || retentionRecords > 0;
    }
}
