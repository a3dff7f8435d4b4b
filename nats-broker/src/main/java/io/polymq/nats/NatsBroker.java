package io.polymq.nats;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.polymq.core.admin.AdminPages;
import io.polymq.core.message.HeaderCodec;
import io.polymq.core.router.Router;
import io.polymq.core.security.Security;
import io.polymq.core.service.SubjectService;
import io.polymq.core.subject.Subject;
import io.polymq.nats.account.Accounts;
import io.polymq.nats.account.Directory;
import io.polymq.nats.account.Door;
import io.polymq.nats.jetstream.JetStreamParams;
import io.polymq.nats.monitor.ConnectionFacts;
import io.polymq.nats.monitor.MonitorServer;
import io.polymq.nats.monitor.Reports;
import io.polymq.nats.monitor.SystemService;
import io.polymq.nats.options.LimitOptions;
import io.polymq.nats.options.ListenOptions;
import io.polymq.nats.options.OptionsException;
import io.polymq.nats.options.ServerOptions;
import io.polymq.nats.options.TlsOptions;
import io.polymq.network.CloseReason;
import io.polymq.network.Connection;
import io.polymq.network.ProtocolBinding;
import io.polymq.network.ProtocolHandler;
import io.polymq.network.Shutdown;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * The NATS broker: gives the network layer its binding and every loop its shared state. Shared;
 * what it hands out belongs to the loops.
 */
public final class NatsBroker {

    private static final long MAX_TICK_MILLIS = 1_000;

    private final NatsBrokerServerParams params;
    private final ObjectMapper json = new ObjectMapper();
    private final Directory directory;
    private volatile LimitOptions limits;
    private volatile NatsSettings settings;
    private volatile @Nullable ServerOptions options;
    private volatile ServerInfo info;
    private volatile @Nullable OptionsSource source;
    private final NatsMetrics metrics;
    private final NatsClients clients;
    private final SystemService system;
    private final @Nullable AccountStreams streams;
    private final @Nullable MonitorServer monitor;
    private final Map<EventLoop, NatsLoop> loops = new ConcurrentHashMap<>();
    private final ReentrantLock reloading = new ReentrantLock();

    /** Reads the configuration again. */
    public interface OptionsSource {
        ServerOptions read() throws OptionsException;
    }

    private NatsBroker(NatsBrokerServerParams params) throws OptionsException, IOException {
        this.params = params;
        ServerOptions options = params.options();
        this.options = options;
        this.settings = params.settings();
        this.limits = options == null ? unbounded(params.settings()) : options.limits();
        InstantSource clock = InstantSource.system();
        this.directory =
                Directory.open(
                        new Directory.Parts(
                                params.router(),
                                params.security(),
                                json,
                                clock,
                                System::nanoTime,
                                new SecureRandom(),
                                new Directory.Server(
                                        settings.serverName(),
                                        options == null ? "0.0.0.0" : options.listen().host(),
                                        settings.serverId(),
                                        NatsSettings.VERSION,
                                        NatsHeaderCodec.INSTANCE),
                                new Told()),
                        options);
        this.info = serverInfo();
        this.metrics = new NatsMetrics(params.metrics());
        this.clients = new NatsClients(this);
        Reports reports = new Reports(clients, json, clock);
        this.system =
                new SystemService(
                        reports, params.router(), NatsHeaderCodec.INSTANCE, clients::userOf);
        system.serveSystem(directory.accounts().system());
        AccountStreams started = AccountStreams.start(params, directory.accounts());
        this.streams = started;
        if (started != null) {
            clients.jetStreamReport(started::report);
        }
        directory
                .accounts()
                .onNew(
                        account -> {
                            system.serveAccount(account);
                            if (started != null) {
                                started.accept(account);
                            }
                        });
        this.monitor = monitor(options, reports);
        params.shutdown()
                .subscribe(
                        Shutdown.Phase.CORE,
                        "nats monitoring",
                        within -> {
                            system.close();
                            if (monitor != null) {
                                monitor.close();
                            }
                            return CompletableFuture.completedFuture(null);
                        });
    }

    /**
     * Starts it; the monitoring port opens at once.
     *
     * @throws OptionsException when accounts, users and imports do not fit together
     * @throws IOException when the monitoring port cannot be opened
     */
    public static NatsBroker start(NatsBrokerServerParams params)
            throws OptionsException, IOException {
        NatsBroker broker = new NatsBroker(params);
        broker.info.rehearse();
        return broker;
    }

    private ServerInfo serverInfo() {
        ServerOptions now = options;
        TlsOptions tls = now == null ? null : now.transports().tls();
        JetStreamParams streaming = params.jetStream();
        return new ServerInfo(
                settings,
                directory.door().loginRequired(),
                tls != null && tls.verify(),
                streaming == null ? "" : streaming.domain(),
                json);
    }

    /** Who is connected, told to those who measure a service. */
    private final class Told implements Directory.Clients {

        @Override
        public @Nullable ObjectNode describe(long connection) {
            ConnectionFacts facts = clients.connection(connection);
            return facts == null ? null : SystemService.client(json, facts);
        }

        @Override
        public long roundTripNanos(long connection) {
            ConnectionFacts facts = clients.connection(connection);
            return facts == null ? 0 : facts.times().roundTripNanos();
        }
    }

    /** From where {@link #reload} takes the configuration. */
    public void reloadFrom(OptionsSource from) {
        source = from;
    }

    /**
     * Reads the configuration again: users, permissions, accounts, what they import, mappings and
     * limits hold from then on, also for the clients that are there. Blocking; any thread.
     *
     * @throws OptionsException when it cannot be used, or changes what needs a new start; then
     *     nothing has changed
     */
    public void reload() throws OptionsException {
        OptionsSource from = source;
        ServerOptions before = options;
        if (from == null || before == null) {
            throw new OptionsException("there is no configuration to be read again");
        }
        reloading.lock();
        try {
            ServerOptions now = from.read();
            String fixed = Reloads.changedForGood(before, now);
            if (fixed != null) {
                throw new OptionsException("config reload not supported for " + fixed);
            }
            directory.reload(now);
            options = now;
            limits = now.limits();
            settings = params.settings().under(now.limits());
            ServerInfo fresh = serverInfo();
            if (info.isLameDuck()) {
                fresh.lameDuck();
            }
            info = fresh;
        } finally {
            reloading.unlock();
        }
        clients.reconsider();
    }

    private static LimitOptions unbounded(NatsSettings settings) {
        LimitOptions.Times times = LimitOptions.Times.DEFAULT;
        return new LimitOptions(
                Integer.MAX_VALUE,
                settings.maxSubscriptions(),
                0,
                settings.maxPayload(),
                LimitOptions.DEFAULT.maxPending(),
                settings.maxControlLine(),
                LimitOptions.DEFAULT.maxClosedClients(),
                new LimitOptions.Times(
                        settings.pingInterval(),
                        settings.maxPingsOut(),
                        times.writeDeadline(),
                        settings.authTimeout(),
                        times.lameDuck(),
                        times.lameDuckGrace()));
    }

    private static @Nullable MonitorServer monitor(@Nullable ServerOptions options, Reports reports)
            throws IOException, OptionsException {
        ListenOptions listen = options == null ? ServerOptions.DEFAULT.listen() : options.listen();
        boolean secure = listen.httpsPort() != ListenOptions.OFF;
        if (options == null || !secure && listen.httpPort() == ListenOptions.OFF) {
            return null;
        }
        if (secure && listen.httpPort() != ListenOptions.OFF) {
            throw new OptionsException("can't specify both HTTP and HTTPS monitoring ports");
        }
        TlsOptions tls = options.transports().tls();
        if (secure && tls == null) {
            throw new OptionsException("TLS cert and key required for HTTPS");
        }
        String host = listen.httpHost() == null ? listen.host() : listen.httpHost();
        int port = Math.max(0, secure ? listen.httpsPort() : listen.httpPort());
        return MonitorServer.start(
                reports,
                new InetSocketAddress(host, port),
                listen.httpBasePath(),
                secure && tls != null ? certified(tls) : null);
    }

    /** Clients of the monitoring port need no certificate, whatever NATS clients need. */
    private static SSLContext certified(TlsOptions tls) throws IOException {
        SslContext made =
                SslContextBuilder.forServer(tls.certificate().toFile(), tls.key().toFile())
                        .sslProvider(SslProvider.JDK)
                        .build();
        return ((JdkSslContext) made).context();
    }

    /** How other protocols read the headers of NATS messages. */
    public static HeaderCodec headerCodec() {
        return NatsHeaderCodec.INSTANCE;
    }

    /** What the network layer serves. */
    public ProtocolBinding binding() {
        return new NatsBinding(this);
    }

    /** Streams and consumers, for the admin port; none when JetStream is not served. */
    public List<AdminPages> pages() {
        return streams == null
                ? List.of()
                : List.of(new StreamPages(streams, params.router(), json).pages());
    }

    /** Where monitoring answers; null when it does not. */
    public @Nullable InetSocketAddress monitorAddress() {
        return monitor == null ? null : monitor.address();
    }

    /** Where clients are told to find the server, for reports. */
    public void listensOn(InetSocketAddress address) {
        clients.listensOn(address);
    }

    /**
     * Tells every client to go elsewhere, and after a grace closes them one by one. Completes when
     * the last one has been told.
     */
    public CompletableFuture<Void> lameDuck() {
        info.lameDuck();
        if (streams != null) {
            streams.tellOfEnd();
        }
        return clients.lameDuck();
    }

    ProtocolHandler open(Connection connection) {
        NatsLoop loop = loops.computeIfAbsent(connection.loop(), this::newLoop);
        NatsConnection opened = new NatsConnection(this, connection, loop);
        clients.opened(opened);
        return opened;
    }

    private NatsLoop newLoop(EventLoop loop) {
        Duration shortest = params.settings().pingInterval();
        if (params.settings().authTimeout().compareTo(shortest) < 0) {
            shortest = params.settings().authTimeout();
        }
        long tick = Math.min(MAX_TICK_MILLIS, shortest.toMillis() / 4 + 1);
        return new NatsLoop(loop, params.router().newCache(), tick, directory::sweep);
    }

    NatsBrokerServerParams params() {
        return params;
    }

    NatsSettings settings() {
        return settings;
    }

    /** What a nats-server configuration says; null without one. */
    @Nullable ServerOptions options() {
        return options;
    }

    LimitOptions limits() {
        return limits;
    }

    Security security() {
        return params.security();
    }

    Router router() {
        return params.router();
    }

    Door door() {
        return directory.door();
    }

    /** The accounts of this broker. */
    public Accounts accounts() {
        return directory.accounts();
    }

    ServerInfo info() {
        return info;
    }

    /** Who answers requests on that subject; null when it is a subject like any other. */
    @Nullable SubjectService service(Subject subject) {
        for (SubjectService service : params.services()) {
            if (subject.toString().startsWith(service.prefix())) {
                return service;
            }
        }
        return null;
    }

    NatsMetrics metrics() {
        return metrics;
    }

    ObjectMapper json() {
        return json;
    }

    /**
     * How long a client on the plain port may take to begin TLS before INFO is sent: zero when INFO
     * comes first, negative when it never comes without TLS.
     */
    long tlsFirstNanos() {
        ServerOptions now = options;
        TlsOptions tls = now == null ? null : now.transports().tls();
        Duration wait = tls == null ? null : tls.handshakeFirst();
        return wait == null ? 0 : wait.isNegative() ? -1 : wait.toNanos();
    }

    boolean enter() {
        return clients.enter();
    }

    void leave() {
        clients.leave();
    }

    void connected(NatsConnection connection) {
        system.connected(clients.facts(connection, null));
    }

    void ended(NatsConnection connection, CloseReason reason) {
        var facts = clients.ended(connection, reason);
        if (connection.user() != null) {
            system.disconnected(facts);
        } else if (reason.kind() == CloseReason.Kind.NOT_AUTHENTICATED) {
            system.refused(facts);
        }
    }
}
