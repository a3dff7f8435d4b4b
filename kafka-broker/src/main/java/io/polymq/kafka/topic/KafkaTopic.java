package io.polymq.kafka.topic;

import io.polymq.codec.kafka.BatchRules;
import io.polymq.core.topic.Topic;
import io.polymq.core.topic.TopicSpec;
import io.polymq.kafka.produce.Producers;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.common.Uuid;

/**
 * A topic as Kafka sees it, worked out once per specification. Immutable but for the producers'
 * states, which are carried over from one specification to the next. Any thread.
 */
public final class KafkaTopic {

    private final Topic topic;
    private final TopicSpec spec;
    private final Uuid id;
    private final BatchRules rules;
    private final int minInsyncReplicas;
    private final Producers producers;

    KafkaTopic(Topic topic, Map<String, String> brokerWide, Producers producers) {
        this.topic = topic;
        this.spec = topic.spec();
        this.id = id(topic.id());
        this.rules = TopicSettings.rules(spec, brokerWide);
        this.minInsyncReplicas =
                Integer.parseInt(
                        TopicSettings.value(
                                TopicSettings.MIN_INSYNC_REPLICAS, spec.settings(), brokerWide));
        this.producers = producers;
    }

    static Uuid id(UUID id) {
        return new Uuid(id.getMostSignificantBits(), id.getLeastSignificantBits());
    }

    public Topic topic() {
        return topic;
    }

    /** What this view was made of; the topic's own may be newer. */
    public TopicSpec spec() {
        return spec;
    }

    public String name() {
        return spec.name();
    }

    public Uuid id() {
        return id;
    }

    public int partitions() {
        return spec.partitions();
    }

    public boolean hasPartition(int number) {
        return number >= 0 && number < spec.partitions();
    }

    public BatchRules rules() {
        return rules;
    }

    public int minInsyncReplicas() {
        return minInsyncReplicas;
    }

    /** What is known of each partition's idempotent producers. */
    public Producers producers() {
        return producers;
    }
}
