package io.polymq.kafka.topic;

import io.polymq.core.security.Security.Action;
import io.polymq.kafka.Access;
import io.polymq.kafka.Cluster;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.Futures;
import io.polymq.kafka.KafkaErrors;
import io.polymq.kafka.quota.MutationQuota;
import io.polymq.kafka.quota.Quotas;
import io.polymq.storage.Shard;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicConfigs;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsTopicResult;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** Serves CreateTopics, DeleteTopics, CreatePartitions and DeleteRecords. Connection zone. */
public final class TopicAdminHandler {

    private static final int MOST_PARTITIONS = 100_000;
    private static final int STRICT_CREATION = 6;
    private static final int STRICT_DELETION = 5;
    private static final int STRICT_GROWTH = 3;
    private static final byte FROM_TOPIC = 1;
    private static final byte FROM_BROKER = 3;
    private static final byte FROM_DEFAULT = 5;

    private final TopicCatalog catalog;
    private final Access access;
    private final Cluster cluster;
    private final Supplier<Map<String, String>> brokerWide;
    private final Quotas quotas;

    public TopicAdminHandler(
            TopicCatalog catalog,
            Access access,
            Cluster cluster,
            Supplier<Map<String, String>> brokerWide,
            Quotas quotas) {
        this.catalog = catalog;
        this.access = access;
        this.cluster = cluster;
        this.brokerWide = brokerWide;
        this.quotas = quotas;
    }

    /** A refusal of one topic. */
    private record Refusal(Errors error, @Nullable String message) {}

    private static final Refusal OVER_QUOTA =
            new Refusal(
                    Errors.THROTTLING_QUOTA_EXCEEDED, Errors.THROTTLING_QUOTA_EXCEEDED.message());

    public void createTopics(Exchange exchange) {
        CreateTopicsRequestData request = exchange.body(CreateTopicsRequestData.class);
        CreateTopicsResponseData response = new CreateTopicsResponseData();
        Set<String> seen = new HashSet<>();
        Set<String> twice = new HashSet<>();
        request.topics().forEach(topic -> addOrMark(topic.name(), seen, twice));
        List<CompletableFuture<?>> open = new ArrayList<>();
        Set<String> answered = new HashSet<>();
        MutationQuota quota = new MutationQuota(quotas, exchange, STRICT_CREATION);
        for (CreatableTopic wanted : request.topics()) {
            if (!answered.add(wanted.name())) {
                continue;
            }
            CreatableTopicResult result =
                    new CreatableTopicResult()
                            .setName(wanted.name())
                            .setTopicConfigErrorCode(Errors.NONE.code());
            response.topics().add(result);
            Refusal refusal =
                    twice.contains(wanted.name())
                            ? new Refusal(Errors.INVALID_REQUEST, "Duplicate topic name.")
                            : refusal(exchange, wanted);
            if (refusal == null && !request.validateOnly() && !quota.take(partitions(wanted))) {
                refusal = OVER_QUOTA;
            }
            if (refusal != null) {
                result.setErrorCode(refusal.error.code()).setErrorMessage(refusal.message);
            } else {
                open.add(create(exchange, request, wanted, result));
            }
        }
        Futures.whenAll(exchange, open, () -> exchange.respond(response));
    }

    private static void addOrMark(String name, Set<String> seen, Set<String> twice) {
        if (!seen.add(name)) {
            twice.add(name);
        }
    }

    private CompletableFuture<?> create(
            Exchange exchange,
            CreateTopicsRequestData request,
            CreatableTopic wanted,
            CreatableTopicResult result) {
        Map<String, String> settings = settings(wanted);
        int partitions = partitions(wanted);
        if (request.validateOnly()) {
            describe(exchange, result, partitions, wanted, settings);
            return CompletableFuture.completedFuture(null);
        }
        return catalog.create(exchange.client().tenant(), wanted.name(), partitions, settings)
                .handle(
                        (topic, failure) -> {
                            if (topic == null) {
                                result.setErrorCode(KafkaErrors.of(failure).code())
                                        .setErrorMessage(message(wanted.name(), failure));
                            } else {
                                describe(exchange, result, partitions, wanted, settings);
                                result.setTopicId(topic.id());
                            }
                            return result;
                        });
    }

    private static @Nullable String message(String name, @Nullable Throwable failure) {
        if (failure == null) {
            return null;
        }
        return KafkaErrors.of(failure) == Errors.TOPIC_ALREADY_EXISTS
                ? "Topic '" + name + "' already exists."
                : Futures.cause(failure).getMessage();
    }

    private int partitions(CreatableTopic wanted) {
        if (!wanted.assignments().isEmpty()) {
            return wanted.assignments().size();
        }
        return wanted.numPartitions() == -1 ? cluster.defaultPartitions() : wanted.numPartitions();
    }

    private static Map<String, String> settings(CreatableTopic wanted) {
        Map<String, String> settings = new HashMap<>();
        for (CreatableTopicConfig config : wanted.configs()) {
            String value = config.value();
            if (value != null) {
                settings.put(config.name(), value);
            }
        }
        return settings;
    }

    private @Nullable Refusal refusal(Exchange exchange, CreatableTopic wanted) {
        String name = wanted.name();
        String tenant = exchange.client().tenant();
        if (!access.mayCreate(exchange.client(), name)) {
            return new Refusal(Errors.TOPIC_AUTHORIZATION_FAILED, "Authorization failed.");
        }
        String badName = TopicCatalog.nameRefusal(name);
        if (badName != null) {
            return new Refusal(Errors.INVALID_TOPIC_EXCEPTION, badName);
        }
        if (catalog.find(tenant, name) != null) {
            return new Refusal(Errors.TOPIC_ALREADY_EXISTS, "Topic '" + name + "' already exists.");
        }
        String collision = catalog.collision(tenant, name);
        if (collision != null) {
            return new Refusal(
                    Errors.INVALID_TOPIC_EXCEPTION,
                    "Topic '" + name + "' collides with existing topic: " + collision);
        }
        for (CreatableTopicConfig config : wanted.configs()) {
            if (config.value() == null) {
                return new Refusal(
                        Errors.INVALID_CONFIG,
                        "Null value not supported for topic configs: " + config.name());
            }
        }
        String badSetting = TopicSettings.refusal(settings(wanted));
        if (badSetting != null) {
            return new Refusal(Errors.INVALID_CONFIG, badSetting);
        }
        return wanted.assignments().isEmpty() ? countRefusal(wanted) : assignmentRefusal(wanted);
    }

    private static @Nullable Refusal countRefusal(CreatableTopic wanted) {
        if (wanted.replicationFactor() < -1 || wanted.replicationFactor() == 0) {
            return new Refusal(
                    Errors.INVALID_REPLICATION_FACTOR,
                    "Replication factor must be larger than 0, or -1 to use the default value.");
        }
        if (wanted.numPartitions() < -1 || wanted.numPartitions() == 0) {
            return new Refusal(
                    Errors.INVALID_PARTITIONS,
                    "Number of partitions was set to an invalid non-positive value.");
        }
        return wanted.numPartitions() > MOST_PARTITIONS
                ? new Refusal(
                        Errors.INVALID_PARTITIONS, "At most " + MOST_PARTITIONS + " are possible.")
                : null;
    }

    private @Nullable Refusal assignmentRefusal(CreatableTopic wanted) {
        if (wanted.numPartitions() != -1) {
            return new Refusal(
                    Errors.INVALID_REQUEST,
                    "A manual partition assignment was specified, but numPartitions was not set to"
                            + " -1.");
        }
        if (wanted.replicationFactor() != -1) {
            return new Refusal(
                    Errors.INVALID_REQUEST,
                    "A manual partition assignment was specified, but replication factor was not"
                            + " set to -1.");
        }
        int count = wanted.assignments().size();
        Set<Integer> indexes = new HashSet<>();
        for (CreatableReplicaAssignment assignment : wanted.assignments()) {
            indexes.add(assignment.partitionIndex());
            if (assignment.partitionIndex() < 0
                    || assignment.partitionIndex() >= count
                    || assignment.brokerIds().isEmpty()) {
                return new Refusal(
                        Errors.INVALID_REPLICA_ASSIGNMENT,
                        "partitions should be a consecutive 0-based integer sequence, each with a"
                                + " replica");
            }
            if (!assignment.brokerIds().equals(List.of(cluster.brokerId()))) {
                return new Refusal(
                        Errors.INVALID_REPLICA_ASSIGNMENT,
                        "The manual partition assignment includes a broker that is not registered:"
                                + " only broker "
                                + cluster.brokerId()
                                + " is");
            }
        }
        return indexes.size() == count
                ? null
                : new Refusal(
                        Errors.INVALID_REPLICA_ASSIGNMENT,
                        "partitions should be a consecutive 0-based integer sequence");
    }

    private void describe(
            Exchange exchange,
            CreatableTopicResult result,
            int partitions,
            CreatableTopic wanted,
            Map<String, String> settings) {
        if (!access.topic(exchange.client(), Action.DESCRIBE_CONFIGS, wanted.name())) {
            result.setNumPartitions(-1)
                    .setReplicationFactor((short) -1)
                    .setTopicConfigErrorCode(Errors.TOPIC_AUTHORIZATION_FAILED.code())
                    .setConfigs(List.of());
            return;
        }
        List<CreatableTopicConfigs> configs = new ArrayList<>();
        for (Setting setting : TopicSettings.list()) {
            boolean own = settings.containsKey(setting.name());
            boolean broker =
                    setting.broker() != null && brokerWide.get().containsKey(setting.broker());
            configs.add(
                    new CreatableTopicConfigs()
                            .setName(setting.name())
                            .setValue(
                                    TopicSettings.value(setting.name(), settings, brokerWide.get()))
                            .setReadOnly(false)
                            .setConfigSource(own ? FROM_TOPIC : broker ? FROM_BROKER : FROM_DEFAULT)
                            .setIsSensitive(false));
        }
        result.setNumPartitions(partitions).setReplicationFactor((short) 1).setConfigs(configs);
    }

    public void deleteTopics(Exchange exchange) {
        DeleteTopicsRequestData request = exchange.body(DeleteTopicsRequestData.class);
        DeleteTopicsResponseData response = new DeleteTopicsResponseData();
        List<CompletableFuture<?>> open = new ArrayList<>();
        List<DeleteTopicState> asked = new ArrayList<>(request.topics());
        MutationQuota quota = new MutationQuota(quotas, exchange, STRICT_DELETION);
        request.topicNames().forEach(name -> asked.add(new DeleteTopicState().setName(name)));
        for (DeleteTopicState state : asked) {
            DeletableTopicResult result =
                    new DeletableTopicResult().setName(state.name()).setTopicId(state.topicId());
            if (state.name() != null && response.responses().find(state.name()) != null) {
                continue;
            }
            response.responses().add(result);
            open.add(delete(exchange, state, result, quota));
        }
        Futures.whenAll(exchange, open, () -> exchange.respond(response));
    }

    private CompletableFuture<?> delete(
            Exchange exchange,
            DeleteTopicState state,
            DeletableTopicResult result,
            MutationQuota quota) {
        String tenant = exchange.client().tenant();
        String name = state.name();
        KafkaTopic topic =
                name == null ? catalog.find(tenant, state.topicId()) : catalog.find(tenant, name);
        String authorized = topic == null ? name : topic.name();
        if (authorized != null && !mayDelete(exchange, authorized, name != null)) {
            if (name == null && access.topic(exchange.client(), Action.DESCRIBE, authorized)) {
                result.setName(authorized);
            }
            result.setErrorCode(Errors.TOPIC_AUTHORIZATION_FAILED.code())
                    .setErrorMessage(Errors.TOPIC_AUTHORIZATION_FAILED.message());
            return CompletableFuture.completedFuture(null);
        }
        if (topic == null) {
            Errors error =
                    name == null ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION;
            result.setErrorCode(error.code()).setErrorMessage(error.message());
            return CompletableFuture.completedFuture(null);
        }
        result.setTopicId(topic.id()).setName(topic.name());
        if (!quota.take(topic.partitions())) {
            result.setErrorCode(OVER_QUOTA.error.code()).setErrorMessage(OVER_QUOTA.message);
            return CompletableFuture.completedFuture(null);
        }
        return catalog.delete(tenant, topic.name())
                .handle(
                        (_, failure) ->
                                failure == null
                                        ? result
                                        : result.setErrorCode(KafkaErrors.of(failure).code()));
    }

    /** Who deletes by name learns from the answer whether there is such a topic. */
    private boolean mayDelete(Exchange exchange, String topic, boolean byName) {
        return access.cluster(exchange.client(), Action.DELETE)
                || access.topic(exchange.client(), Action.DELETE, topic)
                        && (!byName || access.topic(exchange.client(), Action.DESCRIBE, topic));
    }

    public void createPartitions(Exchange exchange) {
        CreatePartitionsRequestData request = exchange.body(CreatePartitionsRequestData.class);
        CreatePartitionsResponseData response = new CreatePartitionsResponseData();
        MutationQuota quota = new MutationQuota(quotas, exchange, STRICT_GROWTH);
        List<CompletableFuture<?>> open = new ArrayList<>();
        for (CreatePartitionsTopic asked : request.topics()) {
            CreatePartitionsTopicResult result =
                    new CreatePartitionsTopicResult().setName(asked.name());
            response.results().add(result);
            KafkaTopic topic = catalog.find(exchange.client().tenant(), asked.name());
            Refusal refusal = refusal(exchange, asked, topic);
            if (refusal == null
                    && topic != null
                    && !request.validateOnly()
                    && !quota.take(asked.count() - topic.partitions())) {
                refusal = OVER_QUOTA;
            }
            if (refusal != null || topic == null) {
                Errors error = refusal == null ? Errors.UNKNOWN_SERVER_ERROR : refusal.error;
                result.setErrorCode(error.code())
                        .setErrorMessage(refusal == null ? null : refusal.message);
            } else if (!request.validateOnly()) {
                open.add(
                        catalog.grow(topic, asked.count())
                                .handle(
                                        (_, failure) ->
                                                failure == null
                                                        ? result
                                                        : result.setErrorCode(
                                                                KafkaErrors.of(failure).code())));
            }
        }
        Futures.whenAll(exchange, open, () -> exchange.respond(response));
    }

    private @Nullable Refusal refusal(
            Exchange exchange, CreatePartitionsTopic asked, @Nullable KafkaTopic topic) {
        if (!access.topic(exchange.client(), Action.ALTER, asked.name())) {
            return new Refusal(
                    Errors.TOPIC_AUTHORIZATION_FAILED, Errors.TOPIC_AUTHORIZATION_FAILED.message());
        }
        if (topic == null) {
            return new Refusal(
                    Errors.UNKNOWN_TOPIC_OR_PARTITION, Errors.UNKNOWN_TOPIC_OR_PARTITION.message());
        }
        if (asked.count() == topic.partitions()) {
            return new Refusal(
                    Errors.INVALID_PARTITIONS,
                    "Topic already has " + topic.partitions() + " partition(s).");
        }
        if (asked.count() < topic.partitions()) {
            return new Refusal(
                    Errors.INVALID_PARTITIONS,
                    "The topic "
                            + asked.name()
                            + " currently has "
                            + topic.partitions()
                            + " partition(s); "
                            + asked.count()
                            + " would not be an increase.");
        }
        if (asked.count() > MOST_PARTITIONS) {
            return new Refusal(
                    Errors.INVALID_PARTITIONS, "At most " + MOST_PARTITIONS + " are possible.");
        }
        var assignments = asked.assignments();
        if (assignments != null) {
            if (assignments.size() != asked.count() - topic.partitions()) {
                return new Refusal(
                        Errors.INVALID_REPLICA_ASSIGNMENT,
                        "The assignments do not match the number of new partitions.");
            }
            if (assignments.stream()
                    .anyMatch(each -> !each.brokerIds().equals(List.of(cluster.brokerId())))) {
                return new Refusal(
                        Errors.INVALID_REPLICA_ASSIGNMENT,
                        "only broker " + cluster.brokerId() + " is registered");
            }
        }
        return null;
    }

    public void deleteRecords(Exchange exchange) {
        DeleteRecordsRequestData request = exchange.body(DeleteRecordsRequestData.class);
        DeleteRecordsResponseData response = new DeleteRecordsResponseData();
        List<CompletableFuture<?>> open = new ArrayList<>();
        for (DeleteRecordsTopic asked : request.topics()) {
            DeleteRecordsTopicResult topic = new DeleteRecordsTopicResult().setName(asked.name());
            response.topics().add(topic);
            KafkaTopic found = catalog.find(exchange.client().tenant(), asked.name());
            boolean allowed = access.topic(exchange.client(), Action.DELETE, asked.name());
            for (DeleteRecordsPartition partition : asked.partitions()) {
                DeleteRecordsPartitionResult result =
                        new DeleteRecordsPartitionResult()
                                .setPartitionIndex(partition.partitionIndex())
                                .setLowWatermark(-1);
                topic.partitions().add(result);
                if (!allowed) {
                    result.setErrorCode(Errors.TOPIC_AUTHORIZATION_FAILED.code());
                } else if (found == null || !found.hasPartition(partition.partitionIndex())) {
                    result.setErrorCode(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
                } else if (!found.spec()
                        .settings()
                        .getOrDefault("cleanup.policy", "delete")
                        .contains("delete")) {
                    result.setErrorCode(Errors.POLICY_VIOLATION.code());
                } else {
                    open.add(
                            trim(
                                    found.topic().partition(partition.partitionIndex()),
                                    partition.offset(),
                                    result));
                }
            }
        }
        Futures.whenAll(exchange, open, () -> exchange.respond(response));
    }

    private static CompletableFuture<?> trim(
            Shard shard, long offset, DeleteRecordsPartitionResult result) {
        long end = shard.highWatermark();
        long start = offset == -1 ? end : offset;
        if (start < 0 || start > end) {
            result.setErrorCode(Errors.OFFSET_OUT_OF_RANGE.code());
            return CompletableFuture.completedFuture(null);
        }
        if (start <= shard.startOffset()) {
            result.setLowWatermark(shard.startOffset());
            return CompletableFuture.completedFuture(null);
        }
        return shard.trim(start)
                .handle(
                        (_, failure) ->
                                failure == null
                                        ? result.setLowWatermark(shard.startOffset())
                                        : result.setErrorCode(KafkaErrors.of(failure).code()));
    }
}
