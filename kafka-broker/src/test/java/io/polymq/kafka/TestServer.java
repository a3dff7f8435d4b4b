package io.polymq.kafka;

import io.polymq.config.KafkaConfig;
import io.polymq.config.LimitsConfig;
import io.polymq.config.LoopConfig;
import io.polymq.config.NetworkConfig;
import io.polymq.config.StorageConfig;
import io.polymq.config.TransportPorts;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.router.TrieRouter;
import io.polymq.core.topic.Drivers;
import io.polymq.core.topic.TopicCatalog;
import io.polymq.core.topic.TopicLimits;
import io.polymq.core.topic.TopicParams;
import io.polymq.meta.MetadataStore;
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
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A Kafka broker on a loopback port, on the real network server, topics, metadata and storage: in
 * memory, or in a folder.
 */
final class TestServer implements AutoCloseable {

    private final ShutdownBroadcast shutdown =
            new ShutdownBroadcast(Duration.ofSeconds(5), System::nanoTime);
    private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
    private final NetworkServer network;
    private final MetadataStore metadata;
    private final ShardStore store;
    private final TopicCatalog topics;
    private final int port;

    TestServer(int port) {
        this(port, null);
    }

    TestServer(int port, @Nullable Path folder) {
        PrometheusRegistry registry = new PrometheusRegistry();
        network =
                new NetworkServer(
                        new NetworkServerParams(
                                NetworkConfig.DEFAULT,
                                null,
                                new ConnectionManager(NetworkConfig.DEFAULT),
                                new GlobalRateLimiter(LimitsConfig.DEFAULT, System::nanoTime),
                                shutdown,
                                registry,
                                Clock.systemUTC(),
                                System::nanoTime));
        metadata =
                folder == null
                        ? new MemoryMetadata()
                        : EmbeddedMetadata.open(folder.resolve("meta"));
        store =
                ShardStores.open(
                        new StorageParams(
                                folder == null ? Path.of(".") : folder.resolve("storage"),
                                storage(folder == null ? "memory" : "log"),
                                Clock.systemUTC(),
                                registry));
        topics =
                TopicCatalog.open(
                                new TopicParams(
                                        metadata,
                                        Drivers.of(store),
                                        new TrieRouter(TrieRouter.Limits.DEFAULT, 42),
                                        new MessageRecords(List.of()),
                                        TopicLimits.DEFAULT,
                                        Clock.systemUTC(),
                                        blocking,
                                        registry))
                        .join();
        KafkaBroker broker =
                new KafkaBroker(
                        new KafkaBrokerServerParams(
                                KafkaConfig.DEFAULT,
                                1,
                                Path.of("."),
                                topics,
                                store,
                                metadata,
                                new AllowAll(),
                                shutdown,
                                Clock.systemUTC(),
                                registry));
        BoundAddress bound =
                network.listen(
                                broker.binding(),
                                new TransportPorts(port, null, null, null, null),
                                new LoopConfig(1, 1, 65_536))
                        .getFirst();
        this.port = ((InetSocketAddress) bound.address()).getPort();
    }

    private static StorageConfig storage(String driver) {
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

    int port() {
        return port;
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
        topics.close();
        store.close();
        metadata.close();
        blocking.close();
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
