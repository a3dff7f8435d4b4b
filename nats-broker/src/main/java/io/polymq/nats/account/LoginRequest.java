package io.polymq.nats.account;

import io.polymq.core.security.Credentials;
import org.jspecify.annotations.Nullable;

/**
 * What a client said to get in. Secrets are not printed. Immutable.
 *
 * @param connectionType {@code STANDARD} or {@code WEBSOCKET}
 * @param nonce what INFO asked it to sign
 */
public record LoginRequest(
        Credentials.Peer peer,
        String connectionType,
        @Nullable String user,
        @Nullable String password,
        @Nullable String token,
        @Nullable String nkey,
        @Nullable String signature,
        @Nullable String jwt,
        byte[] nonce,
        Client client) {

    /** What a client says of the program that it is, which proves nothing. */
    public record Client(long id, String name, String language, String version, int protocol) {}

    /** The name under which it asks to be let in: a key, a user, a token; empty without any. */
    String login() {
        if (nkey != null) {
            return nkey;
        }
        if (user != null) {
            return user;
        }
        return token == null ? "" : token;
    }

    /** Whether it brings nothing that could prove anything. */
    boolean isBare() {
        return user == null && password == null && token == null && nkey == null && jwt == null;
    }

    @Override
    public String toString() {
        return "LoginRequest[" + peer.address() + "]";
    }
}
