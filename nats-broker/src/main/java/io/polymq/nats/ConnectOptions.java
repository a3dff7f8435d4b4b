package io.polymq.nats;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What a client said in CONNECT. Unknown keys are ignored; a key of the wrong type makes the whole
 * line unreadable.
 */
record ConnectOptions(
        boolean verbose,
        boolean pedantic,
        boolean echo,
        boolean headers,
        boolean noResponders,
        boolean tlsRequired,
        int protocol,
        String name,
        String language,
        String version,
        @Nullable String user,
        @Nullable String password,
        @Nullable String token,
        @Nullable String nkey,
        @Nullable String signature,
        @Nullable String jwt) {

    /** What holds for a client that never said CONNECT. */
    static final ConnectOptions DEFAULT =
            new ConnectOptions(
                    true, true, true, false, false, false, 0, "", "", "", null, null, null, null,
                    null, null);

    /**
     * @throws IOException when it is not a JSON object with values of the right types
     */
    static ConnectOptions parse(ObjectMapper json, byte[] bytes, int offset, int length)
            throws IOException {
        JsonNode node;
        try {
            node = json.readTree(bytes, offset, length);
        } catch (JsonProcessingException e) {
            throw new IOException(e.getOriginalMessage(), e);
        }
        if (node == null || !node.isObject()) {
            throw new IOException("CONNECT takes a JSON object");
        }
        return new ConnectOptions(
                flag(node, "verbose", true),
                flag(node, "pedantic", true),
                flag(node, "echo", true),
                flag(node, "headers", false),
                flag(node, "no_responders", false),
                flag(node, "tls_required", false),
                number(node, "protocol"),
                text(node, "name"),
                text(node, "lang"),
                text(node, "version"),
                optional(node, "user"),
                optional(node, "pass"),
                optional(node, "auth_token"),
                optional(node, "nkey"),
                optional(node, "sig"),
                optional(node, "jwt"));
    }

    private static boolean flag(JsonNode node, String key, boolean absent) throws IOException {
        JsonNode value = node.get(key);
        if (value == null || value.isNull()) {
            return absent;
        }
        if (!value.isBoolean()) {
            throw new IOException(key + " must be true or false");
        }
        return value.booleanValue();
    }

    private static int number(JsonNode node, String key) throws IOException {
        JsonNode value = node.get(key);
        if (value == null || value.isNull()) {
            return 0;
        }
        if (!value.canConvertToInt()) {
            throw new IOException(key + " must be a number");
        }
        return value.intValue();
    }

    private static String text(JsonNode node, String key) throws IOException {
        String value = optional(node, key);
        return value == null ? "" : value;
    }

    private static @Nullable String optional(JsonNode node, String key) throws IOException {
        JsonNode value = node.get(key);
        if (value == null || value.isNull()) {
            return null;
        }
        if (!value.isTextual()) {
            throw new IOException(key + " must be text");
        }
        return value.textValue().isEmpty() ? null : value.textValue();
    }

    @Override
    public String toString() {
        return "ConnectOptions[name=" + name + ", lang=" + language + ", version=" + version + "]";
    }
}
