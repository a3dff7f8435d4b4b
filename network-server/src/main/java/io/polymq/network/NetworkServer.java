package io.polymq.network;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.ServerChannel;
import io.polymq.config.LoopConfig;
import io.polymq.config.RuntimeConfig;
import io.polymq.config.TransportPorts;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The network server: listens for protocols on transports until the broker shuts down. Each
 * protocol has its own loops, and so has the port that serves all of them.
 *
 * <p>Shared zone: any thread, though listening is for start-up.
 */
public final class NetworkServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(NetworkServer.class);

    private static final int BACKLOG = 4096;

    private final NetworkServerParams params;
    private final IoTransport transport;
    private final NetworkShared shared;
    private final AcceptGate gate;
    private final @Nullable TlsContexts tls;
    private final ExecutorService fileReaders;
    private final List<Channel> acceptors = new CopyOnWriteArrayList<>();
    private final List<Channel> datagrams = new CopyOnWriteArrayList<>();
    private final List<ProtocolLoops> allLoops = new CopyOnWriteArrayList<>();

    public NetworkServer(NetworkServerParams params) {
        this.params = params;
        this.transport = IoTransport.of(params.config().transport());
        this.tls = params.tls() == null ? null : new TlsContexts(params.tls(), params.clock());
        this.fileReaders =
                Executors.newThreadPerTaskExecutor(
                        Thread.ofVirtual().name("polymq-file-", 0).factory());
        this.gate = new AcceptGate(params.config(), params.rateLimiter(), params.nanoClock());
        this.shared =
                new NetworkShared(
                        params.config(),
                        params.connections(),
                        params.rateLimiter(),
                        params.shutdown(),
                        new NetworkMetrics(params.registry(), params.connections()),
                        new FaultLog(params.nanoClock()),
                        new LoopContexts(params.nanoClock()),
                        fileReaders,
                        tls);
        params.shutdown().subscribe(Shutdown.Phase.LISTENERS, "listeners", this::stopAccepting);
        params.shutdown().subscribe(Shutdown.Phase.PROTOCOLS, "connections", this::endConnections);
        LOG.atInfo().addKeyValue("transport", transport.label()).log("network transport");
    }

    /** How the kernel is reached: {@code epoll}, {@code io_uring} or {@code nio}. */
    public String transport() {
        return transport.label();
    }

    /**
     * A further way into a protocol, on the loops of its others.
     *
     * @param binding one of the same name
     * @param hosts empty for those of the others
     */
    public record Entrance(ProtocolBinding binding, TransportPorts ports, List<String> hosts) {
        public Entrance {
            hosts = List.copyOf(hosts);
        }
    }

    /**
     * Listens for a protocol as its section of the configuration says, and at what else leads to
     * it.
     */
    public List<BoundAddress> listen(
            ProtocolBinding binding, RuntimeConfig runtime, List<Entrance> further) {
        List<String> hosts = runtime.bind().isEmpty() ? params.config().bind() : runtime.bind();
        Entrance first = new Entrance(binding, runtime.ports(), hosts);
        return listen(first, further, runtime.network());
    }

    /**
     * Listens for a protocol on each port that is given, and on its Unix-domain socket where these
     * are configured; returns where it can be reached.
     */
    public List<BoundAddress> listen(
            ProtocolBinding binding, TransportPorts ports, LoopConfig loopConfig) {
        return listen(new Entrance(binding, ports, params.config().bind()), List.of(), loopConfig);
    }

    /** Listens at the first, where the Unix-domain socket is too, and at the others. */
    public List<BoundAddress> listen(Entrance first, List<Entrance> further, LoopConfig config) {
        ProtocolBinding binding = first.binding();
        Site site = new Site(loops(binding.name(), config), first.hosts(), new ArrayList<>());
        bind(site, first);
        String unixFolder = params.config().unixSocketDir();
        if (unixFolder != null) {
            bindUnix(site, listener(TransportKind.UNIX, List.of(binding)), unixFolder);
        }
        for (Entrance one : further) {
            List<String> hosts = one.hosts().isEmpty() ? first.hosts() : one.hosts();
            bind(new Site(site.loops, hosts, site.bound), one);
        }
        return List.copyOf(site.bound);
    }

    private void bind(Site site, Entrance entrance) {
        ProtocolBinding binding = entrance.binding();
        TransportPorts ports = entrance.ports();
        bind(site, binding, TransportKind.TCP, ports.tcpPort());
        bind(site, binding, TransportKind.TLS, ports.tlsPort());
        bind(site, binding, TransportKind.WEBSOCKET, ports.websocketPort());
        bind(site, binding, TransportKind.WEBSOCKET_TLS, ports.websocketsPort());
        bind(site, binding, TransportKind.QUIC, ports.quicPort());
    }

    /** What is being bound: with which loops, on which hosts, and where so far. */
    private record Site(ProtocolLoops loops, List<String> hosts, List<BoundAddress> bound) {}

    /**
     * Listens on one port for all these protocols and tells them apart by the first bytes; those
     * asked first come first.
     */
    public List<BoundAddress> listenAuto(
            List<ProtocolBinding> bindings, int port, LoopConfig loopConfig) {
        Site site =
                new Site(
                        loops(Listener.UNDETECTED, loopConfig),
                        params.config().bind(),
                        new ArrayList<>());
        bindTcp(site, listener(TransportKind.TCP, bindings), port);
        return List.copyOf(site.bound);
    }

    /**
     * Reads the certificate files again: new handshakes use them, connections that stand are not
     * touched.
     *
     * @throws NetworkException when they cannot be used; what was in use stays in use
     */
    public void reloadTls() {
        if (tls != null) {
            tls.reload();
            LOG.info("TLS certificates read again");
        }
    }

    private ProtocolLoops loops(String name, LoopConfig config) {
        ProtocolLoops loops = ProtocolLoops.of(name, config, transport);
        allLoops.add(loops);
        return loops;
    }

    private Listener listener(TransportKind kind, List<ProtocolBinding> bindings) {
        String name =
                bindings.size() == 1
                        ? bindings.getFirst().name()
                                + "-"
                                + NetworkMetrics.label(kind).replace('_', '-')
                        : Listener.UNDETECTED;
        return new Listener(name, kind, bindings, shared);
    }

    private void bind(
            Site site, ProtocolBinding binding, TransportKind kind, @Nullable Integer port) {
        if (port == null) {
            return;
        }
        Listener listener = listener(kind, List.of(binding));
        if (!listener.needsTls()) {
            bindTcp(site, listener, port);
        } else if (tls == null) {
            throw new NetworkException(
                    listener.name() + ": a port is set but [tls] names no certificate");
        } else if (kind == TransportKind.QUIC) {
            bindQuic(site, new QuicListening(listener, tls, params.nanoClock()), listener, port);
        } else {
            bindTcp(site, listener, port);
        }
    }

    private void bindTcp(Site site, Listener listener, int port) {
        int actualPort = port;
        for (String host : site.hosts) {
            InetSocketAddress wanted = resolve(host, actualPort);
            ServerBootstrap bootstrap =
                    bootstrap(listener, site.loops, transport.serverSocket())
                            .option(ChannelOption.SO_REUSEADDR, true)
                            .childOption(ChannelOption.TCP_NODELAY, true)
                            .childOption(ChannelOption.SO_KEEPALIVE, true);
            Channel server = bound(listener, wanted, bootstrap.bind(wanted));
            acceptors.add(server);
            actualPort = ((InetSocketAddress) server.localAddress()).getPort();
            site.bound.add(address(listener, server.localAddress()));
        }
    }

    private void bindQuic(Site site, QuicListening quic, Listener listener, int port) {
        int actualPort = port;
        for (String host : site.hosts) {
            InetSocketAddress wanted = resolve(host, actualPort);
            Channel socket =
                    bound(listener, wanted, quic.bind(site.loops, transport.datagram(), wanted));
            datagrams.add(socket);
            actualPort = ((InetSocketAddress) socket.localAddress()).getPort();
            site.bound.add(address(listener, socket.localAddress()));
        }
    }

    private void bindUnix(Site site, Listener listener, String folder) {
        SocketAddress wanted =
                transport.unixAddress(UnixSockets.prepare(folder, listener.onlyBinding().name()));
        ServerBootstrap bootstrap = bootstrap(listener, site.loops, transport.unixServerSocket());
        Channel server = bound(listener, wanted, bootstrap.bind(wanted));
        acceptors.add(server);
        site.bound.add(address(listener, wanted));
    }

    private ServerBootstrap bootstrap(
            Listener listener, ProtocolLoops loops, Class<? extends ServerChannel> channel) {
        return new ServerBootstrap()
                .group(loops.acceptors(), loops.handlers())
                .channel(channel)
                .handler(gate.inFrontOf(loops.handlers(), loops.queueSize()))
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childHandler(listener.newChannels());
    }

    private static InetSocketAddress resolve(String host, int port) {
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new NetworkException("cannot listen on " + host + ": no address is known for it");
        }
        return address;
    }

    private static Channel bound(Listener listener, SocketAddress wanted, ChannelFuture binding) {
        binding.awaitUninterruptibly();
        if (!binding.isSuccess()) {
            throw new NetworkException(
                    "cannot listen on "
                            + wanted
                            + " for "
                            + listener.name()
                            + ": "
                            + binding.cause().getMessage(),
                    binding.cause());
        }
        return binding.channel();
    }

    private static BoundAddress address(Listener listener, SocketAddress address) {
        ProtocolBinding only = listener.binding();
        return new BoundAddress(
                listener.name(),
                only == null ? Listener.UNDETECTED : only.name(),
                listener.transport(),
                address);
    }

    /**
     * Takes no more connections over TCP and Unix sockets, for good; those that stand stay. Any
     * thread.
     */
    public CompletionStage<Void> closeListeners() {
        return closed(acceptors);
    }

    /** QUIC's sockets stay open: the connections that are to be drained are in them. */
    private CompletionStage<Void> stopAccepting(Duration within) {
        return closeListeners();
    }

    private CompletionStage<Void> endConnections(Duration within) {
        params.connections()
                .kickAll(
                        connection -> true,
                        new CloseReason(CloseReason.Kind.SHUTDOWN, "the broker is shutting down"));
        return params.connections().whenEmpty();
    }

    private static CompletableFuture<Void> closed(List<Channel> channels) {
        return CompletableFuture.allOf(
                channels.stream()
                        .map(
                                channel -> {
                                    CompletableFuture<Boolean> done = new CompletableFuture<>();
                                    channel.close()
                                            .addListener(closed -> done.complete(Boolean.TRUE));
                                    return done;
                                })
                        .toArray(CompletableFuture[]::new));
    }

    /** Ends the loops; connections that are still there are closed by force. Waits for it. */
    @Override
    public void close() {
        CompletableFuture.allOf(closed(acceptors), closed(datagrams)).join();
        allLoops.forEach(ProtocolLoops::stop);
        for (ProtocolLoops loops : allLoops) {
            if (!loops.awaitStopped(5)) {
                LOG.warn("a loop did not end in time");
            }
        }
        shared.loops().close();
        fileReaders.close();
    }
}
