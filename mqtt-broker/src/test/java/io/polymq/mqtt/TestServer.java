package io.polymq.mqtt;

import io.polymq.config.LimitsConfig;
import io.polymq.config.LoopConfig;
import io.polymq.config.NetworkConfig;
import io.polymq.config.TransportPorts;
import io.polymq.conformance.AllowAll;
import io.polymq.core.admin.AdminAnswer;
import io.polymq.core.admin.AdminPages;
import io.polymq.core.admin.AdminRequest;
import io.polymq.core.router.Router;
import io.polymq.core.router.TrieRouter;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security;
import io.polymq.core.service.DelayedMessages;
import io.polymq.core.service.SlowConsumers;
import io.polymq.core.service.TenantLimits;
import io.polymq.network.BoundAddress;
import io.polymq.network.ConnectionManager;
import io.polymq.network.GlobalRateLimiter;
import io.polymq.network.NetworkServer;
import io.polymq.network.NetworkServerParams;
import io.polymq.network.ShutdownBroadcast;
import io.polymq.network.TransportKind;
import io.polymq.storage.ShardStore;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** An MQTT broker on a loopback port, on the real network server and router. */
final class TestServer implements AutoCloseable {

    private final ShutdownBroadcast shutdown =
            new ShutdownBroadcast(Duration.ofSeconds(5), System::nanoTime);
    private final DelayedMessages later;
    private final NetworkServer network;
    private final List<AdminPages> pages;
    private final List<BoundAddress> bound;
    private boolean closed;

    TestServer(
            MqttSettings settings,
            Security security,
            @Nullable ShardStore shards,
            int port,
            int loops)
            throws IOException {
        this(
                settings,
                security,
                shards,
                new TrieRouter(TrieRouter.Limits.DEFAULT, 42),
                port,
                loops);
    }

    TestServer(
            MqttSettings settings,
            Security security,
            @Nullable ShardStore shards,
            Router router,
            int port,
            int loops)
            throws IOException {
        this(
                settings,
                security,
                shards,
                router,
                new LaterMessages(),
                Clock.systemUTC(),
                port,
                loops);
    }

    TestServer(
            MqttSettings settings,
            Security security,
            @Nullable ShardStore shards,
            Router router,
            DelayedMessages delayed,
            InstantSource clock,
            int port,
            int loops)
            throws IOException {
        this(settings, security, shards, router, delayed, clock, TenantLimits.NONE, port, loops);
    }

    /** One whose time is the test's. */
    TestServer(MqttSettings settings, InstantSource clock) throws IOException {
        this(
                settings,
                new AllowAll(),
                null,
                new TrieRouter(TrieRouter.Limits.DEFAULT, 42),
                new LaterMessages(),
                clock,
                0,
                1);
    }

    TestServer(
            MqttSettings settings,
            Security security,
            @Nullable ShardStore shards,
            Router router,
            DelayedMessages delayed,
            InstantSource clock,
            TenantLimits tenants,
            int port,
            int loops)
            throws IOException {
        later = delayed;
        PrometheusRegistry registry = new PrometheusRegistry();
        ConnectionManager connections = new ConnectionManager(NetworkConfig.DEFAULT);
        network =
                new NetworkServer(
                        new NetworkServerParams(
                                NetworkConfig.DEFAULT,
                                null,
                                connections,
                                new GlobalRateLimiter(LimitsConfig.DEFAULT, System::nanoTime),
                                shutdown,
                                registry,
                                Clock.systemUTC(),
                                System::nanoTime));
        MqttBroker broker =
                MqttBroker.start(
                        new MqttBrokerServerParams(
                                settings,
                                router,
                                security,
                                new MemoryRetained(),
                                later,
                                shards,
                                shutdown,
                                registry,
                                clock,
                                tenants,
                                null,
                                new SlowConsumers(SlowConsumers.Settings.DEFAULT, clock)));
        bound =
                network.listen(
                        new NetworkServer.Entrance(
                                broker.binding(),
                                new TransportPorts(port, null, 0, null, null),
                                NetworkConfig.DEFAULT.bind()),
                        broker.entrances(),
                        new LoopConfig(1, loops, 65_536));
        pages = broker.pages();
    }

    private int port(TransportKind transport) {
        return bound.stream()
                .filter(address -> address.transport() == transport)
                .map(address -> ((InetSocketAddress) address.address()).getPort())
                .findFirst()
                .orElseThrow();
    }

    int port() {
        return port(TransportKind.TCP);
    }

    /** Of the listeners with settings of their own, all of which are plain ones. */
    int furtherPort(int index) {
        return bound.stream()
                .filter(address -> address.transport() == TransportKind.TCP)
                .map(address -> ((InetSocketAddress) address.address()).getPort())
                .skip(index + 1)
                .findFirst()
                .orElseThrow();
    }

    int webSocketPort() {
        return port(TransportKind.WEBSOCKET);
    }

    /** What the admin port would answer. */
    AdminAnswer admin(String method, String below, String body) throws Exception {
        String path = "/api/v1" + below;
        AdminPages asked =
                pages.stream()
                        .filter(page -> path.startsWith(page.path()))
                        .findFirst()
                        .orElseThrow();
        return asked.answer(
                new AdminRequest(
                        method,
                        path,
                        path.substring(asked.path().length()),
                        Map.of(),
                        Map.of(),
                        body.getBytes(StandardCharsets.UTF_8),
                        Principal.ANONYMOUS,
                        new Credentials.Peer(
                                "http", new InetSocketAddress("127.0.0.1", 1), "", null)));
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        shutdown.begin("the test is over")
                .toCompletableFuture()
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
        network.close();
        if (later instanceof LaterMessages own) {
            own.close();
        }
    }

    /** Serves on the given port until the process is ended. */
    public static void main(String[] args) throws InterruptedException, IOException {
        int loops = args.length > 1 ? Integer.parseInt(args[1]) : 1;
        try (TestServer server =
                new TestServer(
                        MqttSettings.DEFAULT,
                        new AllowAll(),
                        null,
                        Integer.parseInt(args[0]),
                        loops)) {
            System.out.println("READY " + server.port());
            Thread.currentThread().join();
        }
    }
}
