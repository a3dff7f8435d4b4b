package io.polymq.kafka.group;

import io.polymq.core.security.Security.Action;
import io.polymq.kafka.Access;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.topic.KafkaTopic;
import io.polymq.kafka.topic.TopicCatalog;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData.TxnOffsetCommitResponsePartition;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData.TxnOffsetCommitResponseTopic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves TxnOffsetCommit. Topics that are not there, or not the client's to use, are answered here;
 * the rest by the coordinator.
 */
public final class TransactionalOffsetsHandler {

    private static final short FIRST_VERSION_BY_ID = 6;

    private final GroupService groups;
    private final TopicCatalog catalog;
    private final Access access;

    public TransactionalOffsetsHandler(GroupService groups, TopicCatalog catalog, Access access) {
        this.groups = groups;
        this.catalog = catalog;
        this.access = access;
    }

    public void commit(Exchange exchange) {
        TxnOffsetCommitRequestData request = exchange.body(TxnOffsetCommitRequestData.class);
        TxnOffsetCommitResponseData response = new TxnOffsetCommitResponseData();
        Errors error =
                !access.mayTransact(exchange.client(), request.transactionalId())
                        ? Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
                        : access.group(exchange.client(), Action.READ, request.groupId())
                                ? Errors.NONE
                                : Errors.GROUP_AUTHORIZATION_FAILED;
        if (error != Errors.NONE) {
            refuse(request.topics(), error, response);
            exchange.respond(response);
            return;
        }
        List<TxnOffsetCommitRequestTopic> known = new ArrayList<>();
        for (TxnOffsetCommitRequestTopic asked : request.topics()) {
            sort(exchange, asked, known, response);
        }
        if (known.isEmpty()) {
            exchange.respond(response);
            return;
        }
        TxnOffsetCommitRequestData forward = request.duplicate().setTopics(known);
        groups.ask(
                exchange,
                (coordinator, context) ->
                        coordinator.commitTransactionalOffsets(
                                context, forward, BufferSupplier.NO_CACHING),
                (result, failure) -> {
                    if (result == null) {
                        refuse(known, failure, response);
                    } else {
                        merge(result, response);
                    }
                    exchange.respond(response);
                });
    }

    private void sort(
            Exchange exchange,
            TxnOffsetCommitRequestTopic asked,
            List<TxnOffsetCommitRequestTopic> known,
            TxnOffsetCommitResponseData response) {
        boolean byId = exchange.version() >= FIRST_VERSION_BY_ID;
        String tenant = exchange.client().tenant();
        KafkaTopic topic =
                byId ? catalog.find(tenant, asked.topicId()) : catalog.find(tenant, asked.name());
        List<TxnOffsetCommitRequestPartition> there = new ArrayList<>();
        for (TxnOffsetCommitRequestPartition partition : asked.partitions()) {
            Errors error = error(exchange, asked, topic, byId, partition.partitionIndex());
            if (error == Errors.NONE) {
                there.add(partition);
            } else {
                into(response, asked.name(), asked.topicId())
                        .partitions()
                        .add(answer(partition.partitionIndex(), error));
            }
        }
        if (topic != null && !there.isEmpty()) {
            known.add(
                    new TxnOffsetCommitRequestTopic()
                            .setName(topic.name())
                            .setTopicId(topic.id())
                            .setPartitions(there));
        }
    }

    private Errors error(
            Exchange exchange,
            TxnOffsetCommitRequestTopic asked,
            @Nullable KafkaTopic topic,
            boolean byId,
            int partition) {
        if (topic == null && byId) {
            return Errors.UNKNOWN_TOPIC_ID;
        }
        if (!access.mayRead(exchange.client(), topic == null ? asked.name() : topic.name())) {
            return Errors.TOPIC_AUTHORIZATION_FAILED;
        }
        return topic == null || !topic.hasPartition(partition)
                ? Errors.UNKNOWN_TOPIC_OR_PARTITION
                : Errors.NONE;
    }

    private static void refuse(
            List<TxnOffsetCommitRequestTopic> topics,
            Errors error,
            TxnOffsetCommitResponseData response) {
        for (TxnOffsetCommitRequestTopic topic : topics) {
            TxnOffsetCommitResponseTopic of = into(response, topic.name(), topic.topicId());
            for (TxnOffsetCommitRequestPartition partition : topic.partitions()) {
                of.partitions().add(answer(partition.partitionIndex(), error));
            }
        }
    }

    private static void merge(
            TxnOffsetCommitResponseData result, TxnOffsetCommitResponseData response) {
        for (TxnOffsetCommitResponseTopic topic : result.topics()) {
            into(response, topic.name(), topic.topicId()).partitions().addAll(topic.partitions());
        }
    }

    private static TxnOffsetCommitResponseTopic into(
            TxnOffsetCommitResponseData response, String name, Uuid id) {
        for (TxnOffsetCommitResponseTopic topic : response.topics()) {
            boolean sameId = !id.equals(Uuid.ZERO_UUID) && topic.topicId().equals(id);
            if (sameId || !name.isEmpty() && topic.name().equals(name)) {
                return topic;
            }
        }
        TxnOffsetCommitResponseTopic topic =
                new TxnOffsetCommitResponseTopic().setName(name).setTopicId(id);
        response.topics().add(topic);
        return topic;
    }

    private static TxnOffsetCommitResponsePartition answer(int partition, Errors error) {
        return new TxnOffsetCommitResponsePartition()
                .setPartitionIndex(partition)
                .setErrorCode(error.code());
    }
}
