package io.polymq.kafka;

import io.polymq.config.KafkaConfig;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.queue.ShardQueues;
import io.polymq.core.router.TrieRouter;
import io.polymq.core.security.Security;
import io.polymq.core.security.rules.RuleStore;
import io.polymq.core.security.users.UserStore;
import io.polymq.core.service.BrokerEvents;
import io.polymq.core.topic.Drivers;
import io.polymq.core.topic.TopicCatalog;
import io.polymq.core.topic.TopicLimits;
import io.polymq.core.topic.TopicParams;
import io.polymq.core.zone.Ticks;
import io.polymq.core.zone.ZoneThread;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.NodeCache;
import io.polymq.network.Shutdown;
import io.polymq.storage.ShardStore;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** What a Kafka broker of a test stands on: topics, queues and zones over what is kept. */
final class TestCore implements AutoCloseable {

    private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
    private final ZoneThread zone = ZoneThread.start("kafka-test-zone", Ticks.SYSTEM);
    private final MetadataStore metadata;
    private final ShardStore store;
    private final PrometheusRegistry registry;
    final TopicCatalog topics;
    private final ShardQueues queues;
    final NodeCache cache;

    TestCore(MetadataStore metadata, ShardStore store, PrometheusRegistry registry) {
        this.metadata = metadata;
        this.store = store;
        this.registry = registry;
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
        cache = new NodeCache(metadata);
        queues =
                new ShardQueues(
                        new ShardQueues.Params(store, List.of(zone.zone()), List.of(), blocking));
    }

    KafkaBroker broker(
            KafkaConfig config, Security security, UserStore users, RuleStore rules, Shutdown end) {
        return new KafkaBroker(
                new KafkaBrokerServerParams(
                        config,
                        1,
                        Path.of("."),
                        topics,
                        store,
                        metadata,
                        cache,
                        security,
                        users,
                        rules,
                        queues,
                        end,
                        Clock.systemUTC(),
                        registry,
                        new BrokerEvents(zone.zone())));
    }

    /** Once nobody uses it any more; what is kept stays open. */
    @Override
    public void close() {
        zone.stop();
        cache.close();
        topics.close();
        blocking.close();
    }
}
