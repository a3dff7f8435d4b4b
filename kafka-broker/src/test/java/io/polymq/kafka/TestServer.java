package io.polymq.kafka;

import io.polymq.config.KafkaConfig;
import io.polymq.config.LimitsConfig;
import io.polymq.config.LoopConfig;
import io.polymq.config.NetworkConfig;
import io.polymq.config.StorageConfig;
import io.polymq.config.TransportPorts;
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
import java.util.concurrent.TimeUnit;

/** A Kafka broker on a loopback port, on the real network server and a store in memory. */
final class TestServer implements AutoCloseable {

    private final ShutdownBroadcast shutdown =
            new ShutdownBroadcast(Duration.ofSeconds(5), System::nanoTime);
    private final NetworkServer network;
    private final ShardStore store;
    private final MemoryTopics topics;
    private final int port;

    TestServer(int port) {
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
        store =
                ShardStores.open(
                        new StorageParams(Path.of("."), memory(), Clock.systemUTC(), registry));
        topics = new MemoryTopics(store);
        KafkaBroker broker =
                new KafkaBroker(
                        new KafkaBrokerServerParams(
                                KafkaConfig.DEFAULT,
                                1,
                                Path.of("."),
                                topics,
                                store,
                                new MemoryMetadata(),
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

    private static StorageConfig memory() {
        StorageConfig c = StorageConfig.DEFAULT;
        return new StorageConfig(
                "memory",
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

    MemoryTopics topics() {
        return topics;
    }

    @Override
    public void close() {
        shutdown.begin("the test is over")
                .toCompletableFuture()
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
        network.close();
        store.close();
    }

    /** Serves on the given port until the process is ended. */
    public static void main(String[] args) throws InterruptedException {
        try (TestServer server = new TestServer(Integer.parseInt(args[0]))) {
            System.out.println("READY " + server.port());
            Thread.currentThread().join();
        }
    }
}
