package io.polymq.kafka.group;

import io.polymq.core.security.Security.Action;
import io.polymq.kafka.Access;
import io.polymq.kafka.Client;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.Futures;
import io.polymq.kafka.KafkaErrors;
import io.polymq.kafka.topic.AuthorizedOperations;
import io.polymq.kafka.topic.KafkaTopic;
import io.polymq.kafka.topic.TopicCatalog;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.AlterShareGroupOffsetsRequestData;
import org.apache.kafka.common.message.AlterShareGroupOffsetsRequestData.AlterShareGroupOffsetsRequestTopic;
import org.apache.kafka.common.message.AlterShareGroupOffsetsRequestData.AlterShareGroupOffsetsRequestTopicCollection;
import org.apache.kafka.common.message.AlterShareGroupOffsetsResponseData;
import org.apache.kafka.common.message.AlterShareGroupOffsetsResponseData.AlterShareGroupOffsetsResponsePartition;
import org.apache.kafka.common.message.AlterShareGroupOffsetsResponseData.AlterShareGroupOffsetsResponseTopic;
import org.apache.kafka.common.message.DeleteShareGroupOffsetsRequestData;
import org.apache.kafka.common.message.DeleteShareGroupOffsetsRequestData.DeleteShareGroupOffsetsRequestTopic;
import org.apache.kafka.common.message.DeleteShareGroupOffsetsResponseData;
import org.apache.kafka.common.message.DeleteShareGroupOffsetsResponseData.DeleteShareGroupOffsetsResponseTopic;
import org.apache.kafka.common.message.DescribeShareGroupOffsetsRequestData;
import org.apache.kafka.common.message.DescribeShareGroupOffsetsRequestData.DescribeShareGroupOffsetsRequestGroup;
import org.apache.kafka.common.message.DescribeShareGroupOffsetsRequestData.DescribeShareGroupOffsetsRequestTopic;
import org.apache.kafka.common.message.DescribeShareGroupOffsetsResponseData;
import org.apache.kafka.common.message.DescribeShareGroupOffsetsResponseData.DescribeShareGroupOffsetsResponseGroup;
import org.apache.kafka.common.message.DescribeShareGroupOffsetsResponseData.DescribeShareGroupOffsetsResponsePartition;
import org.apache.kafka.common.message.DescribeShareGroupOffsetsResponseData.DescribeShareGroupOffsetsResponseTopic;
import org.apache.kafka.common.message.ShareGroupDescribeRequestData;
import org.apache.kafka.common.message.ShareGroupDescribeResponseData;
import org.apache.kafka.common.message.ShareGroupDescribeResponseData.DescribedGroup;
import org.apache.kafka.common.message.ShareGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ShareGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;

/** Serves membership and offsets of share groups (KIP-932), which the coordinator keeps. */
public final class ShareGroupHandler {

    private final GroupService groups;
    private final TopicCatalog catalog;
    private final Access access;

    public ShareGroupHandler(GroupService groups, TopicCatalog catalog, Access access) {
        this.groups = groups;
        this.catalog = catalog;
        this.access = access;
    }

    public void heartbeat(Exchange exchange) {
        ShareGroupHeartbeatRequestData request =
                exchange.body(ShareGroupHeartbeatRequestData.class);
        Client client = exchange.client();
        if (!access.group(client, Action.READ, request.groupId())) {
            exchange.respond(heartbeat(Errors.GROUP_AUTHORIZATION_FAILED));
            return;
        }
        List<String> topics = request.subscribedTopicNames();
        if (topics != null
                && !topics.stream()
                        .allMatch(topic -> access.topic(client, Action.DESCRIBE, topic))) {
            exchange.respond(heartbeat(Errors.TOPIC_AUTHORIZATION_FAILED));
            return;
        }
        groups.ask(
                exchange,
                (coordinator, context) -> coordinator.shareGroupHeartbeat(context, request),
                response -> response,
                ShareGroupHandler::heartbeat);
    }

    private static ShareGroupHeartbeatResponseData heartbeat(Errors error) {
        return new ShareGroupHeartbeatResponseData().setErrorCode(error.code());
    }

    public void describe(Exchange exchange) {
        ShareGroupDescribeRequestData request = exchange.body(ShareGroupDescribeRequestData.class);
        ShareGroupDescribeResponseData response = new ShareGroupDescribeResponseData();
        List<String> mine = new ArrayList<>();
        for (String id : request.groupIds()) {
            if (access.group(exchange.client(), Action.DESCRIBE, id)) {
                mine.add(id);
            } else {
                response.groups().add(refused(id, Errors.GROUP_AUTHORIZATION_FAILED));
            }
        }
        groups.ask(
                exchange,
                (coordinator, context) -> coordinator.shareGroupDescribe(context, mine),
                (described, error) -> {
                    if (described == null) {
                        mine.forEach(id -> response.groups().add(refused(id, error)));
                    } else {
                        described.forEach(group -> response.groups().add(visible(exchange, group)));
                    }
                    if (request.includeAuthorizedOperations()) {
                        for (DescribedGroup group : response.groups()) {
                            group.setAuthorizedOperations(
                                    AuthorizedOperations.group(
                                            access, exchange.client(), group.groupId()));
                        }
                    }
                    exchange.respond(response);
                });
    }

    private static DescribedGroup refused(String id, Errors error) {
        return new DescribedGroup().setGroupId(id).setErrorCode(error.code());
    }

    /** A group is only told to those who may see all topics that it works on. */
    private DescribedGroup visible(Exchange exchange, DescribedGroup group) {
        boolean all =
                group.members().stream()
                        .flatMap(member -> member.assignment().topicPartitions().stream())
                        .map(ShareGroupDescribeResponseData.TopicPartitions::topicName)
                        .distinct()
                        .allMatch(topic -> access.topic(exchange.client(), Action.DESCRIBE, topic));
        return all
                ? group
                : refused(group.groupId(), Errors.TOPIC_AUTHORIZATION_FAILED)
                        .setErrorMessage(
                                "The group has described topic(s) that the client is not"
                                        + " authorized to describe.");
    }

    // Offsets.

    public void describeOffsets(Exchange exchange) {
        DescribeShareGroupOffsetsRequestData request =
                exchange.body(DescribeShareGroupOffsetsRequestData.class);
        List<CompletableFuture<DescribeShareGroupOffsetsResponseGroup>> answers = new ArrayList<>();
        for (DescribeShareGroupOffsetsRequestGroup group : request.groups()) {
            answers.add(describeOffsets(exchange, group));
        }
        Futures.whenAll(
                exchange,
                answers,
                () -> {
                    DescribeShareGroupOffsetsResponseData response =
                            new DescribeShareGroupOffsetsResponseData();
                    answers.forEach(answer -> response.groups().add(answer.join()));
                    exchange.respond(response);
                });
    }

    private CompletableFuture<DescribeShareGroupOffsetsResponseGroup> describeOffsets(
            Exchange exchange, DescribeShareGroupOffsetsRequestGroup asked) {
        DescribeShareGroupOffsetsResponseGroup refused =
                new DescribeShareGroupOffsetsResponseGroup().setGroupId(asked.groupId());
        if (!access.group(exchange.client(), Action.DESCRIBE, asked.groupId())) {
            Errors error = Errors.GROUP_AUTHORIZATION_FAILED;
            return CompletableFuture.completedFuture(
                    refused.setErrorCode(error.code()).setErrorMessage(error.message()));
        }
        List<DescribeShareGroupOffsetsRequestTopic> topics = asked.topics();
        List<DescribeShareGroupOffsetsResponseTopic> hidden = new ArrayList<>();
        DescribeShareGroupOffsetsRequestGroup mine = asked;
        if (topics != null) {
            List<DescribeShareGroupOffsetsRequestTopic> known = new ArrayList<>();
            for (DescribeShareGroupOffsetsRequestTopic topic : topics) {
                if (access.topic(exchange.client(), Action.DESCRIBE, topic.topicName())) {
                    known.add(topic);
                } else {
                    hidden.add(hidden(topic));
                }
            }
            mine = asked.duplicate().setTopics(known);
        }
        DescribeShareGroupOffsetsRequestGroup ask = mine;
        return groups.of(exchange.client().tenant())
                .thenCompose(
                        found ->
                                topics == null
                                        ? found.coordinator()
                                                .describeShareGroupAllOffsets(
                                                        new RequestContext(exchange), ask)
                                        : found.coordinator()
                                                .describeShareGroupOffsets(
                                                        new RequestContext(exchange), ask))
                .thenApply(answer -> visible(exchange, answer, hidden))
                .exceptionally(
                        failure -> {
                            Errors error = KafkaErrors.of(failure);
                            return refused.setErrorCode(error.code())
                                    .setErrorMessage(error.message());
                        });
    }

    private static DescribeShareGroupOffsetsResponseTopic hidden(
            DescribeShareGroupOffsetsRequestTopic topic) {
        Errors error = Errors.TOPIC_AUTHORIZATION_FAILED;
        DescribeShareGroupOffsetsResponseTopic answer =
                new DescribeShareGroupOffsetsResponseTopic().setTopicName(topic.topicName());
        for (int partition : topic.partitions()) {
            answer.partitions()
                    .add(
                            new DescribeShareGroupOffsetsResponsePartition()
                                    .setPartitionIndex(partition)
                                    .setStartOffset(-1)
                                    .setErrorCode(error.code())
                                    .setErrorMessage(error.message()));
        }
        return answer;
    }

    private DescribeShareGroupOffsetsResponseGroup visible(
            Exchange exchange,
            DescribeShareGroupOffsetsResponseGroup group,
            List<DescribeShareGroupOffsetsResponseTopic> hidden) {
        if (group.errorCode() != Errors.NONE.code()) {
            return group;
        }
        List<DescribeShareGroupOffsetsResponseTopic> topics = new ArrayList<>(hidden);
        for (DescribeShareGroupOffsetsResponseTopic topic : group.topics()) {
            if (access.topic(exchange.client(), Action.DESCRIBE, topic.topicName())) {
                topics.add(topic);
            }
        }
        return group.setTopics(topics);
    }

    public void alterOffsets(Exchange exchange) {
        AlterShareGroupOffsetsRequestData request =
                exchange.body(AlterShareGroupOffsetsRequestData.class);
        if (!access.group(exchange.client(), Action.READ, request.groupId())) {
            exchange.respond(altered(Errors.GROUP_AUTHORIZATION_FAILED));
            return;
        }
        List<AlterShareGroupOffsetsResponseTopic> refused = new ArrayList<>();
        AlterShareGroupOffsetsRequestTopicCollection mine =
                new AlterShareGroupOffsetsRequestTopicCollection();
        for (AlterShareGroupOffsetsRequestTopic topic : request.topics()) {
            Errors error = topicError(exchange, topic.topicName());
            if (error == Errors.NONE) {
                mine.add(topic.duplicate());
            } else {
                refused.add(refused(exchange, topic, error));
            }
        }
        AlterShareGroupOffsetsRequestData forward =
                new AlterShareGroupOffsetsRequestData()
                        .setGroupId(request.groupId())
                        .setTopics(mine);
        groups.ask(
                exchange,
                (coordinator, context) ->
                        coordinator.alterShareGroupOffsets(context, request.groupId(), forward),
                response -> {
                    if (response.errorCode() == Errors.NONE.code()) {
                        refused.forEach(topic -> response.responses().add(topic));
                    }
                    return response;
                },
                ShareGroupHandler::altered);
    }

    private static AlterShareGroupOffsetsResponseData altered(Errors error) {
        return new AlterShareGroupOffsetsResponseData()
                .setErrorCode(error.code())
                .setErrorMessage(error.message());
    }

    private Errors topicError(Exchange exchange, String topic) {
        if (!access.mayRead(exchange.client(), topic)) {
            return Errors.TOPIC_AUTHORIZATION_FAILED;
        }
        return catalog.find(exchange.client().tenant(), topic) == null
                ? Errors.UNKNOWN_TOPIC_OR_PARTITION
                : Errors.NONE;
    }

    private AlterShareGroupOffsetsResponseTopic refused(
            Exchange exchange, AlterShareGroupOffsetsRequestTopic topic, Errors error) {
        AlterShareGroupOffsetsResponseTopic answer =
                new AlterShareGroupOffsetsResponseTopic()
                        .setTopicName(topic.topicName())
                        .setTopicId(id(exchange, topic.topicName()));
        topic.partitions()
                .forEach(
                        partition ->
                                answer.partitions()
                                        .add(
                                                new AlterShareGroupOffsetsResponsePartition()
                                                        .setPartitionIndex(
                                                                partition.partitionIndex())
                                                        .setErrorCode(error.code())
                                                        .setErrorMessage(error.message())));
        return answer;
    }

    private Uuid id(Exchange exchange, String name) {
        KafkaTopic topic = catalog.find(exchange.client().tenant(), name);
        return topic == null ? Uuid.ZERO_UUID : topic.id();
    }

    public void deleteOffsets(Exchange exchange) {
        DeleteShareGroupOffsetsRequestData request =
                exchange.body(DeleteShareGroupOffsetsRequestData.class);
        if (!access.group(exchange.client(), Action.DELETE, request.groupId())) {
            exchange.respond(deleted(Errors.GROUP_AUTHORIZATION_FAILED));
            return;
        }
        List<DeleteShareGroupOffsetsResponseTopic> refused = new ArrayList<>();
        List<DeleteShareGroupOffsetsRequestTopic> mine = new ArrayList<>();
        for (DeleteShareGroupOffsetsRequestTopic topic : request.topics()) {
            if (access.mayRead(exchange.client(), topic.topicName())) {
                mine.add(topic);
            } else {
                Errors error = Errors.TOPIC_AUTHORIZATION_FAILED;
                refused.add(
                        new DeleteShareGroupOffsetsResponseTopic()
                                .setTopicName(topic.topicName())
                                .setErrorCode(error.code())
                                .setErrorMessage(error.message()));
            }
        }
        DeleteShareGroupOffsetsRequestData forward = request.duplicate().setTopics(mine);
        groups.ask(
                exchange,
                (coordinator, context) -> coordinator.deleteShareGroupOffsets(context, forward),
                response -> {
                    if (response.errorCode() == Errors.NONE.code()) {
                        List<DeleteShareGroupOffsetsResponseTopic> all =
                                new ArrayList<>(response.responses());
                        all.addAll(refused);
                        response.setResponses(all);
                    }
                    return response;
                },
                ShareGroupHandler::deleted);
    }

    private static DeleteShareGroupOffsetsResponseData deleted(Errors error) {
        return new DeleteShareGroupOffsetsResponseData()
                .setErrorCode(error.code())
                .setErrorMessage(error.message());
    }
}
