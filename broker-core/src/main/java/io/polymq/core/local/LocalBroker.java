package io.polymq.core.local;

import io.polymq.config.StorageConfig;
import io.polymq.config.schema.Defaults;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.queue.Queues;
import io.polymq.core.queue.ShardQueues;
import io.polymq.core.router.Router;
import io.polymq.core.router.TrieRouter;
import io.polymq.core.topic.Drivers;
import io.polymq.core.topic.TopicCatalog;
import io.polymq.core.topic.TopicLimits;
import io.polymq.core.topic.TopicParams;
import io.polymq.core.topic.Topics;
import io.polymq.core.zone.Ticks;
import io.polymq.core.zone.ZoneThread;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.embedded.MemoryMetadata;
import io.polymq.storage.ShardStore;
import io.polymq.storage.ShardStores;
import io.polymq.storage.StorageParams;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Router, topics and queues in memory, without listeners: what a unit test needs of a broker. Any
 * thread; opening and closing block.
 */
public final class LocalBroker implements AutoCloseable {

    private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
    private final MetadataStore metadata = new MemoryMetadata();
    private final ZoneThread zone = ZoneThread.start("polymq-local", Ticks.SYSTEM);
    private final Router router =
            new TrieRouter(TrieRouter.Limits.DEFAULT, new SecureRandom().nextLong());
    private final MessageRecords records = new MessageRecords(List.of());
    private final ShardStore store;
    private final TopicCatalog topics;
    private final Queues queues;

    private LocalBroker() {
        PrometheusRegistry metrics = new PrometheusRegistry();
        InstantSource clock = InstantSource.system();
        store =
                ShardStores.open(
                        new StorageParams(
                                Path.of("memory"),
                                Defaults.with(StorageConfig.class, "driver=memory"),
                                clock,
                                metrics));
        topics =
                TopicCatalog.open(
                                new TopicParams(
                                        metadata,
                                        Drivers.of(store),
                                        router,
                                        records,
                                        TopicLimits.DEFAULT,
                                        clock,
                                        blocking,
                                        metrics))
                        .join();
        queues =
                new ShardQueues(
                        new ShardQueues.Params(store, List.of(zone.zone()), List.of(), blocking));
    }

    /** A broker that forgets all when it is closed. */
    public static LocalBroker inMemory() {
        return new LocalBroker();
    }

    public Topics topics() {
        return topics;
    }

    public Queues queues() {
        return queues;
    }

    public Router router() {
        return router;
    }

    /** A client of a tenant's name space. */
    public LocalClient client(String tenant) {
        return new LocalClient(new LocalClient.Params(router, topics, queues, records), tenant);
    }

    @Override
    public void close() {
        topics.close();
        zone.stop().join();
        store.close();
        metadata.close();
        blocking.close();
    }
}
