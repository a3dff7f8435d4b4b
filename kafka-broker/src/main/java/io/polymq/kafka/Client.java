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
 * @param peer for access checks
 * @param listener the accepting listener's name
 * @param reached the address that the client used, and is told to go on using
 * @param remote where it comes from
 * @param encrypted whether the transport is TLS
 * @param loop the connection's loop
 */
public record Client(
        long connectionId,
        Principal principal,
        Credentials.Peer peer,
        String listener,
        InetSocketAddress reached,
        InetSocketAddress remote,
        boolean encrypted,
        EventLoop loop) {

    public String tenant() {
        return principal.tenant();
    }
}
