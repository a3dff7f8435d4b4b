package io.polymq.network;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.polymq.config.LoopConfig;
import io.polymq.config.NetworkConfig;
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
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The network server: listens for protocols on transports until the broker shuts down. Each
 * protocol has its own loops.
 *
 * <p>Shared zone: any thread, though listening is for start-up.
 */
public final class NetworkServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(NetworkServer.class);

    /** Little is read at a time, so that a flood on one connection does not hold up the others. */
    private static final int READ_BYTES = 16 << 10;

    private final NetworkServerParams params;
    private final IoTransport transport;
    private final NetworkShared shared;
    private final @Nullable TlsContexts tls;
    private final ExecutorService fileReaders;
    private final List<Channel> servers = new CopyOnWriteArrayList<>();
    private final List<EventLoopGroup> groups = new CopyOnWriteArrayList<>();

    public NetworkServer(NetworkServerParams params) {
        this.params = params;
        this.transport = IoTransport.of(params.config().transport());
        this.tls = params.tls() == null ? null : new TlsContexts(params.tls(), params.clock());
        this.fileReaders =
                Executors.newThreadPerTaskExecutor(
                        Thread.ofVirtual().name("polymq-file-", 0).factory());
        this.shared =
                new NetworkShared(
                        params.config(),
                        params.connections(),
                        params.rateLimiter(),
                        new NetworkMetrics(params.registry()),
                        new FaultLog(params.nanoClock()),
                        new LoopContexts(params.nanoClock()),
                        fileReaders,
                        tls);
        params.shutdown().subscribe(Shutdown.Phase.LISTENERS, "listeners", this::stopAccepting);
        params.shutdown().subscribe(Shutdown.Phase.PROTOCOLS, "connections", this::endConnections);
        LOG.atInfo().addKeyValue("transport", transport.label()).log("network transport");
    }

    /** Listens for a protocol on each port that is given; returns where it can be reached. */
    public List<BoundAddress> listen(
            ProtocolBinding binding, TransportPorts ports, LoopConfig loopConfig) {
        Loops loops = loops(binding.name(), loopConfig);
        List<BoundAddress> bound = new ArrayList<>();
        bind(bound, binding, TransportKind.TCP, ports.tcpPort(), loops);
        bind(bound, binding, TransportKind.TLS, ports.tlsPort(), loops);
        bind(bound, binding, TransportKind.WEBSOCKET, ports.websocketPort(), loops);
        bind(bound, binding, TransportKind.WEBSOCKET_TLS, ports.websocketsPort(), loops);
        return List.copyOf(bound);
    }

    /** Reads the certificate files again; connections that stand are not touched. */
    public void reloadTls() {
        if (tls != null) {
            tls.reload();
            LOG.info("TLS certificates read again");
        }
    }

    private record Loops(EventLoopGroup acceptors, EventLoopGroup handlers) {}

    private Loops loops(String name, LoopConfig config) {
        int handlers =
                config.handlerThreadNum() > 0
                        ? config.handlerThreadNum()
                        : Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        return new Loops(
                group(name + "-accept", config.acceptThreadNum()), group(name + "-loop", handlers));
    }

    private EventLoopGroup group(String name, int threads) {
        EventLoopGroup group =
                new MultiThreadIoEventLoopGroup(
                        threads, new DefaultThreadFactory(name), transport.loops());
        groups.add(group);
        return group;
    }

    private void bind(
            List<BoundAddress> bound,
            ProtocolBinding binding,
            TransportKind kind,
            @Nullable Integer port,
            Loops loops) {
        if (port == null) {
            return;
        }
        if (tls == null && (kind == TransportKind.TLS || kind == TransportKind.WEBSOCKET_TLS)) {
            throw new NetworkException(
                    binding.name() + ": a TLS port is set but [tls] names no certificate");
        }
        String name = binding.name() + "-" + NetworkMetrics.label(kind).replace('_', '-');
        Listener listener = new Listener(name, kind, List.of(binding), shared);
        int actualPort = port;
        for (String host : params.config().bind()) {
            Channel server = bind(listener, loops, new InetSocketAddress(host, actualPort));
            SocketAddress address = server.localAddress();
            actualPort = ((InetSocketAddress) address).getPort();
            bound.add(new BoundAddress(name, binding.name(), kind, address));
        }
    }

    private Channel bind(Listener listener, Loops loops, SocketAddress address) {
        NetworkConfig config = params.config();
        ServerBootstrap bootstrap =
                new ServerBootstrap()
                        .group(loops.acceptors(), loops.handlers())
                        .channel(transport.serverSocket())
                        .option(ChannelOption.SO_BACKLOG, 4096)
                        .option(ChannelOption.SO_REUSEADDR, true)
                        .childOption(ChannelOption.TCP_NODELAY, true)
                        .childOption(ChannelOption.SO_KEEPALIVE, true)
                        .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                        .childOption(
                                ChannelOption.RECVBUF_ALLOCATOR,
                                new FixedRecvByteBufAllocator(READ_BYTES).maxMessagesPerRead(1))
                        .childHandler(listener.newChannels());
        ChannelFuture future = bootstrap.bind(address).awaitUninterruptibly();
        if (!future.isSuccess()) {
            throw new NetworkException(
                    "cannot listen on "
                            + address
                            + " for "
                            + listener.name()
                            + ": "
                            + future.cause().getMessage(),
                    future.cause());
        }
        servers.add(future.channel());
        return future.channel();
    }

    private CompletionStage<Void> stopAccepting(Duration within) {
        CompletableFuture<?>[] closed =
                servers.stream()
                        .map(
                                server -> {
                                    CompletableFuture<Void> done = new CompletableFuture<>();
                                    server.close().addListener(f -> done.complete(null));
                                    return done;
                                })
                        .toArray(CompletableFuture[]::new);
        return CompletableFuture.allOf(closed);
    }

    private CompletionStage<Void> endConnections(Duration within) {
        params.connections()
                .kickAll(
                        connection -> true,
                        new CloseReason(CloseReason.Kind.SHUTDOWN, "the broker is shutting down"));
        return params.connections().whenEmpty();
    }

    /** Ends the loops; connections that are still there are closed by force. Waits for it. */
    @Override
    public void close() {
        stopAccepting(Duration.ZERO);
        for (EventLoopGroup group : groups) {
            group.shutdownGracefully(0, 2, TimeUnit.SECONDS);
        }
        for (EventLoopGroup group : groups) {
            group.terminationFuture().awaitUninterruptibly(5, TimeUnit.SECONDS);
        }
        shared.loops().close();
        fileReaders.close();
    }
}
