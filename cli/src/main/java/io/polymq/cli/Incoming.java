package io.polymq.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A message that came.
 *
 * @param place where it stands in its log, in the protocol's words; null: nowhere
 */
record Incoming(
        String subject,
        byte[] payload,
        List<Header> headers,
        @Nullable String contentType,
        @Nullable String replyTo,
        @Nullable String correlation,
        @Nullable String messageId,
        @Nullable String key,
        @Nullable String place) {

    /** For programs: text where the bytes are UTF-8, Base64 where they are not. */
    ObjectNode json() {
        ObjectNode node = AdminApi.object();
        node.put("subject", subject);
        String text = text();
        if (text != null) {
            node.put("payload", text);
        } else {
            node.put("payload_base64", Base64.getEncoder().encodeToString(payload));
        }
        put(node, "content_type", contentType);
        put(node, "reply_to", replyTo);
        put(node, "correlation", correlation);
        put(node, "message_id", messageId);
        put(node, "key", key);
        put(node, "place", place);
        if (!headers.isEmpty()) {
            ArrayNode list = node.putArray("headers");
            headers.forEach(
                    header ->
                            list.addObject()
                                    .put("name", header.name())
                                    .put("value", header.value()));
        }
        return node;
    }

    private static void put(ObjectNode node, String name, @Nullable String value) {
        if (value != null) {
            node.put(name, value);
        }
    }

    private @Nullable String text() {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(payload)).toString();
        } catch (CharacterCodingException binary) {
            return null;
        }
    }
}
