package io.polymq.kafka.topic;

import io.polymq.core.security.Security.Action;
import io.polymq.kafka.Access;
import io.polymq.kafka.Cluster;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.Futures;
import io.polymq.kafka.KafkaErrors;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponsePartition;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponseTopic;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBroker;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** Serves Metadata and DescribeTopicPartitions. Connection zone. */
public final class MetadataHandler {

    private static final int LEADER_EPOCH = 0;
    private static final int FIRST_VERSION_WITHOUT_NAMES = 12;
    private static final int MOST_PARTITIONS = 2000;
    private static final int NOT_ASKED = Integer.MIN_VALUE;

    private final TopicCatalog catalog;
    private final Access access;
    private final Cluster cluster;

    public MetadataHandler(TopicCatalog catalog, Access access, Cluster cluster) {
        this.catalog = catalog;
        this.access = access;
        this.cluster = cluster;
    }

    public void metadata(Exchange exchange) {
        MetadataRequestData request = exchange.body(MetadataRequestData.class);
        MetadataResponseData response = new MetadataResponseData();
        response.brokers()
                .add(
                        new MetadataResponseBroker()
                                .setNodeId(cluster.brokerId())
                                .setHost(cluster.host(exchange.client()))
                                .setPort(cluster.port(exchange.client()))
                                .setRack(null));
        response.setClusterId(cluster.clusterId()).setControllerId(cluster.brokerId());
        if (request.includeClusterAuthorizedOperations()) {
            response.setClusterAuthorizedOperations(
                    AuthorizedOperations.cluster(access, exchange.client()));
        }
        boolean all =
                request.topics() == null || exchange.version() == 0 && request.topics().isEmpty();
        if (all) {
            for (KafkaTopic topic : catalog.list(exchange.client().tenant())) {
                if (access.topic(exchange.client(), Action.DESCRIBE, topic.name())) {
                    response.topics().add(describe(exchange, request, topic));
                }
            }
            exchange.respond(response);
        } else {
            some(exchange, request, response);
        }
    }

    private void some(
            Exchange exchange, MetadataRequestData request, MetadataResponseData response) {
        List<CompletableFuture<?>> created = new ArrayList<>();
        Set<String> names = new LinkedHashSet<>();
        List<MetadataResponseTopic> answers = new ArrayList<>();
        for (MetadataRequestTopic asked : request.topics()) {
            String name = asked.name();
            if (name == null) {
                answers.add(byId(exchange, request, asked.topicId()));
            } else if (names.add(name)) {
                CompletableFuture<MetadataResponseTopic> answer = byName(exchange, request, name);
                created.add(answer.thenAccept(topic -> add(answers, topic)));
            }
        }
        Futures.whenAll(
                exchange,
                created,
                () -> {
                    answers.forEach(response.topics()::add);
                    exchange.respond(response);
                });
    }

    private static void add(List<MetadataResponseTopic> answers, MetadataResponseTopic topic) {
        synchronized (answers) {
            answers.add(topic);
        }
    }

    private MetadataResponseTopic byId(Exchange exchange, MetadataRequestData request, Uuid id) {
        KafkaTopic topic = catalog.find(exchange.client().tenant(), id);
        String unnamed = exchange.version() < FIRST_VERSION_WITHOUT_NAMES ? "" : null;
        if (topic == null) {
            return error(unnamed, Errors.UNKNOWN_TOPIC_ID).setTopicId(id);
        }
        return access.topic(exchange.client(), Action.DESCRIBE, topic.name())
                ? describe(exchange, request, topic)
                : error(unnamed, Errors.TOPIC_AUTHORIZATION_FAILED).setTopicId(id);
    }

    private CompletableFuture<MetadataResponseTopic> byName(
            Exchange exchange, MetadataRequestData request, String name) {
        if (!access.topic(exchange.client(), Action.DESCRIBE, name)) {
            return done(error(name, Errors.TOPIC_AUTHORIZATION_FAILED));
        }
        KafkaTopic topic = catalog.find(exchange.client().tenant(), name);
        if (topic != null) {
            return done(describe(exchange, request, topic));
        }
        if (TopicCatalog.nameRefusal(name) != null) {
            return done(error(name, Errors.INVALID_TOPIC_EXCEPTION));
        }
        if (catalog.isReserved(name)) {
            return catalog.obtain(exchange.client().tenant(), name)
                    .thenApply(
                            there ->
                                    there == null
                                            ? error(name, Errors.UNKNOWN_TOPIC_OR_PARTITION)
                                            : describe(exchange, request, there))
                    .exceptionally(failure -> error(name, KafkaErrors.of(failure)));
        }
        boolean wanted = exchange.version() < 4 || request.allowAutoTopicCreation();
        if (!wanted || !cluster.autoCreateTopics()) {
            return done(error(name, Errors.UNKNOWN_TOPIC_OR_PARTITION));
        }
        if (!access.mayCreate(exchange.client(), name)) {
            return done(error(name, Errors.TOPIC_AUTHORIZATION_FAILED));
        }
        if (catalog.collision(exchange.client().tenant(), name) != null) {
            return done(error(name, Errors.INVALID_TOPIC_EXCEPTION));
        }
        return catalog.createOrFind(exchange.client().tenant(), name, cluster.defaultPartitions())
                .thenApply(created -> describe(exchange, request, created))
                .exceptionally(failure -> error(name, KafkaErrors.of(failure)));
    }

    private static CompletableFuture<MetadataResponseTopic> done(MetadataResponseTopic topic) {
        return CompletableFuture.completedFuture(topic);
    }

    private static MetadataResponseTopic error(@Nullable String name, Errors error) {
        return new MetadataResponseTopic().setName(name).setErrorCode(error.code());
    }

    private MetadataResponseTopic describe(
            Exchange exchange, MetadataRequestData request, KafkaTopic topic) {
        MetadataResponseTopic answer =
                new MetadataResponseTopic()
                        .setName(topic.name())
                        .setTopicId(topic.id())
                        .setIsInternal(false)
                        .setTopicAuthorizedOperations(
                                request.includeTopicAuthorizedOperations()
                                        ? AuthorizedOperations.topic(
                                                access, exchange.client(), topic.name())
                                        : NOT_ASKED);
        List<Integer> replica = List.of(cluster.brokerId());
        for (int partition = 0; partition < topic.partitions(); partition++) {
            answer.partitions()
                    .add(
                            new MetadataResponsePartition()
                                    .setPartitionIndex(partition)
                                    .setLeaderId(cluster.brokerId())
                                    .setLeaderEpoch(LEADER_EPOCH)
                                    .setReplicaNodes(replica)
                                    .setIsrNodes(replica));
        }
        return answer;
    }

    public void describeTopicPartitions(Exchange exchange) {
        DescribeTopicPartitionsRequestData request =
                exchange.body(DescribeTopicPartitionsRequestData.class);
        DescribeTopicPartitionsResponseData response = new DescribeTopicPartitionsResponseData();
        DescribeTopicPartitionsRequestData.Cursor from = request.cursor();
        int left = Math.clamp(request.responsePartitionLimit(), 1, MOST_PARTITIONS);
        for (String name : new TreeSet<>(names(exchange, request))) {
            if (from != null && name.compareTo(from.topicName()) < 0) {
                continue;
            }
            int first =
                    from != null && name.equals(from.topicName())
                            ? Math.max(0, from.partitionIndex())
                            : 0;
            if (left == 0) {
                response.setNextCursor(new Cursor().setTopicName(name).setPartitionIndex(first));
                break;
            }
            KafkaTopic topic = catalog.find(exchange.client().tenant(), name);
            DescribeTopicPartitionsResponseTopic answer = describePart(exchange, name, topic);
            response.topics().add(answer);
            if (topic != null && answer.errorCode() == 0) {
                int end = Math.min(topic.partitions(), first + left);
                for (int partition = first; partition < end; partition++) {
                    answer.partitions().add(describePartition(partition));
                }
                left -= Math.max(0, end - first);
                if (end < topic.partitions()) {
                    response.setNextCursor(new Cursor().setTopicName(name).setPartitionIndex(end));
                    break;
                }
            }
        }
        exchange.respond(response);
    }

    private List<String> names(Exchange exchange, DescribeTopicPartitionsRequestData request) {
        return request.topics().isEmpty()
                ? catalog.list(exchange.client().tenant()).stream()
                        .map(KafkaTopic::name)
                        .filter(name -> access.topic(exchange.client(), Action.DESCRIBE, name))
                        .toList()
                : request.topics().stream().map(TopicRequest::name).toList();
    }

    private DescribeTopicPartitionsResponseTopic describePart(
            Exchange exchange, String name, @Nullable KafkaTopic topic) {
        DescribeTopicPartitionsResponseTopic answer =
                new DescribeTopicPartitionsResponseTopic()
                        .setName(name)
                        .setTopicAuthorizedOperations(
                                AuthorizedOperations.topic(access, exchange.client(), name));
        if (!access.topic(exchange.client(), Action.DESCRIBE, name)) {
            return answer.setErrorCode(Errors.TOPIC_AUTHORIZATION_FAILED.code());
        }
        return topic == null
                ? answer.setErrorCode(Errors.UNKNOWN_TOPIC_OR_PARTITION.code())
                : answer.setTopicId(topic.id());
    }

    private DescribeTopicPartitionsResponsePartition describePartition(int partition) {
        List<Integer> replica = List.of(cluster.brokerId());
        return new DescribeTopicPartitionsResponsePartition()
                .setPartitionIndex(partition)
                .setLeaderId(cluster.brokerId())
                .setLeaderEpoch(LEADER_EPOCH)
                .setReplicaNodes(replica)
                .setIsrNodes(replica)
                .setEligibleLeaderReplicas(List.of())
                .setLastKnownElr(List.of())
                .setOfflineReplicas(List.of());
    }
}
