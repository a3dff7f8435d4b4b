package io.polymq.core.security;

import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import org.jspecify.annotations.Nullable;

/** What a client offers to prove who it is. Secrets are never printed. */
public sealed interface Credentials {

    /** Where it comes from and what it calls itself. */
    Peer peer();

    /**
     * @param clientId empty when the protocol has none
     */
    record Peer(
            String protocol,
            SocketAddress address,
            String clientId,
            @Nullable X509Certificate certificate) {}

    /** Nothing but the peer itself (and its certificate). */
    record None(Peer peer) implements Credentials {}

    /** A password in clear. */
    record Password(Peer peer, String user, byte[] password) implements Credentials {
        @Override
        public String toString() {
            return "Password[" + user + "]";
        }
    }

    /** A bearer token, by default a JWT. */
    record Token(Peer peer, String token) implements Credentials {
        @Override
        public String toString() {
            return "Token[]";
        }
    }
}
