package io.polymq.mq9;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;

/** A mailbox as it stands in metadata. Shared, stateless. */
final class MailboxJson {

    private final ObjectMapper json = new ObjectMapper();

    byte[] write(Mailbox mailbox) {
        ObjectNode node = json.createObjectNode();
        node.put("created", mailbox.createdAt());
        node.put("ttl", mailbox.ttlSeconds());
        Mailbox.Options options = mailbox.options();
        if (!options.equals(Mailbox.Options.NONE)) {
            node.put("description", options.description());
            node.put("maxAttempts", options.maxAttempts());
            node.put("deadLetter", options.deadLetter());
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
    Mailbox read(String key, byte[] bytes) throws IOException {
        JsonNode node = json.readTree(bytes);
        Mailbox.Options options =
                node.has("maxAttempts")
                        ? new Mailbox.Options(
                                node.path("description").asText(),
                                node.path("maxAttempts").asInt(),
                                node.path("deadLetter").textValue())
                        : Mailbox.Options.NONE;
        return new Mailbox(key, node.path("created").asLong(), node.path("ttl").asLong(), options);
    }
}
