package io.polymq.nats.jetstream.stream;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.polymq.core.subject.Filter;
import io.polymq.core.topic.Topic;
import io.polymq.core.topic.TopicSpec;
import io.polymq.nats.jetstream.api.Fields;
import io.polymq.nats.jetstream.api.StreamConfig;
import io.polymq.storage.Durability;
import io.polymq.storage.ShardSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A stream as its topic's settings keep it. Immutable.
 *
 * @param created milliseconds since 1970
 * @param base what is added to an offset for its sequence
 * @param captures every filter that it captures or captured
 */
public record StoredStream(StreamConfig config, long created, long base, List<Filter> captures) {

    private static final String CONFIG = "nats.stream";
    private static final String CREATED = "nats.created";
    private static final String BASE = "nats.base";
    private static final String CAPTURED = "nats.captured";

    public StoredStream {
        captures = List.copyOf(captures);
    }

    /** Null when the topic is no stream. */
    public static @Nullable StoredStream of(Topic topic) {
        Map<String, String> settings = topic.spec().settings();
        String json = settings.get(CONFIG);
        if (json == null) {
            return null;
        }
        try {
            StreamConfig config = StreamConfig.of(Fields.MAPPER.readTree(json));
            return of(topic, config, Long.parseLong(settings.getOrDefault(CREATED, "0")));
        } catch (JsonProcessingException | NumberFormatException e) {
            throw new IllegalStateException(
                    "the settings of stream " + topic.name() + " cannot be read", e);
        }
    }

    static StoredStream of(Topic topic, StreamConfig config, long created) {
        Map<String, String> settings = topic.spec().settings();
        Set<Filter> captures = new LinkedHashSet<>(config.filters());
        for (String text : settings.getOrDefault(CAPTURED, "").split(" ")) {
            Filter filter = text.isEmpty() ? null : StreamConfig.filter(text);
            if (filter != null) {
                captures.add(filter);
            }
        }
        long base = Long.parseLong(settings.getOrDefault(BASE, "1"));
        return new StoredStream(config, created, base, new ArrayList<>(captures));
    }

    /** The topic of a stream that is created or changed. */
    public static TopicSpec spec(
            StreamConfig config, long created, long base, @Nullable Topic before) {
        Map<String, String> settings =
                new HashMap<>(before == null ? Map.of() : before.spec().settings());
        Set<String> captured = new LinkedHashSet<>(config.subjects());
        if (before != null) {
            captured.addAll(List.of(settings.getOrDefault(CAPTURED, "").split(" ")));
        }
        settings.put(CONFIG, config.json().toString());
        settings.put(CREATED, Long.toString(created));
        settings.put(BASE, Long.toString(base));
        settings.put(CAPTURED, String.join(" ", captured).strip());
        Durability durability = config.inMemory() ? Durability.MEMORY : Durability.SYNC;
        return TopicSpec.of(config.name(), 1)
                .withShard(ShardSpec.DEFAULT.withDurability(durability))
                .withMaxMessageBytes(Integer.MAX_VALUE)
                .withCaptures(config.filters(), true)
                .withSettings(settings);
    }
}
