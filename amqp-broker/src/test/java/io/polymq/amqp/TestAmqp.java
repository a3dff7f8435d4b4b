package io.polymq.amqp;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.polymq.amqp.model.AmqpQueue;
import io.polymq.config.LimitsConfig;
import io.polymq.config.LoopConfig;
import io.polymq.config.NetworkConfig;
import io.polymq.config.StorageConfig;
import io.polymq.config.TransportPorts;
import io.polymq.conformance.Environment;
import io.polymq.conformance.TestSecurity;
import io.polymq.core.message.HeaderCodec;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.queue.ShardQueues;
import io.polymq.core.router.Router;
import io.polymq.core.router.TrieRouter;
import io.polymq.core.security.Security;
import io.polymq.core.service.DelayedStore;
import io.polymq.core.service.TenantLimits;
import io.polymq.core.topic.Drivers;
import io.polymq.core.topic.TopicCatalog;
import io.polymq.core.topic.TopicLimits;
import io.polymq.core.topic.TopicParams;
import io.polymq.core.zone.Ticks;
import io.polymq.core.zone.ZoneThread;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.embedded.EmbeddedMetadata;
import io.polymq.meta.embedded.MemoryMetadata;
import io.polymq.network.BoundAddress;
import io.polymq.network.ConnectionManager;
import io.polymq.network.GlobalRateLimiter;
import io.polymq.network.NetworkServer;
import io.polymq.network.NetworkServerParams;
import io.polymq.network.ProtocolBinding;
import io.polymq.network.Shutdown;
import io.polymq.network.ShutdownBroadcast;
import io.polymq.storage.ShardStore;
import io.polymq.storage.ShardStores;
import io.polymq.storage.StorageParams;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** An AMQP broker on its own, in memory, for one test class. */
public final class TestAmqp implements AutoCloseable {

    public static final AmqpSettings SETTINGS =
            new AmqpSettings(
                    "test",
                    131_072,
                    2047,
                    Duration.ofSeconds(60),
                    16 << 20,
                    Duration.ofMinutes(30),
                    100_000,
                    1.0,
                    true);

    public final AmqpBroker broker;
    private final ShardQueues queues;
    final Router router = new TrieRouter(TrieRouter.Limits.DEFAULT, 42);
    private final ShutdownBroadcast shutdown =
            new ShutdownBroadcast(Duration.ofSeconds(5), System::nanoTime);
    private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
    private final NetworkServer server;
    private final List<BoundAddress> bound;
    private final ZoneThread zone;
    private final ShardStore shards;
    private final MetadataStore metadata;

    public TestAmqp(AmqpSettings settings, Security security) {
        this(settings, security, null, 0);
    }

    /**
     * @param folder where everything is kept; null: in memory
     */
    public TestAmqp(AmqpSettings settings, Security security, @Nullable Path folder, int port) {
        PrometheusRegistry registry = new PrometheusRegistry();
        shards =
                ShardStores.open(
                        new StorageParams(
                                folder == null ? Path.of("unused") : folder,
                                folder == null
                                        ? StorageConfig.DEFAULT.withDriver("memory")
                                        : StorageConfig.DEFAULT,
                                InstantSource.system(),
                                registry));
        metadata =
                folder == null
                        ? new MemoryMetadata(EmbeddedMetadata.Limits.DEFAULT)
                        : EmbeddedMetadata.open(folder.resolve("meta"));
        zone = ZoneThread.start("test-zone", Ticks.SYSTEM);
        ConnectionManager connections = new ConnectionManager(NetworkConfig.DEFAULT);
        AmqpBrokerServerParams params =
                params(
                        settings,
                        security,
                        connections,
                        shutdown,
                        registry,
                        router,
                        zone,
                        shards,
                        metadata,
                        blocking);
        queues = (ShardQueues) params.queues();
        broker = AmqpBroker.start(params);
        server =
                new NetworkServer(
                        new NetworkServerParams(
                                NetworkConfig.DEFAULT,
                                null,
                                connections,
                                new GlobalRateLimiter(LimitsConfig.DEFAULT, System::nanoTime),
                                shutdown,
                                registry,
                                InstantSource.system(),
                                System::nanoTime));
        bound =
                server.listen(
                        broker.binding(),
                        new TransportPorts(port, null, null, null, null),
                        LoopConfig.DEFAULT);
    }

    private static AmqpBrokerServerParams params(
            AmqpSettings settings,
            Security security,
            Shutdown shutdown,
            PrometheusRegistry registry,
            Router router,
            ZoneThread zone,
            ShardStore shards,
            MetadataStore metadata,
            ExecutorService blocking) {
        return params(
                settings,
                security,
                new ConnectionManager(NetworkConfig.DEFAULT),
                shutdown,
                registry,
                router,
                zone,
                shards,
                metadata,
                blocking);
    }

    private static AmqpBrokerServerParams params(
            AmqpSettings settings,
            Security security,
            ConnectionManager connections,
            Shutdown shutdown,
            PrometheusRegistry registry,
            Router router,
            ZoneThread zone,
            ShardStore shards,
            MetadataStore metadata,
            ExecutorService blocking) {
        List<HeaderCodec> codecs = AmqpBroker.headerCodecs();
        MessageRecords records = new MessageRecords(codecs);
        TopicCatalog topics =
                TopicCatalog.open(
                                new TopicParams(
                                        metadata,
                                        Drivers.of(shards),
                                        router,
                                        records,
                                        TopicLimits.DEFAULT,
                                        InstantSource.system(),
                                        blocking,
                                        registry))
                        .join();
        return new AmqpBrokerServerParams(
                settings,
                connections,
                metadata,
                new ShardQueues(
                        new ShardQueues.Params(shards, List.of(zone.zone()), codecs, blocking)),
                topics,
                shards,
                router,
                DelayedStore.open(new DelayedStore.Params(shards, zone.zone(), records, blocking))
                        .join(),
                security,
                shutdown,
                registry,
                InstantSource.system(),
                records,
                blocking,
                TenantLimits.NONE,
                null);
    }

    /** Both dialects in memory, with one user who is ann, for the conformance harness. */
    public static ProtocolBinding binding(Environment environment) {
        AmqpSettings settings =
                new AmqpSettings(
                        "test",
                        131_072,
                        2047,
                        Duration.ofSeconds(60),
                        Math.min(1 << 20, environment.network().maxPacket()),
                        Duration.ZERO,
                        1000,
                        1.0,
                        false);
        ShardStore shards =
                ShardStores.open(
                        new StorageParams(
                                Path.of("unused"),
                                StorageConfig.DEFAULT.withDriver("memory"),
                                InstantSource.system(),
                                environment.registry()));
        ZoneThread zone = ZoneThread.start("test-zone", Ticks.SYSTEM);
        ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
        environment
                .shutdown()
                .subscribe(Shutdown.Phase.STORAGE, "test zone", within -> zone.stop());
        return AmqpBroker.start(
                        params(
                                settings,
                                new TestSecurity(Map.of("ann", "secret"), (action, name) -> true),
                                environment.shutdown(),
                                environment.registry(),
                                new TrieRouter(TrieRouter.Limits.DEFAULT, 7),
                                zone,
                                shards,
                                new MemoryMetadata(EmbeddedMetadata.Limits.DEFAULT),
                                blocking))
                .binding();
    }

    public static TestAmqp open() {
        return new TestAmqp(SETTINGS, TestSecurity.open());
    }

    /** Serves one port from one folder until it is killed. */
    public static void main(String[] args) throws Exception {
        TestAmqp amqp =
                new TestAmqp(
                        SETTINGS, TestSecurity.open(), Path.of(args[0]), Integer.parseInt(args[1]));
        System.out.println("serving " + amqp.address());
        Thread.currentThread().join();
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) bound.get(0).address();
    }

    /**
     * Deletes what keeps the messages of a queue, while publishes are still routed to it: the queue
     * as AMQP knows it does not hear of it.
     */
    public CompletableFuture<Void> deleteBehind(AmqpQueue queue) {
        return queues.delete(queue.queue().tenant(), queue.queue().name());
    }

    /** A client as teams have it. */
    ConnectionFactory clients() {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setHost("127.0.0.1");
        factory.setPort(address().getPort());
        factory.setAutomaticRecoveryEnabled(false);
        return factory;
    }

    public Connection connect() throws Exception {
        return clients().newConnection();
    }

    @Override
    public void close() throws Exception {
        shutdown.begin("test over").toCompletableFuture().get(10, TimeUnit.SECONDS);
        server.close();
        zone.close();
        shards.close();
        metadata.close();
        blocking.close();
    }
}
