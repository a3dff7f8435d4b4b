package io.polymq.amqp;

import io.polymq.amqp.model.HostLimits;
import io.polymq.amqp.model.ModelException;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.amqp.model.VirtualHosts;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security;
import io.polymq.core.security.Security.Action;
import io.polymq.core.security.Security.Resource;
import io.polymq.network.Connection;
import io.polymq.network.Login;
import java.util.concurrent.CompletableFuture;

/** Lets clients of any dialect into virtual hosts. Shared, stateless. */
public final class HostDoor {

    private final VirtualHosts hosts;
    private final Security security;

    HostDoor(VirtualHosts hosts, Security security) {
        this.hosts = hosts;
        this.security = security;
    }

    /**
     * The host of that name. Where it is the user's own tenant, which is there for other protocols,
     * it is made when it is first opened.
     *
     * @throws ModelException when there is none
     */
    public CompletableFuture<VirtualHost> find(String name, Principal principal) {
        VirtualHost host = hosts.find(name);
        if (host != null) {
            return CompletableFuture.completedFuture(host);
        }
        if (principal.tenant().equals(VirtualHosts.tenantOf(name))) {
            return hosts.put(name, HostLimits.NONE);
        }
        throw AmqpErrors.notAllowed("vhost " + name + " not found");
    }

    /**
     * Counts the connection in, and lists it as that user's.
     *
     * @param user as the client calls itself
     * @return who the user is in there
     * @throws ModelException when it may not, or when the host is full
     */
    public Principal enter(
            VirtualHost host,
            Connection connection,
            Principal principal,
            Credentials.Peer peer,
            String user) {
        Principal here = principal.inTenant(host.tenant());
        boolean own = principal.tenant().equals(host.tenant());
        if (!own
                && !security.allows(
                        principal,
                        peer,
                        Action.READ,
                        new Resource(Resource.Kind.TENANT, host.tenant()))) {
            throw AmqpErrors.notAllowed(refused(host, user));
        }
        int most = host.limits().maxConnections();
        if (!host.enter(connection.id())
                || !connection.loggedIn(new Login(host.tenant(), here.user(), peer.clientId()))) {
            host.left(connection.id());
            throw AmqpErrors.notAllowed(
                    refused(host, user)
                            + ": connection limit"
                            + (most >= 0 ? " (" + most + ")" : "")
                            + " is reached");
        }
        if (!hosts.userLimits().connects(here.user())) {
            host.left(connection.id());
            throw AmqpErrors.notAllowed(
                    "connection refused for user '"
                            + user
                            + "': user connection limit ("
                            + hosts.userLimits().of(here.user()).maxConnections()
                            + ") is reached");
        }
        return here;
    }

    /** Counts a connection out that was let in. */
    public void leave(VirtualHost host, Connection connection, Principal here) {
        host.left(connection.id());
        hosts.userLimits().left(here.user());
    }

    private static String refused(VirtualHost host, String user) {
        return "access to vhost '" + host.name() + "' refused for user '" + user + "'";
    }
}
