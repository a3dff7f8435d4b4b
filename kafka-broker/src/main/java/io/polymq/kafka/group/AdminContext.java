package io.polymq.kafka.group;

import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;

/** An administrator who asks over HTTP, as the coordinator wants to know it. */
record AdminContext(Principal who, Credentials.Peer peer) implements AuthorizableRequestContext {

    @Override
    public String listenerName() {
        return "admin";
    }

    @Override
    public SecurityProtocol securityProtocol() {
        return SecurityProtocol.PLAINTEXT;
    }

    @Override
    public KafkaPrincipal principal() {
        return new KafkaPrincipal(KafkaPrincipal.USER_TYPE, who.user());
    }

    @Override
    public InetAddress clientAddress() {
        return peer.address() instanceof InetSocketAddress address && address.getAddress() != null
                ? address.getAddress()
                : InetAddress.getLoopbackAddress();
    }

    @Override
    public int requestType() {
        return -1;
    }

    @Override
    public int requestVersion() {
        return -1;
    }

    @Override
    public String clientId() {
        return "admin";
    }

    @Override
    public int correlationId() {
        return 0;
    }
}
