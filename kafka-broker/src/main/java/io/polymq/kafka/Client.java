package io.polymq.kafka;

import io.netty.channel.EventLoop;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import java.net.InetSocketAddress;

/**
 * Who sent a request and how it can be reached. Any thread.
 *
 * @param connectionId the connection's number
 * @param principal who it is
 * @param by how that is known
 * @param peer for access checks
 * @param decisions what it was found to be allowed
 * @param listener the accepting listener's name
 * @param reached the address that the client used, and is told to go on using
 * @param remote where it comes from
 * @param encrypted whether the transport is TLS
 * @param loop the connection's loop
 */
public record Client(
        long connectionId,
        Principal principal,
        By by,
        Credentials.Peer peer,
        Decisions decisions,
        String listener,
        InetSocketAddress reached,
        InetSocketAddress remote,
        boolean encrypted,
        EventLoop loop) {

    /** How it is known who a client is. */
    public enum By {
        /** It is not: anybody may be here. */
        ANYBODY,
        /** A verified certificate. */
        CERTIFICATE,
        /** A login. */
        SASL,
        /** A delegation token. */
        TOKEN
    }

    /** The user as Kafka calls it: it has a name for nobody in particular. */
    public String kafkaName() {
        return principal.user().equals(Principal.ANONYMOUS.user()) ? "ANONYMOUS" : principal.user();
    }

    public String tenant() {
        return principal.tenant();
    }
}
