package io.polymq.server;

import io.polymq.core.router.SubscriptionEvents;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.LoginFailures;
import io.polymq.core.security.Security.AuthResult;
import io.polymq.core.service.BrokerEvent;
import io.polymq.core.service.BrokerEvents;
import io.polymq.core.service.TenantLimits;
import io.polymq.core.service.TenantQuotas;
import io.polymq.core.subject.Filter;
import io.polymq.core.topic.Topic;
import io.polymq.core.topic.Topics;
import io.polymq.network.CloseReason;
import io.polymq.network.Connection;
import io.polymq.network.ConnectionEvents;
import io.polymq.network.Login;
import java.time.InstantSource;
import java.util.Locale;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Tells the broker's events of what the network, the router, the door and the topics do, and asks
 * tenants' quotas for the first two. Any thread; costs a look at a list while nobody listens.
 */
final class Happenings
        implements ConnectionEvents, SubscriptionEvents, LoginFailures, Topics.Listener {

    private final BrokerEvents events;
    private final TenantLimits limits;
    private final InstantSource clock;
    private final LongFunction<@Nullable Connection> connections;

    /**
     * @param connections finds one by its id
     */
    Happenings(
            BrokerEvents events,
            TenantLimits limits,
            InstantSource clock,
            LongFunction<@Nullable Connection> connections) {
        this.events = events;
        this.limits = limits;
        this.clock = clock;
        this.connections = connections;
    }

    // Connections.

    @Override
    public boolean mayAdd(String tenant, int have) {
        return limits.mayAdd(tenant, TenantQuotas.Kind.CONNECTIONS, have);
    }

    @Override
    public void loggedIn(Connection connection, Login login) {
        if (events.isHeard()) {
            events.tell(new BrokerEvent.Connected(clock.millis(), client(connection, login)));
        }
    }

    @Override
    public void closed(Connection connection, Login login, CloseReason reason) {
        if (!events.isHeard()) {
            return;
        }
        BrokerEvent.Client client = client(connection, login);
        long now = clock.millis();
        if (reason.kind() == CloseReason.Kind.SLOW_CONSUMER) {
            events.tell(new BrokerEvent.SlowConsumer(now, client, -1));
        }
        String why = reason.kind().name().toLowerCase(Locale.ROOT);
        events.tell(new BrokerEvent.Disconnected(now, client, why));
    }

    private static BrokerEvent.Client client(Connection connection, Login login) {
        return new BrokerEvent.Client(
                connection.protocol(),
                login.tenant(),
                login.clientId(),
                login.user(),
                String.valueOf(connection.remote()));
    }

    // Subscriptions.

    @Override
    public boolean mayAdd(String tenant, long have) {
        return limits.mayAdd(tenant, TenantQuotas.Kind.SUBSCRIPTIONS, have);
    }

    @Override
    public void subscribed(String tenant, Filter filter, long owner) {
        BrokerEvent.Client client = events.isHeard() ? owner(owner) : null;
        if (client != null) {
            events.tell(new BrokerEvent.Subscribed(clock.millis(), client, filter.toString()));
        }
    }

    @Override
    public void unsubscribed(String tenant, Filter filter, long owner) {
        BrokerEvent.Client client = events.isHeard() ? owner(owner) : null;
        if (client != null) {
            events.tell(new BrokerEvent.Unsubscribed(clock.millis(), client, filter.toString()));
        }
    }

    /** Null for subscriptions of the broker's own, and when the client has gone. */
    private BrokerEvent.@Nullable Client owner(long id) {
        Connection connection = id == 0 ? null : connections.apply(id);
        Login login = connection == null ? null : connection.login();
        return connection == null || login == null ? null : client(connection, login);
    }

    // The door.

    @Override
    public void refused(Credentials.Peer peer, String user, AuthResult.Refused refused) {
        if (events.isHeard()) {
            events.tell(
                    new BrokerEvent.LoginFailed(
                            clock.millis(),
                            new BrokerEvent.Client(
                                    peer.protocol(),
                                    "",
                                    peer.clientId(),
                                    user,
                                    String.valueOf(peer.address())),
                            refused.reason().name().toLowerCase(Locale.ROOT)));
        }
    }

    // Topics.

    @Override
    public void created(Topic topic) {
        if (events.isHeard()) {
            events.tell(new BrokerEvent.TopicCreated(clock.millis(), topic.tenant(), topic.name()));
        }
    }

    @Override
    public void altered(Topic before, Topic now) {
        // not an event
    }

    @Override
    public void deleted(Topic topic) {
        if (events.isHeard()) {
            events.tell(new BrokerEvent.TopicDeleted(clock.millis(), topic.tenant(), topic.name()));
        }
    }
}
