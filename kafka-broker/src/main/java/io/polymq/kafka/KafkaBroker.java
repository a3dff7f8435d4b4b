package io.polymq.kafka;

import io.polymq.codec.kafka.RequestDecoder;
import io.polymq.codec.kafka.ServedApis;
import io.polymq.config.KafkaConfig;
import io.polymq.core.security.Principal;
import io.polymq.kafka.cluster.BrokerSettings;
import io.polymq.kafka.cluster.ClusterHandler;
import io.polymq.kafka.cluster.ReplicasHandler;
import io.polymq.kafka.fetch.FetchHandler;
import io.polymq.kafka.fetch.OffsetsHandler;
import io.polymq.kafka.group.GroupAdminHandler;
import io.polymq.kafka.group.GroupService;
import io.polymq.kafka.group.MembershipHandler;
import io.polymq.kafka.group.OffsetsOfGroupsHandler;
import io.polymq.kafka.group.StreamsGroupHandler;
import io.polymq.kafka.produce.ProduceHandler;
import io.polymq.kafka.produce.ProducerIds;
import io.polymq.kafka.produce.ProducerIdsHandler;
import io.polymq.kafka.produce.ProducerSnapshots;
import io.polymq.kafka.produce.Producers;
import io.polymq.kafka.topic.ConfigsHandler;
import io.polymq.kafka.topic.KafkaTopic;
import io.polymq.kafka.topic.MetadataHandler;
import io.polymq.kafka.topic.TopicAdminHandler;
import io.polymq.kafka.topic.TopicCatalog;
import io.polymq.network.ProtocolBinding;
import io.polymq.network.Shutdown;
import io.polymq.storage.Durability;
import io.polymq.storage.Shard;
import io.polymq.storage.ShardSpec;
import io.polymq.storage.ShardStore;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.common.protocol.ApiKeys;

/** The Kafka broker: made from its params, serves through its binding, ends with the shutdown. */
public final class KafkaBroker {

    private static final String PRODUCERS_SHARD = "kafka.producers";

    private final TopicCatalog catalog;
    private final KafkaBinding binding;
    private final GroupService groups;
    private final ExecutorService blocking =
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("kafka-", 0).factory());

    /** Reads what is kept of it, which blocks shortly. */
    public KafkaBroker(KafkaBrokerServerParams params) {
        KafkaConfig config = params.config();
        Access access = new Access(params.security());
        Cluster cluster =
                new Cluster(
                        ClusterId.of(params.metadata()).join(),
                        params.brokerId(),
                        config.advertisedHost(),
                        config.advertisedPort(),
                        config.autoCreateTopics(),
                        config.defaultPartitions());
        BrokerSettings settings = new BrokerSettings(params.metadata(), fixed(params));
        settings.load().join();
        catalog =
                new TopicCatalog(
                        params.topics(),
                        new ProducerSnapshots(
                                compacted(params.store(), PRODUCERS_SHARD),
                                blocking,
                                params.clock()),
                        settings::values,
                        Durability.valueOf(config.durability().toUpperCase(Locale.ROOT)));
        KafkaMetrics metrics = new KafkaMetrics(params.metrics());
        Routes routes = new Routes();
        records(routes, params, access, metrics);
        groups =
                new GroupService(
                        new GroupService.Params(
                                params.brokerId(),
                                Features.METADATA_VERSION,
                                name -> compacted(params.store(), name),
                                params.topics(),
                                catalog,
                                params.metadata(),
                                params.clock(),
                                blocking));
        groups(routes, access, cluster);
        topics(routes, access, cluster, settings);
        ServedApis apis = cluster(routes, params, access, cluster);
        binding =
                new KafkaBinding(
                        new RequestDecoder(apis, RequestDecoder.Limits.DEFAULT),
                        routes,
                        metrics,
                        params.security());
        params.shutdown().subscribe(Shutdown.Phase.CORE, "kafka", this::drain);
        groups.warmUp();
    }

    /** What the network server needs to serve Kafka. */
    public ProtocolBinding binding() {
        return binding;
    }

    private void records(
            Routes routes, KafkaBrokerServerParams params, Access access, KafkaMetrics metrics) {
        ProduceHandler produce = new ProduceHandler(catalog, access, params.clock(), metrics);
        ProducerIdsHandler producers =
                new ProducerIdsHandler(new ProducerIds(params.metadata()), catalog, access);
        FetchHandler fetch = new FetchHandler(catalog, access, params.clock()::millis);
        OffsetsHandler offsets = new OffsetsHandler(catalog, access, blocking);
        routes.serve(ApiKeys.PRODUCE, produce::produce)
                .serve(ApiKeys.INIT_PRODUCER_ID, producers::initProducerId)
                .serve(ApiKeys.DESCRIBE_PRODUCERS, producers::describeProducers)
                .serve(ApiKeys.FETCH, fetch::fetch)
                .serve(ApiKeys.LIST_OFFSETS, offsets::listOffsets)
                .serve(ApiKeys.OFFSET_FOR_LEADER_EPOCH, offsets::offsetForLeaderEpoch);
    }

    private void topics(Routes routes, Access access, Cluster cluster, BrokerSettings settings) {
        MetadataHandler metadata = new MetadataHandler(catalog, access, cluster);
        TopicAdminHandler topics =
                new TopicAdminHandler(catalog, access, cluster, settings::values);
        ConfigsHandler configs =
                new ConfigsHandler(
                        catalog,
                        access,
                        settings,
                        cluster.brokerId(),
                        this::settingsChanged,
                        groups::find,
                        groups::configured);
        ReplicasHandler replicas = new ReplicasHandler(catalog, access, cluster.brokerId());
        routes.serve(ApiKeys.METADATA, metadata::metadata)
                .serve(ApiKeys.DESCRIBE_TOPIC_PARTITIONS, metadata::describeTopicPartitions)
                .serve(ApiKeys.CREATE_TOPICS, topics::createTopics)
                .serve(ApiKeys.DELETE_TOPICS, topics::deleteTopics)
                .serve(ApiKeys.CREATE_PARTITIONS, topics::createPartitions)
                .serve(ApiKeys.DELETE_RECORDS, topics::deleteRecords)
                .serve(ApiKeys.DESCRIBE_CONFIGS, configs::describe)
                .serve(ApiKeys.ALTER_CONFIGS, configs::alter)
                .serve(ApiKeys.INCREMENTAL_ALTER_CONFIGS, configs::alterIncrementally)
                .serve(ApiKeys.LIST_CONFIG_RESOURCES, configs::listResources)
                .serve(ApiKeys.ELECT_LEADERS, replicas::electLeaders)
                .serve(ApiKeys.ALTER_PARTITION_REASSIGNMENTS, replicas::alterReassignments)
                .serve(ApiKeys.LIST_PARTITION_REASSIGNMENTS, replicas::listReassignments);
    }

    private void groups(Routes routes, Access access, Cluster cluster) {
        MembershipHandler members = new MembershipHandler(groups, access, cluster);
        OffsetsOfGroupsHandler offsets = new OffsetsOfGroupsHandler(groups, catalog, access);
        GroupAdminHandler admin = new GroupAdminHandler(groups, access);
        StreamsGroupHandler streams = new StreamsGroupHandler(groups, catalog, access);
        routes.serve(ApiKeys.FIND_COORDINATOR, members::findCoordinator)
                .serve(ApiKeys.JOIN_GROUP, members::joinGroup)
                .serve(ApiKeys.SYNC_GROUP, members::syncGroup)
                .serve(ApiKeys.HEARTBEAT, members::heartbeat)
                .serve(ApiKeys.LEAVE_GROUP, members::leaveGroup)
                .serve(ApiKeys.CONSUMER_GROUP_HEARTBEAT, members::consumerGroupHeartbeat)
                .serve(ApiKeys.OFFSET_COMMIT, offsets::commit)
                .serve(ApiKeys.OFFSET_FETCH, offsets::fetch)
                .serve(ApiKeys.OFFSET_DELETE, offsets::delete)
                .serve(ApiKeys.LIST_GROUPS, admin::list)
                .serve(ApiKeys.DESCRIBE_GROUPS, admin::describe)
                .serve(ApiKeys.CONSUMER_GROUP_DESCRIBE, admin::describeConsumerGroups)
                .serve(ApiKeys.DELETE_GROUPS, admin::delete)
                .serve(ApiKeys.STREAMS_GROUP_HEARTBEAT, streams::heartbeat)
                .serve(ApiKeys.STREAMS_GROUP_DESCRIBE, streams::describe);
    }

    private ServedApis cluster(
            Routes routes, KafkaBrokerServerParams params, Access access, Cluster cluster) {
        // The handler tells the keys and is itself behind three of them.
        ClusterHandler[] handler = new ClusterHandler[1];
        routes.serve(ApiKeys.API_VERSIONS, exchange -> handler[0].apiVersions(exchange))
                .serve(ApiKeys.DESCRIBE_CLUSTER, exchange -> handler[0].describeCluster(exchange))
                .serve(ApiKeys.DESCRIBE_LOG_DIRS, exchange -> handler[0].describeLogDirs(exchange))
                .serve(ApiKeys.DESCRIBE_QUORUM, exchange -> handler[0].describeQuorum(exchange));
        ServedApis apis = new ServedApis(routes.keys(), Features.served());
        handler[0] = new ClusterHandler(apis, catalog, access, cluster, params.dataPath());
        return apis;
    }

    /** Broker-wide defaults of topics were changed: storage is told for every topic. */
    private CompletableFuture<?> settingsChanged() {
        catalog.refresh();
        return CompletableFuture.allOf(
                catalog.list(Principal.DEFAULT_TENANT).stream()
                        .map(topic -> catalog.configure(topic, topic.spec().settings()))
                        .toArray(CompletableFuture[]::new));
    }

    private static Map<String, String> fixed(KafkaBrokerServerParams params) {
        KafkaConfig config = params.config();
        Map<String, String> fixed = new LinkedHashMap<>();
        fixed.put("broker.id", Integer.toString(params.brokerId()));
        fixed.put("node.id", Integer.toString(params.brokerId()));
        fixed.put("process.roles", "broker,controller");
        fixed.put("log.dirs", params.dataPath().toAbsolutePath().toString());
        fixed.put("num.partitions", Integer.toString(config.defaultPartitions()));
        fixed.put("default.replication.factor", "1");
        fixed.put("auto.create.topics.enable", Boolean.toString(config.autoCreateTopics()));
        fixed.put("delete.topic.enable", "true");
        fixed.put("offsets.topic.replication.factor", "1");
        fixed.put("transaction.state.log.replication.factor", "1");
        fixed.put("transaction.state.log.min.isr", "1");
        fixed.put("offsets.retention.minutes", "10080");
        fixed.put(
                "socket.request.max.bytes",
                Integer.toString(RequestDecoder.Limits.DEFAULT.produceBytes()));
        return fixed;
    }

    static Shard compacted(ShardStore store, String name) {
        return store.open(name)
                .orElseGet(
                        () ->
                                store.create(
                                                name,
                                                new ShardSpec(
                                                        Durability.SYNC,
                                                        Duration.ZERO,
                                                        0,
                                                        0,
                                                        true,
                                                        Duration.ofDays(1),
                                                        64 << 20,
                                                        false))
                                        .join());
    }

    private CompletionStage<Void> drain(Duration within) {
        return CompletableFuture.runAsync(
                () -> {
                    groups.close();
                    List.copyOf(catalog.inUse()).stream()
                            .map(KafkaTopic::producers)
                            .forEach(Producers::save);
                },
                blocking);
    }
}
