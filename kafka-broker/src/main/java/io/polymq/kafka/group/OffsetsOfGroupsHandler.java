package io.polymq.kafka.group;

import io.polymq.core.security.Security.Action;
import io.polymq.kafka.Access;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.Futures;
import io.polymq.kafka.KafkaErrors;
import io.polymq.kafka.topic.KafkaTopic;
import io.polymq.kafka.topic.TopicCatalog;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponsePartition;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponseTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopicCollection;
import org.apache.kafka.common.message.OffsetDeleteResponseData;
import org.apache.kafka.common.message.OffsetDeleteResponseData.OffsetDeleteResponsePartition;
import org.apache.kafka.common.message.OffsetDeleteResponseData.OffsetDeleteResponseTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartition;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopic;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves OffsetCommit, OffsetFetch and OffsetDelete. Topics that are not there, or not the client's
 * to use, are answered here; the rest by the coordinator.
 */
public final class OffsetsOfGroupsHandler {

    private static final int FIRST_VERSION_BY_ID = 10;
    private static final int FIRST_VERSION_OF_SEVERAL_GROUPS = 8;
    private static final int FIRST_VERSION_WITH_GROUP_ERROR = 2;
    private static final long NO_OFFSET = -1;

    private final GroupService groups;
    private final TopicCatalog catalog;
    private final Access access;

    public OffsetsOfGroupsHandler(GroupService groups, TopicCatalog catalog, Access access) {
        this.groups = groups;
        this.catalog = catalog;
        this.access = access;
    }

    public void commit(Exchange exchange) {
        OffsetCommitRequestData request = exchange.body(OffsetCommitRequestData.class);
        boolean byId = exchange.version() >= FIRST_VERSION_BY_ID;
        OffsetCommitResponseData response = new OffsetCommitResponseData();
        if (!access.group(exchange.client(), Action.READ, request.groupId())) {
            refuseAll(request, response, Errors.GROUP_AUTHORIZATION_FAILED);
            exchange.respond(response);
            return;
        }
        List<OffsetCommitRequestTopic> accepted = new ArrayList<>();
        for (OffsetCommitRequestTopic asked : request.topics()) {
            KafkaTopic topic =
                    byId
                            ? catalog.find(exchange.client().tenant(), asked.topicId())
                            : catalog.find(exchange.client().tenant(), asked.name());
            Errors error = topicError(exchange, byId, asked.name(), topic);
            if (error != Errors.NONE || topic == null) {
                response.topics().add(refused(asked, asked.partitions(), error));
            } else {
                sort(asked, topic, accepted, response);
            }
        }
        if (accepted.isEmpty()) {
            exchange.respond(response);
            return;
        }
        OffsetCommitRequestData forward = request.duplicate().setTopics(accepted);
        groups.ask(
                exchange,
                (coordinator, context) ->
                        coordinator.commitOffsets(context, forward, BufferSupplier.NO_CACHING),
                (result, error) -> {
                    if (result == null) {
                        refuseAll(forward, response, error);
                    } else {
                        response.topics().addAll(result.topics());
                        response.setThrottleTimeMs(result.throttleTimeMs());
                    }
                    exchange.respond(merged(response, byId));
                });
    }

    private Errors topicError(
            Exchange exchange, boolean byId, String name, @Nullable KafkaTopic topic) {
        if (topic == null && byId) {
            return Errors.UNKNOWN_TOPIC_ID;
        }
        String known = topic == null ? name : topic.name();
        if (!access.mayRead(exchange.client(), known)) {
            return Errors.TOPIC_AUTHORIZATION_FAILED;
        }
        return topic == null ? Errors.UNKNOWN_TOPIC_OR_PARTITION : Errors.NONE;
    }

    private static void sort(
            OffsetCommitRequestTopic asked,
            KafkaTopic topic,
            List<OffsetCommitRequestTopic> accepted,
            OffsetCommitResponseData response) {
        List<OffsetCommitRequestPartition> known = new ArrayList<>();
        List<OffsetCommitRequestPartition> unknown = new ArrayList<>();
        for (OffsetCommitRequestPartition partition : asked.partitions()) {
            (topic.hasPartition(partition.partitionIndex()) ? known : unknown).add(partition);
        }
        if (!unknown.isEmpty()) {
            response.topics().add(refused(asked, unknown, Errors.UNKNOWN_TOPIC_OR_PARTITION));
        }
        if (!known.isEmpty()) {
            accepted.add(
                    new OffsetCommitRequestTopic()
                            .setName(topic.name())
                            .setTopicId(topic.id())
                            .setPartitions(known));
        }
    }

    private static OffsetCommitResponseTopic refused(
            OffsetCommitRequestTopic asked,
            List<OffsetCommitRequestPartition> partitions,
            Errors error) {
        OffsetCommitResponseTopic topic =
                new OffsetCommitResponseTopic().setName(asked.name()).setTopicId(asked.topicId());
        for (OffsetCommitRequestPartition partition : partitions) {
            topic.partitions()
                    .add(
                            new OffsetCommitResponsePartition()
                                    .setPartitionIndex(partition.partitionIndex())
                                    .setErrorCode(error.code()));
        }
        return topic;
    }

    private static void refuseAll(
            OffsetCommitRequestData request, OffsetCommitResponseData response, Errors error) {
        for (OffsetCommitRequestTopic asked : request.topics()) {
            response.topics().add(refused(asked, asked.partitions(), error));
        }
    }

    /** One entry per topic, whoever answered. */
    private static OffsetCommitResponseData merged(
            OffsetCommitResponseData response, boolean byId) {
        List<OffsetCommitResponseTopic> topics = new ArrayList<>();
        for (OffsetCommitResponseTopic topic : response.topics()) {
            OffsetCommitResponseTopic same =
                    topics.stream()
                            .filter(
                                    other ->
                                            byId
                                                    ? other.topicId().equals(topic.topicId())
                                                    : other.name().equals(topic.name()))
                            .findAny()
                            .orElse(null);
            if (same == null) {
                topics.add(topic);
            } else {
                same.partitions().addAll(topic.partitions());
            }
        }
        return response.setTopics(topics);
    }

    public void fetch(Exchange exchange) {
        OffsetFetchRequestData request = exchange.body(OffsetFetchRequestData.class);
        boolean several = exchange.version() >= FIRST_VERSION_OF_SEVERAL_GROUPS;
        List<OffsetFetchRequestGroup> asked = several ? request.groups() : List.of(only(request));
        List<CompletableFuture<OffsetFetchResponseGroup>> answers = new ArrayList<>();
        for (OffsetFetchRequestGroup group : asked) {
            answers.add(fetch(exchange, group, request.requireStable()));
        }
        Futures.whenAll(
                exchange,
                answers,
                () -> {
                    OffsetFetchResponseData response = new OffsetFetchResponseData();
                    if (several) {
                        answers.forEach(answer -> response.groups().add(answer.join()));
                    } else {
                        single(exchange, asked.getFirst(), answers.getFirst().join(), response);
                    }
                    exchange.respond(response);
                });
    }

    private static OffsetFetchRequestGroup only(OffsetFetchRequestData request) {
        OffsetFetchRequestGroup group =
                new OffsetFetchRequestGroup().setGroupId(request.groupId()).setTopics(null);
        if (request.topics() != null) {
            List<OffsetFetchRequestTopics> topics = new ArrayList<>();
            request.topics()
                    .forEach(
                            topic ->
                                    topics.add(
                                            new OffsetFetchRequestTopics()
                                                    .setName(topic.name())
                                                    .setPartitionIndexes(
                                                            topic.partitionIndexes())));
            group.setTopics(topics);
        }
        return group;
    }

    private CompletableFuture<OffsetFetchResponseGroup> fetch(
            Exchange exchange, OffsetFetchRequestGroup group, boolean stable) {
        OffsetFetchResponseGroup refused =
                new OffsetFetchResponseGroup().setGroupId(group.groupId());
        if (!access.group(exchange.client(), Action.DESCRIBE, group.groupId())) {
            return CompletableFuture.completedFuture(
                    refused.setErrorCode(Errors.GROUP_AUTHORIZATION_FAILED.code()));
        }
        boolean byId = exchange.version() >= FIRST_VERSION_BY_ID;
        List<OffsetFetchResponseTopics> ownAnswers = new ArrayList<>();
        OffsetFetchRequestGroup forward = group;
        if (group.topics() != null) {
            forward = group.duplicate().setTopics(known(exchange, group, byId, ownAnswers));
        }
        OffsetFetchRequestGroup ask = forward;
        return groups.of(exchange.client().tenant())
                .thenCompose(
                        coordinators ->
                                coordinators
                                        .coordinator()
                                        .fetchOffsets(new RequestContext(exchange), ask, stable))
                .thenApply(answer -> complete(exchange, answer, byId, ownAnswers))
                .exceptionally(failure -> refused.setErrorCode(KafkaErrors.of(failure).code()));
    }

    private List<OffsetFetchRequestTopics> known(
            Exchange exchange,
            OffsetFetchRequestGroup group,
            boolean byId,
            List<OffsetFetchResponseTopics> ownAnswers) {
        List<OffsetFetchRequestTopics> known = new ArrayList<>();
        for (OffsetFetchRequestTopics asked : group.topics()) {
            KafkaTopic topic =
                    byId ? catalog.find(exchange.client().tenant(), asked.topicId()) : null;
            Errors error = Errors.NONE;
            if (byId && topic == null) {
                error = Errors.UNKNOWN_TOPIC_ID;
            } else if (!access.topic(
                    exchange.client(),
                    Action.DESCRIBE,
                    topic == null ? asked.name() : topic.name())) {
                error = Errors.TOPIC_AUTHORIZATION_FAILED;
            }
            if (error != Errors.NONE) {
                ownAnswers.add(refused(asked, error));
            } else {
                known.add(topic == null ? asked : asked.duplicate().setName(topic.name()));
            }
        }
        return known;
    }

    private static OffsetFetchResponseTopics refused(OffsetFetchRequestTopics asked, Errors error) {
        OffsetFetchResponseTopics topic =
                new OffsetFetchResponseTopics().setName(asked.name()).setTopicId(asked.topicId());
        for (int partition : asked.partitionIndexes()) {
            topic.partitions()
                    .add(
                            new OffsetFetchResponsePartitions()
                                    .setPartitionIndex(partition)
                                    .setErrorCode(error.code())
                                    .setCommittedOffset(NO_OFFSET)
                                    .setMetadata(""));
        }
        return topic;
    }

    private OffsetFetchResponseGroup complete(
            Exchange exchange,
            OffsetFetchResponseGroup answer,
            boolean byId,
            List<OffsetFetchResponseTopics> ownAnswers) {
        if (answer.errorCode() != Errors.NONE.code()) {
            return answer;
        }
        List<OffsetFetchResponseTopics> topics = new ArrayList<>();
        for (OffsetFetchResponseTopics topic : answer.topics()) {
            if (!access.topic(exchange.client(), Action.DESCRIBE, topic.name())) {
                continue;
            }
            if (byId) {
                KafkaTopic known = catalog.find(exchange.client().tenant(), topic.name());
                if (known == null) {
                    continue;
                }
                topic.setTopicId(known.id());
            }
            topics.add(topic);
        }
        topics.addAll(ownAnswers);
        return answer.setTopics(topics);
    }

    private static void single(
            Exchange exchange,
            OffsetFetchRequestGroup asked,
            OffsetFetchResponseGroup answer,
            OffsetFetchResponseData response) {
        List<OffsetFetchResponseTopics> topics = answer.topics();
        if (answer.errorCode() != Errors.NONE.code()) {
            if (exchange.version() >= FIRST_VERSION_WITH_GROUP_ERROR) {
                response.setErrorCode(answer.errorCode());
                return;
            }
            Errors error = Errors.forCode(answer.errorCode());
            List<OffsetFetchRequestTopics> of = asked.topics() == null ? List.of() : asked.topics();
            topics = of.stream().map(topic -> refused(topic, error)).toList();
        }
        for (OffsetFetchResponseTopics topic : topics) {
            OffsetFetchResponseTopic flat = new OffsetFetchResponseTopic().setName(topic.name());
            for (OffsetFetchResponsePartitions partition : topic.partitions()) {
                flat.partitions()
                        .add(
                                new OffsetFetchResponsePartition()
                                        .setPartitionIndex(partition.partitionIndex())
                                        .setCommittedOffset(partition.committedOffset())
                                        .setCommittedLeaderEpoch(partition.committedLeaderEpoch())
                                        .setMetadata(partition.metadata())
                                        .setErrorCode(partition.errorCode()));
            }
            response.topics().add(flat);
        }
    }

    public void delete(Exchange exchange) {
        OffsetDeleteRequestData request = exchange.body(OffsetDeleteRequestData.class);
        if (!access.group(exchange.client(), Action.DELETE, request.groupId())) {
            exchange.respond(
                    new OffsetDeleteResponseData()
                            .setErrorCode(Errors.GROUP_AUTHORIZATION_FAILED.code()));
            return;
        }
        OffsetDeleteResponseData refused = new OffsetDeleteResponseData();
        OffsetDeleteRequestTopicCollection mine = new OffsetDeleteRequestTopicCollection();
        for (OffsetDeleteRequestTopic topic : request.topics()) {
            Errors error = deletionError(exchange, topic.name());
            if (error == Errors.NONE) {
                mine.add(topic.duplicate());
            } else {
                refused.topics().add(refused(topic, error));
            }
        }
        groups.ask(
                exchange,
                (coordinator, context) ->
                        coordinator.deleteOffsets(
                                context,
                                new OffsetDeleteRequestData()
                                        .setGroupId(request.groupId())
                                        .setTopics(mine),
                                BufferSupplier.NO_CACHING),
                response -> {
                    if (response.errorCode() == Errors.NONE.code()) {
                        refused.topics().forEach(topic -> response.topics().add(topic.duplicate()));
                    }
                    return response;
                },
                error -> new OffsetDeleteResponseData().setErrorCode(error.code()));
    }

    private Errors deletionError(Exchange exchange, String topic) {
        if (!access.mayRead(exchange.client(), topic)) {
            return Errors.TOPIC_AUTHORIZATION_FAILED;
        }
        return catalog.find(exchange.client().tenant(), topic) == null
                ? Errors.UNKNOWN_TOPIC_OR_PARTITION
                : Errors.NONE;
    }

    private static OffsetDeleteResponseTopic refused(OffsetDeleteRequestTopic topic, Errors error) {
        OffsetDeleteResponseTopic answer = new OffsetDeleteResponseTopic().setName(topic.name());
        topic.partitions()
                .forEach(
                        partition ->
                                answer.partitions()
                                        .add(
                                                new OffsetDeleteResponsePartition()
                                                        .setPartitionIndex(
                                                                partition.partitionIndex())
                                                        .setErrorCode(error.code())));
        return answer;
    }
}
