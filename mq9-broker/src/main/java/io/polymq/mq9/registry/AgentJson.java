package io.polymq.mq9.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** An agent as it stands in metadata. Shared, stateless. */
final class AgentJson {

    private final ObjectMapper json = new ObjectMapper();

    byte[] write(Agent agent) {
        ObjectNode node = json.createObjectNode();
        node.put("owner", agent.owner());
        node.put("info", agent.info());
        node.put("mailbox", agent.mailbox());
        node.put("ttl", agent.ttlSeconds());
        node.put("description", agent.description());
        ArrayNode words = node.putArray("words");
        for (Weighted text : agent.words()) {
            words.addArray().add(text.weight()).add(text.text());
        }
        try {
            return json.writeValueAsBytes(node);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /**
     * @throws IOException when it is no such JSON
     */
    Agent read(String key, byte[] bytes) throws IOException {
        JsonNode node = json.readTree(bytes);
        List<Weighted> words = new ArrayList<>();
        for (JsonNode pair : node.path("words")) {
            words.add(new Weighted(pair.path(1).asText(), pair.path(0).asInt()));
        }
        int slash = key.indexOf('/');
        return new Agent(
                key.substring(0, slash),
                key.substring(slash + 1),
                node.path("owner").asText(),
                node.path("info").asText(),
                node.path("mailbox").textValue(),
                node.path("ttl").asLong(),
                node.path("description").asText(),
                words);
    }
}
