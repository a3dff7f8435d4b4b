package io.polymq.kafka;

import io.polymq.config.LimitsConfig;
import io.polymq.config.LoopConfig;
import io.polymq.config.NetworkConfig;
import io.polymq.config.PolyMqConfig;
import io.polymq.config.StorageConfig;
import io.polymq.config.TransportPorts;
import io.polymq.config.load.ConfigLoader;
import io.polymq.config.load.ConfigSources;
import io.polymq.conformance.AllowAll;
import io.polymq.core.security.BrokerSecurity;
import io.polymq.core.security.SecurityBuilder;
import io.polymq.core.security.rules.RuleStore;
import io.polymq.core.security.users.UserStore;
import io.polymq.core.topic.Topics;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.NodeCache;
import io.polymq.meta.embedded.EmbeddedMetadata;
import io.polymq.meta.embedded.MemoryMetadata;
import io.polymq.network.BoundAddress;
import io.polymq.network.ConnectionManager;
import io.polymq.network.GlobalRateLimiter;
import io.polymq.network.NetworkServer;
import io.polymq.network.NetworkServerParams;
import io.polymq.network.ShutdownBroadcast;
import io.polymq.storage.ShardStore;
import io.polymq.storage.ShardStores;
import io.polymq.storage.StorageParams;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A Kafka broker on a loopback port, on the real network server, topics, metadata and storage: in
 * memory, or in a folder.
 */
final class TestServer implements AutoCloseable {

    private final ShutdownBroadcast shutdown =
            new ShutdownBroadcast(Duration.ofSeconds(5), System::nanoTime);
    private final NetworkServer network;
    private final MetadataStore metadata;
    private final ShardStore store;
    private final TestCore core;
    private final @Nullable BrokerSecurity doors;
    private final UserStore users;
    private final RuleStore rules;
    private final boolean ownsStore;
    private final int port;
    private final int tlsPort;

    TestServer(int port) {
        this(port, null);
    }

    TestServer(int port, @Nullable Path folder) {
        this(port, folder, PolyMqConfig.DEFAULT);
    }

    /** With users, rules and Kafka's own settings, as in a configuration file. */
    static TestServer configured(String... toml) {
        return new TestServer(0, null, config(toml));
    }

    private static PolyMqConfig config(String... toml) {
        try {
            Path file = Files.createTempFile("kafka", ".toml");
            try {
                Files.writeString(file, String.join("\n", toml));
                return ConfigLoader.load(new ConfigSources(file, Map.of(), List.of())).config();
            } finally {
                Files.delete(file);
            }
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private TestServer(int port, @Nullable Path folder, PolyMqConfig config) {
        this(
                port,
                folder == null
                        ? new MemoryMetadata()
                        : EmbeddedMetadata.open(folder.resolve("meta")),
                ShardStores.open(
                        new StorageParams(
                                folder == null ? Path.of(".") : folder.resolve("storage"),
                                storage(folder == null ? "memory" : "log"),
                                Clock.systemUTC(),
                                new PrometheusRegistry())),
                true,
                config);
    }

    /**
     * A broker on what another one has left.
     *
     * @param ownsStore whether both are closed with the broker
     */
    TestServer(int port, MetadataStore metadata, ShardStore store, boolean ownsStore) {
        this(port, metadata, store, ownsStore, PolyMqConfig.DEFAULT);
    }

    private TestServer(
            int port,
            MetadataStore metadata,
            ShardStore store,
            boolean ownsStore,
            PolyMqConfig config) {
        PrometheusRegistry registry = new PrometheusRegistry();
        this.metadata = metadata;
        this.store = store;
        this.ownsStore = ownsStore;
        network =
                new NetworkServer(
                        new NetworkServerParams(
                                NetworkConfig.DEFAULT,
                                config.tls(),
                                new ConnectionManager(NetworkConfig.DEFAULT),
                                new GlobalRateLimiter(LimitsConfig.DEFAULT, System::nanoTime),
                                shutdown,
                                registry,
                                Clock.systemUTC(),
                                System::nanoTime));
        core = new TestCore(metadata, store, registry);
        NodeCache cache = core.cache;
        doors = config == PolyMqConfig.DEFAULT ? null : door(config, cache, registry);
        users = doors == null ? new UserStore(cache, List.of()) : doors.users();
        rules = doors == null ? new RuleStore(cache, List.of(), new SecureRandom()) : doors.rules();
        KafkaBroker broker =
                core.broker(
                        config.kafkaRuntime(),
                        doors == null ? new AllowAll() : doors,
                        users,
                        rules,
                        shutdown);
        List<BoundAddress> bound =
                network.listen(
                        broker.binding(),
                        new TransportPorts(port, config.tls() == null ? null : 0, null, null, null),
                        new LoopConfig(1, 1, 65_536));
        this.port = port(bound.getFirst());
        this.tlsPort = port(bound.getLast());
    }

    private static BrokerSecurity door(
            PolyMqConfig config, NodeCache cache, PrometheusRegistry registry) {
        return new SecurityBuilder(
                        config.auth(), cache, true, Clock.systemUTC(), new SecureRandom(), registry)
                .build();
    }

    static StorageConfig storage(String driver) {
        StorageConfig c = StorageConfig.DEFAULT;
        return new StorageConfig(
                driver,
                c.lanes(),
                c.ownLanes(),
                c.segmentBytes(),
                c.recycle(),
                c.reserveBytes(),
                1L << 30,
                c.tailCacheBytes(),
                c.pendingBytes(),
                c.maxAppendBytes(),
                c.checkpointBytes(),
                c.checkpointInterval(),
                c.forceInterval(),
                c.cursorInterval(),
                c.retentionInterval(),
                c.cleanRate(),
                c.cleanPercent(),
                c.indexCacheBytes(),
                c.readThreads());
    }

    private static int port(BoundAddress bound) {
        return ((InetSocketAddress) bound.address()).getPort();
    }

    Topics topics() {
        return core.topics;
    }

    int port() {
        return port;
    }

    int tlsPort() {
        return tlsPort;
    }

    String bootstrap() {
        return "127.0.0.1:" + port;
    }

    @Override
    public void close() {
        shutdown.begin("the test is over")
                .toCompletableFuture()
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
        network.close();
        if (doors == null) {
            users.close();
            rules.close();
        } else {
            doors.close();
        }
        core.close();
        if (ownsStore) {
            store.close();
            metadata.close();
        }
    }

    /** Serves on a port, from a folder when one is given, until the process is ended. */
    public static void main(String[] args) throws InterruptedException {
        Path folder = args.length > 1 ? Path.of(args[1]) : null;
        try (TestServer server = new TestServer(Integer.parseInt(args[0]), folder)) {
            System.out.println("READY " + server.port());
            Thread.currentThread().join();
        }
    }
}
