package io.polymq.nats;

import io.polymq.config.LimitsConfig;
import io.polymq.config.LoopConfig;
import io.polymq.config.NetworkConfig;
import io.polymq.config.TransportPorts;
import io.polymq.conformance.TestSecurity;
import io.polymq.core.router.Router;
import io.polymq.core.router.TrieRouter;
import io.polymq.core.security.Security;
import io.polymq.core.service.SubjectService;
import io.polymq.nats.options.OptionsException;
import io.polymq.nats.options.ServerOptions;
import io.polymq.network.BoundAddress;
import io.polymq.network.ConnectionManager;
import io.polymq.network.GlobalRateLimiter;
import io.polymq.network.NetworkServer;
import io.polymq.network.NetworkServerParams;
import io.polymq.network.ShutdownBroadcast;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A NATS broker on its own, for one test. */
final class TestNats implements AutoCloseable {

    static final NatsSettings SETTINGS =
            new NatsSettings(
                    "test",
                    "NTESTSERVER",
                    1 << 20,
                    4096,
                    0,
                    Duration.ofMinutes(2),
                    2,
                    Duration.ofSeconds(2),
                    false,
                    false,
                    false,
                    true);

    /** With JetStream. */
    static final NatsSettings STREAMING =
            new NatsSettings(
                    "test",
                    "NTESTSERVER",
                    1 << 20,
                    4096,
                    0,
                    Duration.ofMinutes(2),
                    2,
                    Duration.ofSeconds(2),
                    false,
                    false,
                    true,
                    true);

    final Router router = new TrieRouter(TrieRouter.Limits.DEFAULT, 42);
    private final @Nullable TestStorage storage;
    private final ShutdownBroadcast shutdown =
            new ShutdownBroadcast(Duration.ofSeconds(5), System::nanoTime);
    private final NetworkServer server;
    final ConnectionManager connections;
    final NatsBroker broker;
    private final List<BoundAddress> bound;

    /** With a nats-server configuration. */
    static TestNats configured(String configuration) {
        try {
            ServerOptions options = ServerOptions.parse(configuration, Map.of());
            return new TestNats(SETTINGS, TestSecurity.open(), 0, List.of(), options, null);
        } catch (OptionsException wrong) {
            throw new IllegalArgumentException(wrong);
        }
    }

    /** With a nats-server configuration, and streams in a folder. */
    static TestNats configured(String configuration, Path folder) {
        try {
            ServerOptions options = ServerOptions.parse(configuration, Map.of());
            return new TestNats(STREAMING, TestSecurity.open(), 0, List.of(), options, folder);
        } catch (OptionsException wrong) {
            throw new IllegalArgumentException(wrong);
        }
    }

    TestNats(NatsSettings settings, Security security, int port) {
        this(settings, security, port, List.of(), null, null);
    }

    TestNats(NatsSettings settings, Security security, int port, List<SubjectService> services) {
        this(settings, security, port, services, null, null);
    }

    /**
     * @param options what a nats-server configuration says; null without one
     * @param folder where streams are kept; null for no JetStream
     */
    TestNats(
            NatsSettings settings,
            Security security,
            int port,
            List<SubjectService> services,
            @Nullable ServerOptions options,
            @Nullable Path folder) {
        storage = folder == null ? null : TestStorage.open(folder, router);
        connections = new ConnectionManager(NetworkConfig.DEFAULT);
        GlobalRateLimiter limiter = new GlobalRateLimiter(LimitsConfig.DEFAULT, System::nanoTime);
        PrometheusRegistry registry = new PrometheusRegistry();
        server =
                new NetworkServer(
                        new NetworkServerParams(
                                NetworkConfig.DEFAULT,
                                null,
                                connections,
                                limiter,
                                shutdown,
                                registry,
                                InstantSource.system(),
                                System::nanoTime));
        broker =
                started(
                        new NatsBrokerServerParams(
                                connections,
                                limiter,
                                shutdown,
                                registry,
                                router,
                                security,
                                settings,
                                services,
                                options,
                                storage == null ? null : storage.params()));
        bound =
                server.listen(
                        broker.binding(),
                        new TransportPorts(port, null, null, null, null),
                        new LoopConfig(1, 3, LoopConfig.DEFAULT.queueSize()));
    }

    static NatsBroker started(NatsBrokerServerParams params) {
        try {
            return NatsBroker.start(params);
        } catch (OptionsException wrong) {
            throw new IllegalArgumentException(wrong);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static TestNats open() {
        return new TestNats(SETTINGS, TestSecurity.open(), 0);
    }

    static TestNats streaming(Path folder) {
        return new TestNats(STREAMING, TestSecurity.open(), 0, List.of(), null, folder);
    }

    /** What is behind the streams. */
    TestStorage storage() {
        return java.util.Objects.requireNonNull(storage);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) bound.get(0).address();
    }

    @Override
    public void close() throws Exception {
        shutdown.begin("test over").toCompletableFuture().get(10, TimeUnit.SECONDS);
        server.close();
        if (storage != null) {
            storage.close();
        }
    }

    /** Serves one port until it is killed; with JetStream when a folder is given. */
    public static void main(String[] args) throws InterruptedException {
        try (TestNats nats =
                new TestNats(
                        args.length > 1 ? STREAMING : SETTINGS,
                        TestSecurity.open(),
                        Integer.parseInt(args[0]),
                        List.of(),
                        null,
                        args.length > 1 ? Path.of(args[1]) : null)) {
            System.out.println("serving " + nats.address());
            Thread.currentThread().join();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
