package io.polymq.kafka.topic;

import static io.polymq.kafka.topic.Setting.Kind.BOOLEAN;
import static io.polymq.kafka.topic.Setting.Kind.DOUBLE;
import static io.polymq.kafka.topic.Setting.Kind.INT;
import static io.polymq.kafka.topic.Setting.Kind.LIST;
import static io.polymq.kafka.topic.Setting.Kind.LONG;
import static io.polymq.kafka.topic.Setting.Kind.STRING;

import io.polymq.codec.kafka.BatchRules;
import io.polymq.core.topic.TopicSpec;
import io.polymq.storage.Durability;
import io.polymq.storage.ShardSpec;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.compress.GzipCompression;
import org.apache.kafka.common.compress.Lz4Compression;
import org.apache.kafka.common.compress.ZstdCompression;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of topics: which keys there are, and what they mean for storage and for
 * produced batches. Keys of features that a single broker without tiers cannot have take only the
 * value that says "off". Shared, immutable.
 */
public final class TopicSettings {

    public static final String CLEANUP_POLICY = "cleanup.policy";
    public static final String COMPRESSION_TYPE = "compression.type";
    public static final String DELETE_RETENTION_MS = "delete.retention.ms";
    public static final String FLUSH_MESSAGES = "flush.messages";
    public static final String MAX_MESSAGE_BYTES = "max.message.bytes";
    public static final String AFTER_MAX_MS = "message.timestamp.after.max.ms";
    public static final String BEFORE_MAX_MS = "message.timestamp.before.max.ms";
    public static final String MAX_INFLATED_BYTES = "max.decompressed.message.bytes";
    public static final String TIMESTAMP_TYPE = "message.timestamp.type";
    public static final String MIN_INSYNC_REPLICAS = "min.insync.replicas";
    public static final String RETENTION_BYTES = "retention.bytes";
    public static final String RETENTION_MS = "retention.ms";
    public static final String SEGMENT_BYTES = "segment.bytes";

    private static final String NO_LIMIT = Long.toString(Long.MAX_VALUE);
    private static final Set<String> NEVER = Set.of("false");

    private static final Map<String, Setting> ALL = all();

    private TopicSettings() {}

    private static Map<String, Setting> all() {
        Map<String, Setting> all = new LinkedHashMap<>();
        retention(all);
        messages(all);
        segments(all);
        replicasAndTiers(all);
        return all;
    }

    private static void retention(Map<String, Setting> all) {
        put(
                all,
                Setting.words(
                        CLEANUP_POLICY,
                        LIST,
                        "delete",
                        Set.of("delete", "compact"),
                        "log.cleanup.policy",
                        "Whether old records are deleted, or all but the newest of each key."));
        put(
                all,
                longs(
                        DELETE_RETENTION_MS,
                        "86400000",
                        0,
                        "log.cleaner.delete.retention.ms",
                        "How long a tombstone stays visible in a compacted topic."));
        put(
                all,
                longs(
                        RETENTION_BYTES,
                        "-1",
                        -1,
                        "log.retention.bytes",
                        "The oldest records of a partition go while it is larger than this."));
        put(
                all,
                longs(
                        RETENTION_MS,
                        "604800000",
                        -1,
                        "log.retention.ms",
                        "Records older than this go."));
        put(
                all,
                longs(
                        "max.compaction.lag.ms",
                        NO_LIMIT,
                        1,
                        "log.cleaner.max.compaction.lag.ms",
                        "The longest a record may stay uncompacted."));
        put(
                all,
                longs(
                        "min.compaction.lag.ms",
                        "0",
                        0,
                        "log.cleaner.min.compaction.lag.ms",
                        "The shortest time a record stays uncompacted."));
        put(
                all,
                Setting.number(
                        "min.cleanable.dirty.ratio",
                        DOUBLE,
                        "0.5",
                        0,
                        1,
                        "log.cleaner.min.cleanable.ratio",
                        "How much of a compacted topic may be outdated before the cleaner works."));
    }

    private static void messages(Map<String, Setting> all) {
        put(
                all,
                ints(
                        MAX_INFLATED_BYTES,
                        "2147483639",
                        1,
                        Integer.MAX_VALUE - 8,
                        "max.decompressed.message.bytes",
                        "The largest record that a compressed batch may hold."));
        put(
                all,
                Setting.words(
                        COMPRESSION_TYPE,
                        STRING,
                        "producer",
                        Set.of("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"),
                        "compression.type",
                        "What batches are compressed with; producer keeps theirs."));
        put(
                all,
                ints(
                        "compression.gzip.level",
                        "-1",
                        -1,
                        9,
                        "compression.gzip.level",
                        "The level when batches are compressed anew with gzip."));
        put(
                all,
                ints(
                        "compression.lz4.level",
                        "9",
                        1,
                        17,
                        "compression.lz4.level",
                        "The level when batches are compressed anew with lz4."));
        put(
                all,
                ints(
                        "compression.zstd.level",
                        "3",
                        -131072,
                        22,
                        "compression.zstd.level",
                        "The level when batches are compressed anew with zstd."));
        put(
                all,
                ints(
                        MAX_MESSAGE_BYTES,
                        "1048588",
                        0,
                        Integer.MAX_VALUE,
                        "message.max.bytes",
                        "The largest batch taken."));
        put(
                all,
                longs(
                        AFTER_MAX_MS,
                        "3600000",
                        0,
                        "log.message.timestamp.after.max.ms",
                        "How far a record's time may lie in the future."));
        put(
                all,
                longs(
                        BEFORE_MAX_MS,
                        NO_LIMIT,
                        0,
                        "log.message.timestamp.before.max.ms",
                        "How far a record's time may lie in the past."));
        put(
                all,
                Setting.words(
                        TIMESTAMP_TYPE,
                        STRING,
                        "CreateTime",
                        Set.of("CreateTime", "LogAppendTime"),
                        "log.message.timestamp.type",
                        "Whose time records carry: the producer's or the broker's."));
        put(
                all,
                longs(
                        FLUSH_MESSAGES,
                        NO_LIMIT,
                        1,
                        "log.flush.interval.messages",
                        "1 forces records to the device before they are acknowledged; other values leave"
                                + " that to the operating system."));
        put(
                all,
                longs(
                        "flush.ms",
                        NO_LIMIT,
                        0,
                        "log.flush.interval.ms",
                        "How long records may wait to be forced; the storage forces at least once a"
                                + " second."));
    }

    private static void segments(Map<String, Setting> all) {
        put(
                all,
                ints(
                        SEGMENT_BYTES,
                        "1073741824",
                        1 << 20,
                        Integer.MAX_VALUE,
                        "log.segment.bytes",
                        "The size of a file of the partition's own log."));
        put(
                all,
                longs(
                        "segment.ms",
                        "604800000",
                        1,
                        "log.roll.ms",
                        "Shared logs begin new files by size; taken for compatibility."));
        put(
                all,
                longs(
                        "segment.jitter.ms",
                        "0",
                        0,
                        "log.roll.jitter.ms",
                        "Shared logs begin new files by size; taken for compatibility."));
        put(
                all,
                ints(
                        "segment.index.bytes",
                        "10485760",
                        4,
                        Integer.MAX_VALUE,
                        "log.index.size.max.bytes",
                        "One index serves all; taken for compatibility."));
        put(
                all,
                ints(
                        "index.interval.bytes",
                        "4096",
                        0,
                        Integer.MAX_VALUE,
                        "log.index.interval.bytes",
                        "Each batch is indexed; taken for compatibility."));
        put(
                all,
                longs(
                        "file.delete.delay.ms",
                        "60000",
                        0,
                        "log.segment.delete.delay.ms",
                        "Files go when their last reader has; taken for compatibility."));
        put(
                all,
                Setting.words(
                        "preallocate",
                        BOOLEAN,
                        "false",
                        NEVER,
                        "log.preallocate",
                        "Files of the log are recycled; preallocation has no use."));
    }

    private static void replicasAndTiers(Map<String, Setting> all) {
        put(
                all,
                ints(
                        MIN_INSYNC_REPLICAS,
                        "1",
                        1,
                        Integer.MAX_VALUE,
                        "min.insync.replicas",
                        "With more than 1, acks=all is refused: there is one replica."));
        put(
                all,
                Setting.words(
                        "unclean.leader.election.enable",
                        BOOLEAN,
                        "false",
                        Set.of(),
                        "unclean.leader.election.enable",
                        "Without meaning with one replica."));
        put(
                all,
                Setting.words(
                        "leader.replication.throttled.replicas",
                        LIST,
                        "",
                        Set.of(),
                        null,
                        "Without meaning with one replica."));
        put(
                all,
                Setting.words(
                        "follower.replication.throttled.replicas",
                        LIST,
                        "",
                        Set.of(),
                        null,
                        "Without meaning with one replica."));
        put(
                all,
                Setting.words(
                        "remote.storage.enable",
                        BOOLEAN,
                        "false",
                        NEVER,
                        null,
                        "There is no tiered storage."));
        put(
                all,
                Setting.words(
                        "remote.log.copy.disable",
                        BOOLEAN,
                        "false",
                        NEVER,
                        null,
                        "There is no tiered storage."));
        put(
                all,
                Setting.words(
                        "remote.log.delete.on.disable",
                        BOOLEAN,
                        "false",
                        NEVER,
                        null,
                        "There is no tiered storage."));
        put(
                all,
                Setting.number(
                        "local.retention.bytes",
                        LONG,
                        "-2",
                        -2,
                        -2,
                        "log.local.retention.bytes",
                        "There is no tiered storage."));
        put(
                all,
                Setting.number(
                        "local.retention.ms",
                        LONG,
                        "-2",
                        -2,
                        -2,
                        "log.local.retention.ms",
                        "There is no tiered storage."));
        put(
                all,
                Setting.number(
                        "remote.copy.lag.bytes",
                        LONG,
                        "-1",
                        -1,
                        -1,
                        "log.remote.copy.lag.bytes",
                        "There is no tiered storage."));
        put(
                all,
                Setting.number(
                        "remote.copy.lag.ms",
                        LONG,
                        "0",
                        0,
                        0,
                        "log.remote.copy.lag.ms",
                        "There is no tiered storage."));
        put(
                all,
                Setting.words(
                        "errors.deadletterqueue.group.enable",
                        BOOLEAN,
                        "false",
                        NEVER,
                        null,
                        "Share groups have no dead-letter topics."));
    }

    private static Setting longs(
            String name, String value, double min, String broker, String documentation) {
        return Setting.number(name, LONG, value, min, Long.MAX_VALUE, broker, documentation);
    }

    private static Setting ints(
            String name, String value, int min, int max, String broker, String documentation) {
        return Setting.number(name, INT, value, min, max, broker, documentation);
    }

    private static void put(Map<String, Setting> all, Setting setting) {
        all.put(setting.name(), setting);
    }

    public static Collection<Setting> list() {
        return ALL.values();
    }

    public static @Nullable Setting find(String name) {
        return ALL.get(name);
    }

    /** Why these settings are refused; null when they are not. */
    public static @Nullable String refusal(Map<String, String> settings) {
        for (Map.Entry<String, String> entry : settings.entrySet()) {
            Setting setting = ALL.get(entry.getKey());
            if (setting == null) {
                return "Unknown topic config name: " + entry.getKey();
            }
            String refusal = setting.refusal(entry.getValue());
            if (refusal != null) {
                return refusal;
            }
        }
        return null;
    }

    /** The value in force: the topic's own, or the broker's, or the default. */
    public static String value(
            String name, Map<String, String> topic, Map<String, String> brokerWide) {
        String own = topic.get(name);
        if (own != null) {
            return own;
        }
        Setting setting = ALL.get(name);
        if (setting == null) {
            throw new IllegalArgumentException(name);
        }
        String synonym = setting.broker() == null ? null : brokerWide.get(setting.broker());
        return synonym != null ? synonym : setting.defaultValue();
    }

    /** The specification with what these settings mean for storage. */
    public static TopicSpec apply(
            TopicSpec spec,
            Map<String, String> settings,
            Map<String, String> brokerWide,
            Durability unforced) {
        Map<String, String> known = new HashMap<>();
        ALL.keySet().forEach(name -> known.put(name, value(name, settings, brokerWide)));
        Set<String> policy = Set.copyOf(Setting.items(get(known, CLEANUP_POLICY)));
        boolean deletes = policy.contains("delete");
        ShardSpec shard =
                new ShardSpec(
                        durability(settings, known, unforced),
                        Duration.ofMillis(deletes ? Math.max(0, number(known, RETENTION_MS)) : 0),
                        deletes ? Math.max(0, number(known, RETENTION_BYTES)) : 0,
                        0,
                        policy.contains("compact"),
                        Duration.ofMillis(number(known, DELETE_RETENTION_MS)),
                        (int) number(known, SEGMENT_BYTES),
                        spec.shard().ownLane());
        return spec.withShard(shard)
                .withMaxMessageBytes((int) number(known, MAX_MESSAGE_BYTES))
                .withSettings(settings);
    }

    /** A topic that says when to flush is taken at its word; else the broker's default holds. */
    private static Durability durability(
            Map<String, String> own, Map<String, String> known, Durability unforced) {
        if (number(known, FLUSH_MESSAGES) == 1) {
            return Durability.SYNC;
        }
        return own.containsKey(FLUSH_MESSAGES) && unforced == Durability.SYNC
                ? Durability.OS
                : unforced;
    }

    /** What these settings ask of produced batches. */
    public static BatchRules rules(TopicSpec spec, Map<String, String> brokerWide) {
        Map<String, String> own = spec.settings();
        return new BatchRules(
                spec.maxMessageBytes(),
                spec.shard().compaction()
                        && Setting.items(value(CLEANUP_POLICY, own, brokerWide))
                                .contains("compact"),
                value(TIMESTAMP_TYPE, own, brokerWide).equals("LogAppendTime"),
                Long.parseLong(value(BEFORE_MAX_MS, own, brokerWide).trim()),
                Long.parseLong(value(AFTER_MAX_MS, own, brokerWide).trim()),
                level(MAX_INFLATED_BYTES, own, brokerWide),
                compression(own, brokerWide));
    }

    private static @Nullable Compression compression(
            Map<String, String> own, Map<String, String> brokerWide) {
        return switch (value(COMPRESSION_TYPE, own, brokerWide).trim()) {
            case "uncompressed" -> Compression.NONE;
            case "gzip" ->
                    new GzipCompression.Builder()
                            .level(level("compression.gzip.level", own, brokerWide))
                            .build();
            case "lz4" ->
                    new Lz4Compression.Builder()
                            .level(level("compression.lz4.level", own, brokerWide))
                            .build();
            case "zstd" ->
                    new ZstdCompression.Builder()
                            .level(level("compression.zstd.level", own, brokerWide))
                            .build();
            case "snappy" -> Compression.snappy().build();
            default -> null;
        };
    }

    private static int level(String name, Map<String, String> own, Map<String, String> brokerWide) {
        return Integer.parseInt(value(name, own, brokerWide).trim());
    }

    private static long number(Map<String, String> known, String name) {
        return Long.parseLong(get(known, name).trim());
    }

    private static String get(Map<String, String> known, String name) {
        String value = known.get(name);
        if (value == null) {
            throw new IllegalArgumentException(name);
        }
        return value;
    }
}
