package io.polymq.nats;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polymq.core.security.Credentials;
import io.polymq.nats.account.LoginRequest;
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
        @Nullable String jwt,
        boolean namesAccount) {

    /** What holds for a client that never said CONNECT. */
    static final ConnectOptions DEFAULT =
            new ConnectOptions(
                    true, true, true, false, false, false, 0, "", "", "", null, null, null, null,
                    null, null, false);

    /**
     * What a CONNECT says on top of what was said before: a key that is not repeated stays.
     *
     * @throws IOException when it is not a JSON object with values of the right types
     */
    static ConnectOptions parse(
            ObjectMapper json, byte[] bytes, int offset, int length, ConnectOptions before)
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
                flag(node, "verbose", before.verbose),
                flag(node, "pedantic", before.pedantic),
                flag(node, "echo", before.echo),
                flag(node, "headers", before.headers),
                flag(node, "no_responders", before.noResponders),
                flag(node, "tls_required", before.tlsRequired),
                number(node, "protocol", before.protocol),
                text(node, "name", before.name),
                text(node, "lang", before.language),
                text(node, "version", before.version),
                optional(node, "user", before.user),
                optional(node, "pass", before.password),
                optional(node, "auth_token", before.token),
                optional(node, "nkey", before.nkey),
                optional(node, "sig", before.signature),
                optional(node, "jwt", before.jwt),
                optional(node, "account", null) != null || flag(node, "new_account", false));
    }

    /** What makes it unusable; null when nothing does. */
    @Nullable NatsError fault() {
        if (namesAccount) {
            return NatsError.AUTHORIZATION_VIOLATION;
        }
        if (protocol < 0 || protocol > 1) {
            return NatsError.INVALID_CLIENT_PROTOCOL;
        }
        return noResponders && !headers ? NatsError.NO_RESPONDERS_NEEDS_HEADERS : null;
    }

    /** The login that it asks for. */
    LoginRequest request(
            long client, Credentials.Peer peer, boolean webSocket, @Nullable Nonce nonce) {
        return new LoginRequest(
                peer,
                webSocket ? "WEBSOCKET" : "STANDARD",
                user,
                password,
                token,
                nkey,
                signature,
                jwt,
                nonce == null ? new byte[0] : nonce.bytes(),
                new LoginRequest.Client(client, name, language, version, protocol));
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

    private static int number(JsonNode node, String key, int absent) throws IOException {
        JsonNode value = node.get(key);
        if (value == null || value.isNull()) {
            return absent;
        }
        if (!value.canConvertToInt()) {
            throw new IOException(key + " must be a number");
        }
        return value.intValue();
    }

    private static String text(JsonNode node, String key, String absent) throws IOException {
        String value = optional(node, key, absent);
        return value == null ? "" : value;
    }

    private static @Nullable String optional(JsonNode node, String key, @Nullable String absent)
            throws IOException {
        JsonNode value = node.get(key);
        if (value == null || value.isNull()) {
            return absent;
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
