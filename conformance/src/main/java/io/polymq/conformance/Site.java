package io.polymq.conformance;

import io.netty.buffer.ByteBuf;
import io.polymq.config.LimitsConfig;
import io.polymq.config.LoopConfig;
import io.polymq.config.NetworkConfig;
import io.polymq.config.TransportPorts;
import io.polymq.network.BoundAddress;
import io.polymq.network.Connection;
import io.polymq.network.ConnectionManager;
import io.polymq.network.GlobalRateLimiter;
import io.polymq.network.NetworkServer;
import io.polymq.network.NetworkServerParams;
import io.polymq.network.ProbeResult;
import io.polymq.network.ProtocolBinding;
import io.polymq.network.ProtocolHandler;
import io.polymq.network.ShutdownBroadcast;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** A network server that serves the protocol under test on every route. */
final class Site implements AutoCloseable {

    static final Duration SHUTDOWN_WITHIN = Duration.ofSeconds(10);

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final ConnectionManager connections;
    private final GlobalRateLimiter rateLimiter;
    private final ShutdownBroadcast shutdown;
    private final NetworkServer server;
    private final ProtocolBinding binding;
    private final Connector connector;
    private final List<BoundAddress> bound = new ArrayList<>();

    Site(
            NetworkConfig config,
            TransportPorts ports,
            Certificates certificates,
            Function<Environment, ProtocolBinding> protocol) {
        connections = new ConnectionManager(config);
        rateLimiter = new GlobalRateLimiter(LimitsConfig.DEFAULT, System::nanoTime);
        shutdown = new ShutdownBroadcast(SHUTDOWN_WITHIN, System::nanoTime);
        connector = new Connector(certificates);
        server =
                new NetworkServer(
                        new NetworkServerParams(
                                config,
                                certificates.server(),
                                connections,
                                rateLimiter,
                                shutdown,
                                registry,
                                InstantSource.system(),
                                System::nanoTime));
        binding =
                protocol.apply(
                        new Environment(config, connections, rateLimiter, shutdown, registry));
        bound.addAll(server.listen(binding, ports, LoopConfig.DEFAULT));
        bound.addAll(server.listenAuto(List.of(new Bystander(), binding), 0, LoopConfig.DEFAULT));
    }

    ConnectionManager connections() {
        return connections;
    }

    GlobalRateLimiter rateLimiter() {
        return rateLimiter;
    }

    PrometheusRegistry registry() {
        return registry;
    }

    ProtocolBinding binding() {
        return binding;
    }

    SocketAddress address(Route route) {
        return bound.stream()
                .filter(
                        one ->
                                route.isDetected()
                                        ? one.protocol().equals("auto")
                                        : !one.protocol().equals("auto")
                                                && one.transport() == route.transport())
                .findFirst()
                .orElseThrow()
                .address();
    }

    Client connect(Route route) {
        return connector.connect(route, binding, address(route));
    }

    Client connect() {
        return connect(Route.TCP);
    }

    CompletableFuture<Void> beginShutdown() {
        return shutdown.begin("the test is over").toCompletableFuture();
    }

    @Override
    public void close() {
        beginShutdown().orTimeout(2 * SHUTDOWN_WITHIN.toSeconds(), TimeUnit.SECONDS).join();
        server.close();
        connector.close();
    }

    /** Another protocol on the auto listener, which nobody here speaks. */
    private static final class Bystander implements ProtocolBinding {

        @Override
        public String name() {
            return "bystander";
        }

        @Override
        public List<String> alpnNames() {
            return List.of("bystander");
        }

        @Override
        public List<String> webSocketSubprotocols() {
            return List.of("bystander");
        }

        @Override
        public ProbeResult probe(ByteBuf first) {
            return first.isReadable() && first.getByte(first.readerIndex()) != (byte) 0xf5
                    ? ProbeResult.NO
                    : ProbeResult.MORE;
        }

        @Override
        public ProtocolHandler open(Connection connection) {
            throw new AssertionError("nobody speaks the bystander's protocol");
        }
    }
}
