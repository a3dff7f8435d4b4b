package io.polymq.mq9;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
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
     * Field by field: a million are read at a start.
     *
     * @throws IOException when it is no such JSON
     */
    Mailbox read(String key, byte[] bytes) throws IOException {
        long created = 0;
        long ttl = 0;
        Mailbox.Options options = Mailbox.Options.NONE;
        try (JsonParser in = json.createParser(bytes)) {
            if (in.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("a mailbox is an object");
            }
            for (String field = in.nextFieldName(); field != null; field = in.nextFieldName()) {
                in.nextToken();
                switch (field) {
                    case "created" -> created = in.getLongValue();
                    case "ttl" -> ttl = in.getLongValue();
                    case "description" ->
                            options =
                                    new Mailbox.Options(
                                            in.getValueAsString(""),
                                            options.maxAttempts(),
                                            options.deadLetter());
                    case "maxAttempts" ->
                            options =
                                    new Mailbox.Options(
                                            options.description(),
                                            in.getIntValue(),
                                            options.deadLetter());
                    case "deadLetter" ->
                            options =
                                    new Mailbox.Options(
                                            options.description(),
                                            options.maxAttempts(),
                                            in.getValueAsString());
                    default -> in.skipChildren();
                }
            }
        }
        return new Mailbox(key, created, ttl, options);
    }
}
