package io.polymq.kafka.group;

import com.yammer.metrics.core.MetricsRegistry;
import io.polymq.core.service.BrokerEvents;
import io.polymq.core.topic.Topics;
import io.polymq.kafka.share.ShareSettings;
import io.polymq.kafka.topic.KafkaTopic;
import io.polymq.kafka.topic.TopicCatalog;
import io.polymq.storage.Shard;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.apache.kafka.coordinator.group.GroupConfigManager;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.GroupCoordinatorService;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorMetrics;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorRuntimeMetrics;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;
import org.apache.kafka.server.share.persister.Persister;
import org.apache.kafka.server.util.PartitionMetadataClient;
import org.apache.kafka.server.util.timer.SystemTimer;
import org.apache.kafka.server.util.timer.SystemTimerReaper;
import org.jspecify.annotations.Nullable;

/**
 * One tenant's group coordinator: Kafka's, embedded. Its partitions are shards of ours; it is told
 * of topics as they come and go. Any thread; futures end on the coordinator's threads.
 */
final class Groups implements AutoCloseable {

    private static final String DEAD_LETTERS = "errors.deadletterqueue.topic.name";

    private final GroupCoordinator coordinator;
    private final TopicsImageFeed feed;
    private final GroupConfigManager configs;
    private final GroupCoordinatorMetrics metrics;
    private final GroupCoordinatorRuntimeMetrics runtimeMetrics;
    private final Metrics sensors = new Metrics();
    private final AtomicInteger epoch = new AtomicInteger();
    private final GroupCoordinatorConfig config;
    private final ShareGroupConfig shareConfig;

    /**
     * @param tenant whose groups these are
     * @param shards one per coordinator partition
     * @param transactions tells which transaction goes on
     * @param blocking runs what reads the shards
     * @param shareStates knows where share groups begin and how far they are
     * @param events hear of members
     */
    record Params(
            String tenant,
            int brokerId,
            List<Shard> shards,
            Topics topics,
            TopicCatalog catalog,
            short metadataVersion,
            OffsetTransactions transactions,
            InstantSource clock,
            Executor blocking,
            Persister shareStates,
            BrokerEvents events) {}

    private Groups(Params params) {
        Map<String, Object> settings = settings(params.shards().size());
        config = GroupCoordinatorConfig.fromProps(settings);
        shareConfig = ShareGroupConfig.fromProps(settings);
        configs = new GroupConfigManager(config, shareConfig);
        MemberEvents members =
                new MemberEvents(
                        params.tenant(), params.shards().size(), params.events(), params.clock());
        GroupLog log =
                new GroupLog(
                        params.shards(),
                        new TransactionGuards(params.tenant(), params.transactions()),
                        members,
                        this::reload);
        metrics = new GroupCoordinatorMetrics(new MetricsRegistry(), sensors);
        runtimeMetrics = new GroupCoordinatorRuntimeMetrics(sensors);
        coordinator =
                new GroupCoordinatorService.Builder(params.brokerId(), config)
                        .withWriter(log)
                        .withLoader(
                                new GroupLoader(
                                        log, members, params.blocking(), params.clock()::millis))
                        .withTime(Time.SYSTEM)
                        .withTimer(
                                new SystemTimerReaper(
                                        "kafka-groups-reaper", new SystemTimer("kafka-groups")))
                        .withCoordinatorRuntimeMetrics(runtimeMetrics)
                        .withGroupCoordinatorMetrics(metrics)
                        .withGroupConfigManager(configs)
                        .withPersister(params.shareStates())
                        .withAuthorizerPlugin(Optional.empty())
                        .withPartitionMetadataClient(new LatestOffsets(params))
                        .build();
        coordinator.startup(() -> params.shards().size());
        feed =
                new TopicsImageFeed(
                        params.tenant(), params.brokerId(), coordinator::onMetadataUpdate);
        params.topics().listen(feed);
        feed.begin(() -> params.topics().list(params.tenant()), params.metadataVersion());
        for (int partition = 0; partition < params.shards().size(); partition++) {
            coordinator.onElection(partition, epoch.get());
        }
    }

    /** Loads Kafka's classes and starts its threads, which takes a while. */
    static Groups start(Params params) {
        return new Groups(params);
    }

    private static Map<String, Object> settings(int partitions) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("offsets.topic.num.partitions", partitions);
        settings.put("offsets.topic.replication.factor", (short) 1);
        settings.put("group.coordinator.threads", 1);
        settings.put("group.initial.rebalance.delay.ms", 0);
        settings.put("group.consumer.min.session.timeout.ms", 1000);
        settings.put("group.consumer.min.heartbeat.interval.ms", 100);
        settings.put("group.share.min.session.timeout.ms", 1000);
        settings.put("group.share.min.heartbeat.interval.ms", 100);
        settings.put("group.share.min.record.lock.duration.ms", 1000);
        return settings;
    }

    /** What is stored is the truth: the coordinator forgets the partition and reads it again. */
    private void reload(int partition) {
        int next = epoch.addAndGet(2);
        coordinator.onResignation(partition, OptionalInt.of(next - 1));
        coordinator.onElection(partition, next);
    }

    GroupCoordinator coordinator() {
        return coordinator;
    }

    /** Why a group may not be configured so; null when it may. */
    @Nullable String refusal(Map<String, String> wanted) {
        try {
            GroupConfig.validateNames(wanted);
            GroupConfig.validate(wanted, config, shareConfig);
            return wanted.getOrDefault(DEAD_LETTERS, "").isBlank()
                    ? null
                    : DEAD_LETTERS + ": share groups have no dead-letter topics";
        } catch (RuntimeException refused) {
            return refused.getMessage();
        }
    }

    /** What holds for a group that does not say otherwise. */
    String defaultOf(String name) {
        Optional<String> synonym = GroupConfig.brokerSynonym(name);
        if (synonym.isPresent()) {
            Object value = GroupCoordinatorConfig.CONFIG_DEF.defaultValues().get(synonym.get());
            if (value == null) {
                value = ShareGroupConfig.CONFIG_DEF.defaultValues().get(synonym.get());
            }
            return text(value);
        }
        return text(GroupConfig.CONFIG_DEF.defaultValues().get(name));
    }

    private static String text(@Nullable Object value) {
        return switch (value) {
            case null -> "";
            case List<?> items -> String.join(",", items.stream().map(String::valueOf).toList());
            default -> value.toString();
        };
    }

    /** How a share group deals with records. */
    ShareSettings shareSettings(String group) {
        Optional<GroupConfig> own = configs.groupConfig(group);
        return new ShareSettings(
                own.flatMap(GroupConfig::shareRecordLockDurationMs)
                        .orElse(shareConfig.shareGroupRecordLockDurationMs()),
                own.flatMap(GroupConfig::shareDeliveryCountLimit)
                        .orElse(shareConfig.shareGroupDeliveryCountLimit()),
                own.flatMap(GroupConfig::sharePartitionMaxRecordLocks)
                        .orElse(shareConfig.shareGroupPartitionMaxRecordLocks()),
                own.flatMap(GroupConfig::shareAutoOffsetReset)
                        .orElseGet(GroupConfig::defaultShareAutoOffsetReset),
                own.flatMap(GroupConfig::shareRenewAcknowledgeEnable)
                        .orElse(GroupConfig.SHARE_RENEW_ACKNOWLEDGE_ENABLE_DEFAULT),
                own.flatMap(GroupConfig::shareIsolationLevel)
                                .orElseGet(GroupConfig::defaultShareIsolationLevel)
                        == IsolationLevel.READ_COMMITTED);
    }

    void configure(String group, Map<String, String> settings) {
        Properties properties = new Properties();
        properties.putAll(settings);
        coordinator.updateGroupConfig(group, properties);
    }

    @Override
    public void close() {
        feed.close();
        coordinator.shutdown();
        metrics.close();
        runtimeMetrics.close();
        configs.close();
        sensors.close();
    }

    /** Where partitions end, for groups that begin at the end. */
    private record LatestOffsets(Params params) implements PartitionMetadataClient {

        @Override
        public Map<TopicPartition, CompletableFuture<OffsetResponse>> listLatestOffsets(
                Set<TopicPartition> partitions) {
            Map<TopicPartition, CompletableFuture<OffsetResponse>> answers = new HashMap<>();
            for (TopicPartition partition : partitions) {
                KafkaTopic topic = params.catalog().find(params.tenant(), partition.topic());
                answers.put(
                        partition,
                        CompletableFuture.completedFuture(
                                topic == null || !topic.hasPartition(partition.partition())
                                        ? new OffsetResponse(-1, Errors.UNKNOWN_TOPIC_OR_PARTITION)
                                        : new OffsetResponse(
                                                topic.topic()
                                                        .partition(partition.partition())
                                                        .highWatermark(),
                                                Errors.NONE)));
            }
            return answers;
        }

        @Override
        public void close() {
            // nothing is held
        }
    }
}
