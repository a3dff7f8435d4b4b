package io.polymq.server;

import io.polymq.config.StorageConfig;
import io.polymq.core.message.HeaderCodec;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.queue.Queues;
import io.polymq.core.queue.ShardQueues;
import io.polymq.core.router.Router;
import io.polymq.core.service.DelayedMessages;
import io.polymq.core.service.DelayedStore;
import io.polymq.core.service.RetainedMessages;
import io.polymq.core.service.RetainedStore;
import io.polymq.core.service.TenantLimits;
import io.polymq.core.topic.Drivers;
import io.polymq.core.topic.TopicCatalog;
import io.polymq.core.topic.TopicLimits;
import io.polymq.core.topic.TopicParams;
import io.polymq.core.topic.Topics;
import io.polymq.core.zone.ShardZone;
import io.polymq.core.zone.Ticks;
import io.polymq.core.zone.ZoneThread;
import io.polymq.meta.MetadataStore;
import io.polymq.network.Shutdown;
import io.polymq.storage.ShardStore;
import io.polymq.storage.ShardStores;
import io.polymq.storage.StorageParams;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;

/**
 * What keeps messages: the store, the zones that queues live in, retained messages, queues.
 * Immutable; any thread.
 *
 * @param blocking runs what may wait for a device: virtual threads
 */
record CoreObjects(
        ShardStore shards,
        List<ShardZone> zones,
        MessageRecords records,
        RetainedMessages retained,
        Queues queues,
        Topics topics,
        DelayedMessages delayed,
        ExecutorService blocking) {

    /**
     * What they are made of.
     *
     * @param codecs of every protocol whose messages may be kept
     */
    record Params(
            StorageConfig config,
            Path folder,
            List<HeaderCodec> codecs,
            MetadataStore metadata,
            Router router,
            List<ShardZone> zones,
            TenantLimits tenants,
            InstantSource clock,
            PrometheusRegistry metrics,
            Shutdown shutdown) {}

    static CoreObjects create(Params params) {
        Shutdown shutdown = params.shutdown();
        ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
        Ending.on(shutdown, Shutdown.Phase.STORAGE, "blocking tasks", blocking);
        ShardStore shards =
                ShardStores.open(
                        new StorageParams(
                                params.folder(),
                                params.config(),
                                params.clock(),
                                params.metrics()));
        Ending.on(shutdown, Shutdown.Phase.STORAGE, "storage", shards);
        List<ShardZone> zones = params.zones();
        MessageRecords records = new MessageRecords(params.codecs());
        RetainedMessages retained =
                RetainedStore.open(
                                new RetainedStore.Params(
                                        shards,
                                        zones.getFirst(),
                                        records,
                                        RetainedStore.Limits.DEFAULT,
                                        blocking,
                                        params.tenants()))
                        .join();
        Queues queues =
                new ShardQueues(
                        new ShardQueues.Params(
                                shards,
                                zones,
                                params.codecs(),
                                blocking,
                                params.router().tracer(),
                                params.tenants()));
        TopicCatalog topics =
                TopicCatalog.open(
                                new TopicParams(
                                        params.metadata(),
                                        Drivers.of(shards),
                                        params.router(),
                                        records,
                                        TopicLimits.DEFAULT,
                                        params.clock(),
                                        blocking,
                                        params.metrics(),
                                        params.tenants()))
                        .join();
        Ending.on(shutdown, Shutdown.Phase.CORE, "topics", topics);
        DelayedMessages delayed =
                DelayedStore.open(
                                new DelayedStore.Params(
                                        shards,
                                        zones.getFirst(),
                                        records,
                                        blocking,
                                        params.tenants()))
                        .join();
        return new CoreObjects(shards, zones, records, retained, queues, topics, delayed, blocking);
    }

    /** The threads that queues and cursors live on. */
    static List<ShardZone> zones(Shutdown shutdown) {
        int count = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        return IntStream.range(0, count)
                .mapToObj(
                        number -> {
                            ZoneThread thread =
                                    ZoneThread.start("polymq-zone-" + number, Ticks.SYSTEM);
                            shutdown.subscribe(
                                    Shutdown.Phase.CORE, "zone " + number, within -> thread.stop());
                            return thread.zone();
                        })
                .toList();
    }
}
