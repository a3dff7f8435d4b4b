package io.polymq.kafka;

import io.polymq.codec.kafka.RequestDecoder;
import io.polymq.codec.kafka.ServedApis;
import io.polymq.config.KafkaConfig;
import io.polymq.config.KafkaSecurityConfig;
import io.polymq.core.admin.AdminPages;
import io.polymq.core.security.Principal;
import io.polymq.kafka.cluster.BrokerSettings;
import io.polymq.kafka.cluster.ClusterAdminHandler;
import io.polymq.kafka.cluster.ClusterHandler;
import io.polymq.kafka.cluster.ReplicasHandler;
import io.polymq.kafka.fetch.FetchHandler;
import io.polymq.kafka.fetch.OffsetsHandler;
import io.polymq.kafka.group.GroupAdminHandler;
import io.polymq.kafka.group.GroupPages;
import io.polymq.kafka.group.GroupService;
import io.polymq.kafka.group.MembershipHandler;
import io.polymq.kafka.group.OffsetsOfGroupsHandler;
import io.polymq.kafka.group.ShareGroupHandler;
import io.polymq.kafka.group.StreamsGroupHandler;
import io.polymq.kafka.group.TransactionalOffsetsHandler;
import io.polymq.kafka.produce.ProduceHandler;
import io.polymq.kafka.produce.ProducerIds;
import io.polymq.kafka.produce.ProducerSnapshots;
import io.polymq.kafka.produce.Producers;
import io.polymq.kafka.produce.ProducersHandler;
import io.polymq.kafka.quota.ClientQuotasHandler;
import io.polymq.kafka.quota.Quotas;
import io.polymq.kafka.security.AclsHandler;
import io.polymq.kafka.security.DelegationTokens;
import io.polymq.kafka.security.DelegationTokensHandler;
import io.polymq.kafka.security.SaslDialogs;
import io.polymq.kafka.security.ScramCredentialsHandler;
import io.polymq.kafka.share.SharePartitions;
import io.polymq.kafka.share.SharePersister;
import io.polymq.kafka.share.ShareRecordsHandler;
import io.polymq.kafka.share.ShareStates;
import io.polymq.kafka.topic.ConfigsHandler;
import io.polymq.kafka.topic.KafkaTopic;
import io.polymq.kafka.topic.MetadataHandler;
import io.polymq.kafka.topic.TopicAdminHandler;
import io.polymq.kafka.topic.TopicCatalog;
import io.polymq.kafka.txn.PartitionsOfTransactionsHandler;
import io.polymq.kafka.txn.TransactionAdminHandler;
import io.polymq.kafka.txn.TransactionCoordinator;
import io.polymq.kafka.txn.TransactionLimits;
import io.polymq.kafka.txn.TransactionMarkers;
import io.polymq.kafka.txn.TransactionsHandler;
import io.polymq.network.ProtocolBinding;
import io.polymq.network.Shutdown;
import io.polymq.storage.Durability;
import io.polymq.storage.Shard;
import io.polymq.storage.ShardSpec;
import io.polymq.storage.ShardStore;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.common.protocol.ApiKeys;

/** The Kafka broker: made from its params, serves through its binding, ends with the shutdown. */
public final class KafkaBroker {

    private static final String PRODUCERS_SHARD = "kafka.producers";
    private static final String TRANSACTIONS_SHARD = "kafka.transactions";

    private final TopicCatalog catalog;
    private final KafkaBinding binding;
    private final GroupService groups;
    private final TransactionCoordinator transactions;
    private final ExecutorService blocking =
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("kafka-", 0).factory());

    /** Reads what is kept of it, which blocks shortly. */
    public KafkaBroker(KafkaBrokerServerParams params) {
        KafkaConfig config = params.config();
        Access access = new Access(params.security(), config.security().superUsers());
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
        params.topics().heed(catalog::committed);
        KafkaMetrics metrics = new KafkaMetrics(params.metrics());
        Routes routes = new Routes();
        transactions =
                new TransactionCoordinator(
                        compacted(params.store(), TRANSACTIONS_SHARD),
                        new ProducerIds(params.metadata()),
                        params.clock(),
                        TransactionLimits.DEFAULT,
                        blocking);
        records(routes, params, access, metrics);
        ShareStates shareStates = new ShareStates(params.cache());
        shareStates.ready().join();
        groups =
                new GroupService(
                        new GroupService.Params(
                                params.brokerId(),
                                Features.METADATA_VERSION,
                                name -> compacted(params.store(), name),
                                params.topics(),
                                catalog,
                                params.metadata(),
                                transactions,
                                params.clock(),
                                blocking,
                                tenant -> new SharePersister(tenant, shareStates, catalog),
                                params.events()));
        groups(routes, access, cluster);
        transactions(routes, access);
        share(routes, params, access, shareStates);
        Quotas quotas = new Quotas(params.cache(), params.clock());
        quotas.ready().join();
        topics(routes, access, cluster, settings, quotas);
        DelegationTokens tokens =
                new DelegationTokens(params.cache(), params.users(), params.clock());
        tokens.ready().join();
        security(routes, params, access, tokens, quotas);
        ServedApis apis = cluster(routes, params, access, cluster);
        binding =
                new KafkaBinding(
                        new RequestDecoder(apis, RequestDecoder.Limits.DEFAULT),
                        routes,
                        metrics,
                        params.security(),
                        new SaslDialogs(params.security(), tokens, config.security().mechanisms()),
                        config.security().reauthenticateAfter(),
                        params.clock(),
                        quotas);
        params.shutdown().subscribe(Shutdown.Phase.CORE, "kafka", this::drain);
        groups.warmUp();
    }

    /** What the network server needs to serve Kafka. */
    public ProtocolBinding binding() {
        return binding;
    }

    /** Groups, for the admin port. */
    public AdminPages pages() {
        return new GroupPages(groups, catalog).pages();
    }

    private void records(
            Routes routes, KafkaBrokerServerParams params, Access access, KafkaMetrics metrics) {
        ProduceHandler produce =
                new ProduceHandler(catalog, access, params.clock(), metrics, transactions);
        ProducersHandler producers = new ProducersHandler(catalog, access);
        FetchHandler fetch = new FetchHandler(catalog, access, params.clock()::millis, blocking);
        OffsetsHandler offsets = new OffsetsHandler(catalog, access, blocking);
        routes.serve(ApiKeys.PRODUCE, produce::produce)
                .serve(ApiKeys.DESCRIBE_PRODUCERS, producers::describeProducers)
                .serve(ApiKeys.FETCH, fetch::fetch)
                .serve(ApiKeys.LIST_OFFSETS, offsets::listOffsets)
                .serve(ApiKeys.OFFSET_FOR_LEADER_EPOCH, offsets::offsetForLeaderEpoch);
    }

    private void topics(
            Routes routes, Access access, Cluster cluster, BrokerSettings settings, Quotas quotas) {
        MetadataHandler metadata = new MetadataHandler(catalog, access, cluster);
        TopicAdminHandler topics =
                new TopicAdminHandler(catalog, access, cluster, settings::values, quotas);
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

    private void share(
            Routes routes, KafkaBrokerServerParams params, Access access, ShareStates states) {
        SharePartitions partitions =
                new SharePartitions(params.queues(), states, catalog, groups::shareSettings);
        groups.onConfigured(partitions::reconfigure);
        catalog.onDeletion(states::forget);
        ShareGroupHandler members = new ShareGroupHandler(groups, catalog, access);
        ShareRecordsHandler records =
                new ShareRecordsHandler(partitions, catalog, access, blocking);
        routes.serve(ApiKeys.SHARE_GROUP_HEARTBEAT, members::heartbeat)
                .serve(ApiKeys.SHARE_GROUP_DESCRIBE, members::describe)
                .serve(ApiKeys.DESCRIBE_SHARE_GROUP_OFFSETS, members::describeOffsets)
                .serve(ApiKeys.ALTER_SHARE_GROUP_OFFSETS, members::alterOffsets)
                .serve(ApiKeys.DELETE_SHARE_GROUP_OFFSETS, members::deleteOffsets)
                .serve(ApiKeys.SHARE_FETCH, records::fetch)
                .serve(ApiKeys.SHARE_ACKNOWLEDGE, records::acknowledge);
    }

    private static void security(
            Routes routes,
            KafkaBrokerServerParams params,
            Access access,
            DelegationTokens tokens,
            Quotas quotas) {
        ClientQuotasHandler limits = new ClientQuotasHandler(quotas, access);
        KafkaSecurityConfig config = params.config().security();
        AclsHandler acls = new AclsHandler(params.rules(), access);
        ScramCredentialsHandler scram = new ScramCredentialsHandler(params.users(), access);
        DelegationTokensHandler delegation =
                new DelegationTokensHandler(
                        tokens,
                        access,
                        params.clock(),
                        config.tokenMaxLifetime(),
                        config.tokenExpiry());
        routes.serve(ApiKeys.DESCRIBE_CLIENT_QUOTAS, limits::describe)
                .serve(ApiKeys.ALTER_CLIENT_QUOTAS, limits::alter)
                .serve(ApiKeys.DESCRIBE_ACLS, acls::describe)
                .serve(ApiKeys.CREATE_ACLS, acls::create)
                .serve(ApiKeys.DELETE_ACLS, acls::delete)
                .serve(ApiKeys.DESCRIBE_USER_SCRAM_CREDENTIALS, scram::describe)
                .serve(ApiKeys.ALTER_USER_SCRAM_CREDENTIALS, scram::alter)
                .serve(ApiKeys.CREATE_DELEGATION_TOKEN, delegation::create)
                .serve(ApiKeys.RENEW_DELEGATION_TOKEN, delegation::renew)
                .serve(ApiKeys.EXPIRE_DELEGATION_TOKEN, delegation::expire)
                .serve(ApiKeys.DESCRIBE_DELEGATION_TOKEN, delegation::describe);
    }

    private void transactions(Routes routes, Access access) {
        transactions.start(new TransactionMarkers(catalog, groups::endTransaction));
        TransactionsHandler ends = new TransactionsHandler(transactions, groups, access);
        PartitionsOfTransactionsHandler partitions =
                new PartitionsOfTransactionsHandler(transactions, catalog, access);
        TransactionalOffsetsHandler offsets =
                new TransactionalOffsetsHandler(groups, catalog, access);
        TransactionAdminHandler admin = new TransactionAdminHandler(transactions, catalog, access);
        routes.serve(ApiKeys.INIT_PRODUCER_ID, ends::initProducerId)
                .serve(ApiKeys.ADD_PARTITIONS_TO_TXN, partitions::addPartitions)
                .serve(ApiKeys.ADD_OFFSETS_TO_TXN, ends::addOffsets)
                .serve(ApiKeys.TXN_OFFSET_COMMIT, offsets::commit)
                .serve(ApiKeys.END_TXN, ends::endTxn)
                .serve(ApiKeys.WRITE_TXN_MARKERS, partitions::writeMarkers)
                .serve(ApiKeys.DESCRIBE_TRANSACTIONS, admin::describe)
                .serve(ApiKeys.LIST_TRANSACTIONS, admin::list);
    }

    private ServedApis cluster(
            Routes routes, KafkaBrokerServerParams params, Access access, Cluster cluster) {
        // The handlers tell keys and features, and are themselves behind some of them.
        ClusterHandler[] handler = new ClusterHandler[1];
        ClusterAdminHandler[] admin = new ClusterAdminHandler[1];
        routes.serve(ApiKeys.API_VERSIONS, exchange -> handler[0].apiVersions(exchange))
                .serve(ApiKeys.DESCRIBE_CLUSTER, exchange -> handler[0].describeCluster(exchange))
                .serve(ApiKeys.DESCRIBE_LOG_DIRS, exchange -> handler[0].describeLogDirs(exchange))
                .serve(ApiKeys.DESCRIBE_QUORUM, exchange -> handler[0].describeQuorum(exchange))
                .serve(ApiKeys.UPDATE_FEATURES, exchange -> admin[0].updateFeatures(exchange))
                .serve(ApiKeys.UNREGISTER_BROKER, exchange -> admin[0].unregisterBroker(exchange))
                .serve(
                        ApiKeys.ALTER_REPLICA_LOG_DIRS,
                        exchange -> admin[0].alterReplicaLogDirs(exchange));
        Set<ApiKeys> keys = EnumSet.copyOf(routes.keys());
        keys.addAll(Authentication.KEYS);
        ServedApis apis = new ServedApis(keys, Features.served());
        handler[0] = new ClusterHandler(apis, catalog, access, cluster, params.dataPath());
        admin[0] =
                new ClusterAdminHandler(
                        apis, catalog, access, cluster.brokerId(), params.dataPath());
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
        fixed.put(
                "transaction.max.timeout.ms",
                Long.toString(TransactionLimits.DEFAULT.maxTimeout().toMillis()));
        fixed.put(
                "transactional.id.expiration.ms",
                Long.toString(TransactionLimits.DEFAULT.idExpiry().toMillis()));
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
                    transactions.close();
                    groups.close();
                    List.copyOf(catalog.inUse()).stream()
                            .map(KafkaTopic::producers)
                            .forEach(Producers::save);
                },
                blocking);
    }
}
