package io.polymq.core.topic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.subject.Filter;
import io.polymq.storage.Durability;
import io.polymq.storage.ShardSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A topic as it stands in metadata: JSON, fields by name, unknown ones ignored, so that a newer
 * version's topics can be read. Filters are kept in their own bytes, since no dialect can spell
 * all. Shared, stateless.
 */
final class TopicSpecJson {

    /** What is kept of a topic. */
    record Stored(UUID id, long rank, TopicSpec spec) {}

    private final ObjectMapper json = new ObjectMapper();

    byte[] write(Stored topic) {
        TopicSpec spec = topic.spec();
        ObjectNode node = json.createObjectNode();
        node.put("id", topic.id().toString());
        node.put("rank", topic.rank());
        node.put("name", spec.name());
        node.put("partitions", spec.partitions());
        node.put("driver", spec.driver());
        node.put("maxMessageBytes", spec.maxMessageBytes());
        node.put("exclusive", spec.exclusive());
        node.put("partitioning", spec.partitioning().name());
        ArrayNode captures = node.putArray("captures");
        for (Filter filter : spec.captures()) {
            ObjectNode capture = captures.addObject();
            capture.put("filter", filter.encoded());
            capture.put("skipsReserved", filter.skipsReserved());
        }
        writeShard(spec.shard(), node.putObject("shard"));
        ObjectNode settings = node.putObject("settings");
        spec.settings().forEach(settings::put);
        try {
            return json.writeValueAsBytes(node);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    private static void writeShard(ShardSpec shard, ObjectNode node) {
        node.put("durability", shard.durability().name());
        node.put("retentionMillis", shard.retentionTime().toMillis());
        node.put("retentionBytes", shard.retentionBytes());
        node.put("retentionRecords", shard.retentionRecords());
        node.put("compaction", shard.compaction());
        node.put("tombstoneMillis", shard.tombstoneRetention().toMillis());
        node.put("segmentBytes", shard.segmentBytes());
        node.put("ownLane", shard.ownLane());
    }

    /**
     * @throws IOException when it is no such JSON
     */
    Stored read(byte[] bytes) throws IOException {
        JsonNode node = json.readTree(bytes);
        List<Filter> captures = new ArrayList<>();
        for (JsonNode capture : node.path("captures")) {
            captures.add(
                    Filter.ofEncoded(
                            capture.path("filter").binaryValue(),
                            capture.path("skipsReserved").asBoolean()));
        }
        Map<String, String> settings = new HashMap<>();
        node.path("settings")
                .properties()
                .forEach(entry -> settings.put(entry.getKey(), entry.getValue().asText()));
        try {
            TopicSpec spec =
                    new TopicSpec(
                            node.path("name").asText(),
                            node.path("partitions").asInt(),
                            node.path("driver").asText(),
                            readShard(node.path("shard")),
                            node.path("maxMessageBytes").asInt(),
                            captures,
                            node.path("exclusive").asBoolean(),
                            TopicSpec.Partitioning.valueOf(node.path("partitioning").asText()),
                            settings);
            UUID id = UUID.fromString(node.path("id").asText());
            return new Stored(id, node.path("rank").asLong(), spec);
        } catch (IllegalArgumentException malformed) {
            throw new IOException("no topic: " + malformed.getMessage(), malformed);
        }
    }

    private static ShardSpec readShard(JsonNode node) {
        return new ShardSpec(
                Durability.valueOf(node.path("durability").asText()),
                Duration.ofMillis(node.path("retentionMillis").asLong()),
                node.path("retentionBytes").asLong(),
                node.path("retentionRecords").asLong(),
                node.path("compaction").asBoolean(),
                Duration.ofMillis(node.path("tombstoneMillis").asLong()),
                node.path("segmentBytes").asInt(),
                node.path("ownLane").asBoolean());
    }
}
