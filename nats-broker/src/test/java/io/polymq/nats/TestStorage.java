package io.polymq.nats;

import io.polymq.config.MetaConfig;
import io.polymq.config.StorageConfig;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.router.Router;
import io.polymq.core.topic.Drivers;
import io.polymq.core.topic.TopicCatalog;
import io.polymq.core.topic.TopicLimits;
import io.polymq.core.topic.TopicParams;
import io.polymq.core.topic.Topics;
import io.polymq.core.zone.Ticks;
import io.polymq.core.zone.ZoneThread;
import io.polymq.meta.ClientPool;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.drivers.MetadataDrivers;
import io.polymq.nats.jetstream.JetStreamParams;
import io.polymq.nats.jetstream.api.ConsumerLimits;
import io.polymq.storage.ShardStore;
import io.polymq.storage.ShardStores;
import io.polymq.storage.StorageParams;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** What the broker gives JetStream, in a folder of its own. */
final class TestStorage implements AutoCloseable {

    private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
    private final ClientPool clients;
    private final MetadataStore metadata;
    private final ShardStore shards;
    private final TopicCatalog topics;
    private final ZoneThread zone;
    private final JetStreamParams params;

    private TestStorage(Path folder, Router router) {
        clients = new ClientPool(MetadataDrivers.connections(MetaConfig.DEFAULT));
        metadata = MetadataDrivers.open(MetaConfig.DEFAULT, folder, clients);
        InstantSource clock = InstantSource.system();
        PrometheusRegistry metrics = new PrometheusRegistry();
        shards =
                ShardStores.open(
                        new StorageParams(
                                folder.resolve("storage"), StorageConfig.DEFAULT, clock, metrics));
        MessageRecords records = new MessageRecords(List.of(NatsBroker.headerCodec()));
        topics =
                TopicCatalog.open(
                                new TopicParams(
                                        metadata,
                                        Drivers.of(shards),
                                        router,
                                        records,
                                        TopicLimits.DEFAULT,
                                        clock,
                                        blocking,
                                        metrics))
                        .join();
        zone = ZoneThread.start("test-zone", Ticks.SYSTEM);
        params =
                new JetStreamParams(
                        topics,
                        metadata,
                        List.of(zone.zone()),
                        records,
                        blocking,
                        "",
                        ConsumerLimits.NONE);
    }

    static TestStorage open(Path folder, Router router) {
        return new TestStorage(folder, router);
    }

    JetStreamParams params() {
        return params;
    }

    Topics topics() {
        return topics;
    }

    @Override
    public void close() {
        zone.stop().join();
        topics.close();
        shards.close();
        metadata.close();
        clients.close();
        blocking.close();
    }
}
