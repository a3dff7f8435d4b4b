package io.polymq.kafka.produce;

import io.polymq.core.security.Security.Action;
import io.polymq.kafka.Access;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.topic.KafkaTopic;
import io.polymq.kafka.topic.TopicCatalog;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeProducersRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeProducersResponseData;
import org.apache.kafka.common.message.DescribeProducersResponseData.PartitionResponse;
import org.apache.kafka.common.message.DescribeProducersResponseData.TopicResponse;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** Serves InitProducerId and DescribeProducers. Connection zone. */
public final class ProducerIdsHandler {

    private final ProducerIds ids;
    private final TopicCatalog catalog;
    private final Access access;

    public ProducerIdsHandler(ProducerIds ids, TopicCatalog catalog, Access access) {
        this.ids = ids;
        this.catalog = catalog;
        this.access = access;
    }

    public void initProducerId(Exchange exchange) {
        InitProducerIdRequestData request = exchange.body(InitProducerIdRequestData.class);
        String transactionalId = request.transactionalId();
        if (transactionalId != null) {
            refuse(
                    exchange,
                    transactionalId.isEmpty()
                            ? Errors.INVALID_REQUEST
                            : Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
            return;
        }
        ids.next()
                .whenComplete(
                        (id, failure) -> {
                            if (failure != null) {
                                refuse(exchange, Errors.COORDINATOR_NOT_AVAILABLE);
                            } else {
                                exchange.respond(
                                        new InitProducerIdResponseData()
                                                .setProducerId(id)
                                                .setProducerEpoch((short) 0));
                            }
                        });
    }

    private static void refuse(Exchange exchange, Errors error) {
        exchange.respond(
                new InitProducerIdResponseData()
                        .setErrorCode(error.code())
                        .setProducerId(-1)
                        .setProducerEpoch((short) -1));
    }

    public void describeProducers(Exchange exchange) {
        DescribeProducersRequestData request = exchange.body(DescribeProducersRequestData.class);
        DescribeProducersResponseData response = new DescribeProducersResponseData();
        for (TopicRequest asked : request.topics()) {
            TopicResponse topic = new TopicResponse().setName(asked.name());
            response.topics().add(topic);
            KafkaTopic found = catalog.find(exchange.client().tenant(), asked.name());
            for (int partition : asked.partitionIndexes()) {
                topic.partitions().add(describe(exchange, asked.name(), found, partition));
            }
        }
        exchange.respond(response);
    }

    private PartitionResponse describe(
            Exchange exchange, String name, @Nullable KafkaTopic topic, int partition) {
        PartitionResponse answer = new PartitionResponse().setPartitionIndex(partition);
        if (!access.topic(exchange.client(), Action.READ, name)) {
            return answer.setErrorCode(Errors.TOPIC_AUTHORIZATION_FAILED.code());
        }
        if (topic == null || !topic.hasPartition(partition)) {
            return answer.setErrorCode(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        }
        for (ProducerState state : topic.producers().partition(partition).list()) {
            answer.activeProducers()
                    .add(
                            new DescribeProducersResponseData.ProducerState()
                                    .setProducerId(state.id())
                                    .setProducerEpoch(state.epoch())
                                    .setLastSequence(state.lastSequence())
                                    .setLastTimestamp(state.lastUsed())
                                    .setCoordinatorEpoch(-1)
                                    .setCurrentTxnStartOffset(-1));
        }
        return answer;
    }
}
