package io.polymq.nats;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.nats.account.Account;
import io.polymq.nats.account.Accounts;
import io.polymq.nats.account.NatsUser;
import io.polymq.nats.account.Traffic;
import io.polymq.nats.monitor.ConnectionFacts;
import io.polymq.nats.monitor.ServerFacts;
import io.polymq.nats.options.LimitOptions;
import io.polymq.nats.options.OptionsException;
import io.polymq.nats.options.ServerOptions;
import io.polymq.network.CloseReason;
import io.polymq.network.TransportKind;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Every client, those that are there and the newest of those that were: what monitoring is told.
 * Shared.
 */
final class NatsClients implements ServerFacts {

    private static final long MOST_BETWEEN_ENDINGS = TimeUnit.SECONDS.toNanos(1);

    private final NatsBroker broker;
    private final long startedAt = System.currentTimeMillis();
    private final Map<Long, NatsConnection> open = new ConcurrentHashMap<>();
    private final Deque<ConnectionFacts> closed = new ArrayDeque<>();
    private final ReentrantLock closedLock = new ReentrantLock();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicLong total = new AtomicLong();
    private final AtomicLong stale = new AtomicLong();
    private volatile InetSocketAddress address = new InetSocketAddress("0.0.0.0", 0);
    private volatile @Nullable Function<JsonNode, ObjectNode> jetStream;

    NatsClients(NatsBroker broker) {
        this.broker = broker;
    }

    /** Every client is held against what the configuration says now. */
    void reconsider() {
        long excess = (long) count.get() - broker.limits().maxConnections();
        open.values().stream()
                .limit(Math.max(0, excess))
                .forEach(one -> one.connection().loop().execute(one::tooMany));
        open.values().forEach(one -> one.connection().loop().execute(one::reconsider));
    }

    void listensOn(InetSocketAddress where) {
        address = where;
    }

    void jetStreamReport(Function<JsonNode, ObjectNode> report) {
        jetStream = report;
    }

    /**
     * False when there are as many as there may be; each call is followed by one leaving when true.
     */
    boolean enter() {
        total.incrementAndGet();
        if (count.incrementAndGet() > broker.limits().maxConnections()) {
            count.decrementAndGet();
            return false;
        }
        return true;
    }

    void leave() {
        count.decrementAndGet();
    }

    void opened(NatsConnection connection) {
        if (connection.connection().isOpen()) {
            open.put(connection.id(), connection);
        }
    }

    ConnectionFacts ended(NatsConnection connection, CloseReason reason) {
        open.remove(connection.id());
        if (reason.kind() == CloseReason.Kind.IDLE) {
            stale.incrementAndGet();
        }
        ConnectionFacts facts =
                facts(
                        connection,
                        new ConnectionFacts.Ending(System.currentTimeMillis(), words(reason)));
        closedLock.lock();
        try {
            closed.addLast(facts);
            while (closed.size() > broker.limits().maxClosedClients()) {
                closed.removeFirst();
            }
        } finally {
            closedLock.unlock();
        }
        return facts;
    }

    /** As nats-server names it. */
    private static String words(CloseReason reason) {
        return switch (reason.kind()) {
            case PEER_CLOSED, CLIENT_REQUEST -> "Client Closed";
            case PEER_LOST -> "Read Error";
            case PROTOCOL_ERROR -> "Protocol Violation";
            case TOO_LARGE -> "Maximum Message Payload Exceeded";
            case NOT_AUTHENTICATED, BANNED -> "Authentication Failure";
            case LOGIN_TIMEOUT -> "Authentication Timeout";
            case IDLE -> "Stale Connection";
            case SLOW_CONSUMER ->
                    reason.detail().contains("write deadline")
                            ? "Slow Consumer (Write Deadline)"
                            : "Slow Consumer (Pending Bytes)";
            case LIMIT_EXCEEDED -> "Maximum Connections Exceeded";
            case KICKED, TAKEN_OVER -> "Kicked";
            case SHUTDOWN, INTERNAL_ERROR -> "Server Shutdown";
        };
    }

    ConnectionFacts facts(NatsConnection one, ConnectionFacts.@Nullable Ending ending) {
        TransportKind transport = one.connection().transport();
        ConnectOptions options = one.options();
        NatsUser user = one.user();
        NatsUser.Origin origin = user == null ? NatsUser.Origin.NONE : user.origin();
        String account = one.account().name();
        List<ConnectionFacts.SubscriptionFacts> subscriptions = new ArrayList<>();
        for (NatsSubscription sub : one.subscriptions().list()) {
            subscriptions.add(
                    new ConnectionFacts.SubscriptionFacts(
                            account,
                            sub.filter().toString().replace('#', '>'),
                            sub.queue(),
                            sub.sid(),
                            sub.delivered(),
                            sub.max(),
                            one.id()));
        }
        String asked = options.user();
        String name = user == null || user.name().isEmpty() ? asked : user.name();
        return new ConnectionFacts(
                one.id(),
                transport == TransportKind.WEBSOCKET || transport == TransportKind.WEBSOCKET_TLS
                        ? "websocket"
                        : "nats",
                new ConnectionFacts.Address(
                        ServerInfo.host(one.connection().remote()),
                        ServerInfo.port(one.connection().remote())),
                new ConnectionFacts.Times(one.openedAt(), one.heardAt(), one.roundTripNanos()),
                one.outbox().pendingBytes(),
                one.traffic(),
                subscriptions,
                new ConnectionFacts.Client(
                        options.name(),
                        options.language(),
                        options.version(),
                        name == null ? "" : name,
                        account,
                        origin.jwt(),
                        origin.issuerKey(),
                        origin.nameTag()),
                ending);
    }

    @Nullable NatsUser userOf(long connection) {
        NatsConnection one = open.get(connection);
        return one == null ? null : one.user();
    }

    @Override
    public Identity identity() {
        NatsSettings settings = broker.settings();
        InetSocketAddress where = address;
        return new Identity(
                settings.serverId(),
                settings.serverName(),
                NatsSettings.VERSION,
                ServerInfo.REVISION,
                where.getAddress() == null
                        ? where.getHostString()
                        : where.getAddress().getHostAddress(),
                where.getPort(),
                startedAt,
                settings.maxPayload());
    }

    @Override
    public LimitOptions limits() {
        return broker.limits();
    }

    @Override
    public @Nullable ServerOptions options() {
        return broker.options();
    }

    @Override
    public Accounts accounts() {
        return broker.accounts();
    }

    @Override
    public boolean loginRequired() {
        return broker.door().loginRequired();
    }

    @Override
    public boolean tlsRequired() {
        return broker.settings().tlsRequired();
    }

    @Override
    public boolean jetStream() {
        return jetStream != null;
    }

    @Override
    public ObjectNode jetStreamReport(JsonNode options) {
        return Objects.requireNonNull(jetStream).apply(options);
    }

    @Override
    public List<ConnectionFacts> open() {
        List<ConnectionFacts> facts = new ArrayList<>(open.size());
        open.values().forEach(one -> facts.add(facts(one, null)));
        return facts;
    }

    @Override
    public List<ConnectionFacts> closed() {
        closedLock.lock();
        try {
            return List.copyOf(closed);
        } finally {
            closedLock.unlock();
        }
    }

    @Override
    public @Nullable ConnectionFacts connection(long id) {
        NatsConnection one = open.get(id);
        return one == null ? null : facts(one, null);
    }

    @Override
    public Traffic.Sums traffic(@Nullable Account account) {
        Traffic.Sums sums = Traffic.Sums.NONE;
        for (Account one : broker.accounts().all()) {
            if (account == null || account.equals(one)) {
                sums = sums.plus(one.past().sums());
            }
        }
        for (NatsConnection one : open.values()) {
            if (account == null || account.equals(one.account())) {
                sums = sums.plus(one.traffic());
            }
        }
        return sums;
    }

    @Override
    public int connections() {
        return count.get();
    }

    @Override
    public long totalConnections() {
        return total.get();
    }

    @Override
    public long staleConnections() {
        return stale.get();
    }

    @Override
    public @Nullable String reload() {
        try {
            broker.reload();
            return null;
        } catch (OptionsException wrong) {
            return String.valueOf(wrong.getMessage());
        }
    }

    @Override
    public boolean kick(long id) {
        NatsConnection one = open.get(id);
        if (one == null) {
            return false;
        }
        one.connection().close(new CloseReason(CloseReason.Kind.KICKED, "kicked by the system"));
        return true;
    }

    @Override
    public boolean lameDuck(long id) {
        NatsConnection one = open.get(id);
        if (one != null) {
            one.connection().loop().execute(() -> one.infoChanged(true));
        }
        return one != null;
    }

    /** Tells all, waits the grace, then ends them spread over the rest of the time. */
    CompletableFuture<Void> lameDuck() {
        List<NatsConnection> told = List.copyOf(open.values());
        for (NatsConnection one : told) {
            one.connection().loop().execute(() -> one.infoChanged(true));
        }
        CompletableFuture<Void> over = new CompletableFuture<>();
        Thread.ofVirtual().name("nats-lame-duck").start(() -> endSlowly(told, over));
        return over;
    }

    private void endSlowly(List<NatsConnection> told, CompletableFuture<Void> over) {
        LimitOptions.Times times = broker.limits().times();
        Duration spread = times.lameDuck().minus(times.lameDuckGrace());
        long each =
                told.isEmpty()
                        ? 0
                        : Math.min(
                                MOST_BETWEEN_ENDINGS, Math.max(0, spread.toNanos()) / told.size());
        try {
            if (!told.isEmpty()) {
                TimeUnit.NANOSECONDS.sleep(times.lameDuckGrace().toNanos());
            }
            for (NatsConnection one : told) {
                one.connection()
                        .close(new CloseReason(CloseReason.Kind.SHUTDOWN, "lame duck mode"));
                TimeUnit.NANOSECONDS.sleep(
                        each / 2 + ThreadLocalRandom.current().nextLong(each / 2 + 1));
            }
            over.complete(null);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            over.completeExceptionally(interrupted);
        }
    }
}
