package io.polymq.core.topic;

import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import io.polymq.storage.ShardSpec;
import java.util.List;
import java.util.Map;

/**
 * What a topic is made of.
 *
 * @param name unique in its tenant
 * @param partitions at least one
 * @param driver the storage driver that keeps it; empty for the broker's default; never altered
 * @param shard how each partition keeps its records
 * @param maxMessageBytes the largest batch taken
 * @param captures filters whose messages are appended; empty: none
 * @param exclusive whether no other exclusive topic may capture what this one does (streams)
 * @param partitioning how messages without a key of their own are spread
 * @param settings the protocols' own settings as text (Kafka's topic configs, a stream's fields),
 *     kept with the topic
 */
public record TopicSpec(
        String name,
        int partitions,
        String driver,
        ShardSpec shard,
        int maxMessageBytes,
        List<Filter> captures,
        boolean exclusive,
        Partitioning partitioning,
        Map<String, String> settings) {

    public static final int DEFAULT_MAX_MESSAGE_BYTES = 1_048_588;

    /** How a message finds its partition. Records with a key go by Kafka's hash of it. */
    public enum Partitioning {
        /** Each subject stays in one partition. */
        SUBJECT,
        /** What one connection publishes stays in one partition. */
        PUBLISHER,
        /** Each message to the next partition. */
        ROUND_ROBIN
    }

    public TopicSpec {
        captures = List.copyOf(captures);
        settings = Map.copyOf(settings);
        if (partitions < 1) {
            throw new IllegalArgumentException("a topic has at least one partition");
        }
    }

    /** A topic that captures the subject of its own name and keeps all. */
    public static TopicSpec of(String name, int partitions) {
        return new TopicSpec(
                name,
                partitions,
                "",
                ShardSpec.DEFAULT,
                DEFAULT_MAX_MESSAGE_BYTES,
                List.of(Filter.exactly(Subject.ofDotted(name))),
                false,
                Partitioning.ROUND_ROBIN,
                Map.of());
    }

    public TopicSpec withPartitions(int number) {
        return new TopicSpec(
                name,
                number,
                driver,
                shard,
                maxMessageBytes,
                captures,
                exclusive,
                partitioning,
                settings);
    }

    public TopicSpec withDriver(String name) {
        return new TopicSpec(
                this.name,
                partitions,
                name,
                shard,
                maxMessageBytes,
                captures,
                exclusive,
                partitioning,
                settings);
    }

    public TopicSpec withShard(ShardSpec spec) {
        return new TopicSpec(
                name,
                partitions,
                driver,
                spec,
                maxMessageBytes,
                captures,
                exclusive,
                partitioning,
                settings);
    }

    public TopicSpec withMaxMessageBytes(int bytes) {
        return new TopicSpec(
                name,
                partitions,
                driver,
                shard,
                bytes,
                captures,
                exclusive,
                partitioning,
                settings);
    }

    public TopicSpec withCaptures(List<Filter> filters, boolean exclusively) {
        return new TopicSpec(
                name,
                partitions,
                driver,
                shard,
                maxMessageBytes,
                filters,
                exclusively,
                partitioning,
                settings);
    }

    public TopicSpec withPartitioning(Partitioning how) {
        return new TopicSpec(
                name,
                partitions,
                driver,
                shard,
                maxMessageBytes,
                captures,
                exclusive,
                how,
                settings);
    }

    public TopicSpec withSettings(Map<String, String> texts) {
        return new TopicSpec(
                name,
                partitions,
                driver,
                shard,
                maxMessageBytes,
                captures,
                exclusive,
                partitioning,
                texts);
    }

    /** Whether records are keyed by their subjects, since the captures do not tell it. */
    public boolean keyedBySubject() {
        return captures.size() > 1 || (captures.size() == 1 && !captures.getFirst().isExact());
    }
}
