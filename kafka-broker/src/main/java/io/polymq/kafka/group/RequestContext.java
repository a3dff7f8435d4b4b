package io.polymq.kafka.group;

import io.polymq.kafka.Exchange;
import java.net.InetAddress;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;

/** Who asks, as the coordinator wants to know it. */
record RequestContext(Exchange exchange) implements AuthorizableRequestContext {

    @Override
    public String listenerName() {
        return exchange.client().listener();
    }

    @Override
    public SecurityProtocol securityProtocol() {
        return exchange.client().encrypted() ? SecurityProtocol.SSL : SecurityProtocol.PLAINTEXT;
    }

    @Override
    public KafkaPrincipal principal() {
        return new KafkaPrincipal(KafkaPrincipal.USER_TYPE, exchange.client().principal().user());
    }

    @Override
    public InetAddress clientAddress() {
        InetAddress address = exchange.client().remote().getAddress();
        return address == null ? InetAddress.getLoopbackAddress() : address;
    }

    @Override
    public int requestType() {
        return exchange.request().key().id;
    }

    @Override
    public int requestVersion() {
        return exchange.version();
    }

    @Override
    public String clientId() {
        String id = exchange.request().clientId();
        return id == null ? "" : id;
    }

    @Override
    public int correlationId() {
        return exchange.request().correlationId();
    }
}
