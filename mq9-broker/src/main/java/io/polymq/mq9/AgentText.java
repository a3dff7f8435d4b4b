package io.polymq.mq9;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polymq.mq9.registry.Agent;
import io.polymq.mq9.registry.AgentRegistry;
import io.polymq.mq9.registry.Weighted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What of an agent can be searched: of an A2A card its name, description, skills with their tags
 * and examples, of a free text the text. Immutable.
 */
record AgentText(String description, List<Weighted> words) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int OF_NAME = 3;
    private static final int OF_TAG = 2;
    private static final int MAX_DESCRIPTION = 2000;

    /** The card that a registration is, or brings along; null when there is none. */
    static @Nullable JsonNode cardOf(JsonNode body) {
        JsonNode own = body.get("agent_card");
        if (own != null && own.isObject()) {
            return own;
        }
        JsonNode payload = body.get("payload");
        if (payload != null && payload.isObject()) {
            return payload;
        }
        if (payload != null && payload.isTextual() && payload.textValue().startsWith("{")) {
            try {
                JsonNode inside = JSON.readTree(payload.textValue());
                return isCard(inside) ? inside : null;
            } catch (JsonProcessingException freeText) {
                return null;
            }
        }
        return isCard(body) ? body : null;
    }

    private static boolean isCard(JsonNode node) {
        return node.path("name").isTextual()
                && (node.path("skills").isArray()
                        || node.path("capabilities").isObject()
                        || node.path("description").isTextual()
                        || node.path("url").isTextual());
    }

    static AgentText of(String name, String info, @Nullable JsonNode card) {
        List<Weighted> words = new ArrayList<>();
        words.add(new Weighted(name, OF_NAME));
        if (card == null) {
            words.add(new Weighted(info, 1));
            return new AgentText(shortened(info), words);
        }
        add(words, card.path("name"), OF_NAME);
        add(words, card.path("description"), 1);
        for (JsonNode skill : card.path("skills")) {
            add(words, skill.path("name"), OF_NAME);
            add(words, skill.path("description"), 1);
            skill.path("tags").forEach(tag -> add(words, tag, OF_TAG));
            skill.path("examples").forEach(example -> add(words, example, 1));
        }
        return new AgentText(shortened(card.path("description").asText()), words);
    }

    private static void add(List<Weighted> words, JsonNode text, int weight) {
        if (text.isTextual()) {
            words.add(new Weighted(text.textValue(), weight));
        }
    }

    private static String shortened(String text) {
        return text.length() <= MAX_DESCRIPTION ? text : text.substring(0, MAX_DESCRIPTION);
    }

    static void write(JsonGenerator json, AgentRegistry.Hit hit) throws IOException {
        Agent agent = hit.agent();
        json.writeStartObject();
        json.writeStringField("agent_id", agent.tenant() + '\0' + agent.name());
        json.writeStringField("name", agent.name());
        json.writeStringField("description", agent.description());
        json.writeStringField("agent_info", agent.info());
        if (agent.mailbox() != null) {
            json.writeStringField("mailbox", agent.mailbox());
        }
        json.writeBooleanField("alive", hit.alive());
        json.writeNumberField("last_report", hit.lastReport() / 1000);
        if (!hit.report().isEmpty()) {
            json.writeStringField("report_info", hit.report());
        }
        if (hit.score() > 0) {
            json.writeNumberField("score", hit.score());
        }
        json.writeEndObject();
    }
}
