package io.polymq.network;

import static java.util.Objects.requireNonNull;

import io.polymq.config.NetworkConfig;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Every connection of every protocol: lists, finds, counts and kicks them, and holds the limits on
 * how many there may be. One per broker.
 *
 * <p>Shared zone: any thread, no locks that a reader could wait for. Iteration sees each connection
 * that is there throughout and may or may not see those that come and go meanwhile.
 */
public final class ConnectionManager {

    private final Map<Long, Connection> connections = new ConcurrentHashMap<>();
    private final AtomicLong ids = new AtomicLong();
    private final AtomicInteger total = new AtomicInteger();
    private final int maxTotal;
    private final AtomicReference<CompletableFuture<Void>> empty =
            new AtomicReference<>(new CompletableFuture<>());
    private final Tally byAddress;
    private final Tally byUser;
    private final Tally byTenant;
    private final Tally byProtocol = new Tally(Integer.MAX_VALUE);

    private final ConnectionEvents events;

    public ConnectionManager(NetworkConfig config) {
        this(config, ConnectionEvents.NONE);
    }

    /**
     * @param events hears of logins and is asked before them
     */
    public ConnectionManager(NetworkConfig config, ConnectionEvents events) {
        this.events = events;
        this.maxTotal = config.maxConnections();
        this.byAddress = new Tally(config.maxConnectionsPerIp());
        this.byUser = new Tally(config.maxConnectionsPerUser());
        this.byTenant = new Tally(config.maxConnectionsPerTenant());
    }

    /** All connections, in no order; a live view. */
    public Collection<Connection> all() {
        return Collections.unmodifiableCollection(connections.values());
    }

    public @Nullable Connection find(long id) {
        return connections.get(id);
    }

    public int count() {
        return total.get();
    }

    public int countByProtocol(String protocol) {
        return byProtocol.of(protocol);
    }

    public int countByTenant(String tenant) {
        return byTenant.of(tenant);
    }

    public int countByUser(String tenant, String user) {
        return byUser.of(new TenantUser(tenant, user));
    }

    public int countByIp(InetAddress address) {
        return byAddress.of(address);
    }

    /** Ends a connection in its protocol's words; false when there is none with this id. */
    public boolean kick(long id, String detail) {
        Connection connection = connections.get(id);
        if (connection == null) {
            return false;
        }
        connection.end(new CloseReason(CloseReason.Kind.KICKED, detail));
        return true;
    }

    /** Ends every connection that is chosen; how many. */
    public int kickAll(Predicate<Connection> chosen, CloseReason reason) {
        int kicked = 0;
        for (Connection connection : connections.values()) {
            if (chosen.test(connection)) {
                connection.end(reason);
                kicked++;
            }
        }
        return kicked;
    }

    long nextId() {
        return ids.incrementAndGet();
    }

    /** Reserves a place for a connection; every true is followed by one {@link #leave}. */
    boolean enter() {
        if (total.incrementAndGet() > maxTotal) {
            leave();
            return false;
        }
        return true;
    }

    void leave() {
        if (total.decrementAndGet() == 0) {
            requireNonNull(empty.getAndSet(new CompletableFuture<>())).complete(null);
        }
    }

    /** Completes when there is no connection, at once or the next time. */
    CompletionStage<Void> whenEmpty() {
        CompletableFuture<Void> next = requireNonNull(empty.get());
        if (total.get() > 0) {
            return next;
        }
        CompletableFuture<Void> now = new CompletableFuture<>();
        now.complete(null);
        return now;
    }

    /** False when this address has too many; every true is followed by one leaving. */
    boolean enterAddress(SocketAddress remote) {
        return !(remote instanceof InetSocketAddress inet && !inet.isUnresolved())
                || byAddress.enter(inet.getAddress());
    }

    void leaveAddress(SocketAddress remote) {
        if (remote instanceof InetSocketAddress inet && !inet.isUnresolved()) {
            byAddress.leave(inet.getAddress());
        }
    }

    void opened(Connection connection) {
        connections.put(connection.id(), connection);
    }

    void protocolKnown(Connection connection) {
        byProtocol.enter(connection.protocol());
    }

    /** False when a limit is reached. */
    boolean loggedIn(Login login) {
        TenantUser user = new TenantUser(login.tenant(), login.user());
        if (!byUser.enter(user)) {
            return false;
        }
        if (!byTenant.enter(login.tenant())) {
            byUser.leave(user);
            return false;
        }
        if (!events.mayAdd(login.tenant(), byTenant.of(login.tenant()) - 1)) {
            loggedOut(login);
            return false;
        }
        return true;
    }

    /** It is listed under these names. */
    void isLoggedIn(Connection connection, Login login) {
        events.loggedIn(connection, login);
    }

    void closed(Connection connection, boolean protocolWasKnown, CloseReason reason) {
        connections.remove(connection.id());
        if (protocolWasKnown) {
            byProtocol.leave(connection.protocol());
        }
        Login login = connection.login();
        if (login != null) {
            loggedOut(login);
            events.closed(connection, login, reason);
        }
        leave();
    }

    /** A connection is no longer, or no longer under these names. */
    void loggedOut(Login login) {
        byUser.leave(new TenantUser(login.tenant(), login.user()));
        byTenant.leave(login.tenant());
    }

    private record TenantUser(String tenant, String user) {}

    /** Counts per key, up to a limit; keys without connections take no room. */
    private static final class Tally {

        private final ConcurrentHashMap<Object, Integer> counts = new ConcurrentHashMap<>();
        private final int limit;

        Tally(int limit) {
            this.limit = limit;
        }

        boolean enter(Object key) {
            if (counts.merge(key, 1, Integer::sum) > limit) {
                leave(key);
                return false;
            }
            return true;
        }

        void leave(Object key) {
            counts.computeIfPresent(key, (same, count) -> count > 1 ? count - 1 : null);
        }

        int of(Object key) {
            return counts.getOrDefault(key, 0);
        }
    }
}
