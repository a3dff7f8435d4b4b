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
        byte[] nonce) {

    /** Whether it brings nothing that could prove anything. */
    boolean isBare() {
        return user == null && password == null && token == null && nkey == null && jwt == null;
    }

    @Override
    public String toString() {
        return "LoginRequest[" + peer.address() + "]";
    }
}
