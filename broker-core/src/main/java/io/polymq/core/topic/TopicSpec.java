package io.polymq.core.topic;

import io.polymq.core.subject.Filter;
import io.polymq.storage.ShardSpec;

import java.util.List;
import java.util.Map;

/**
 * What a topic is made of.
 *
 * @param name unique in its tenant
 * @param partitions at least one
 * @param shard how each partition keeps its records
 * @param maxMessageBytes the largest batch taken
 * @param captures filters whose messages are appended; empty: none
 * @param settings the protocols' own settings as text (Kafka's topic configs, a stream's fields),
 *     kept with the topic
 */
public record TopicSpec(
        String name,
        int partitions,
        ShardSpec shard,
        int maxMessageBytes,
        List<Filter> captures,
        Map<String, String> settings) {

    public TopicSpec {
        captures = List.copyOf(captures);
        settings = Map.copyOf(settings);
        if (partitions < 1) {
            throw new IllegalArgumentException("a topic has at least one partition");
        }
    }
}
