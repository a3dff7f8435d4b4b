package io.polymq.kafka.produce;

import io.polymq.core.security.Security.Action;
import io.polymq.kafka.Access;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.Futures;
import io.polymq.kafka.KafkaErrors;
import io.polymq.kafka.topic.KafkaTopic;
import io.polymq.kafka.topic.TopicCatalog;
import io.polymq.storage.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeProducersRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeProducersResponseData;
import org.apache.kafka.common.message.DescribeProducersResponseData.PartitionResponse;
import org.apache.kafka.common.message.DescribeProducersResponseData.TopicResponse;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** Serves DescribeProducers. Connection zone. */
public final class ProducersHandler {

    private final TopicCatalog catalog;
    private final Access access;

    public ProducersHandler(TopicCatalog catalog, Access access) {
        this.catalog = catalog;
        this.access = access;
    }

    public void describeProducers(Exchange exchange) {
        DescribeProducersRequestData request = exchange.body(DescribeProducersRequestData.class);
        DescribeProducersResponseData response = new DescribeProducersResponseData();
        List<CompletableFuture<Void>> open = new ArrayList<>();
        for (TopicRequest asked : request.topics()) {
            TopicResponse topic = new TopicResponse().setName(asked.name());
            response.topics().add(topic);
            KafkaTopic found = catalog.find(exchange.client().tenant(), asked.name());
            for (int partition : asked.partitionIndexes()) {
                PartitionResponse answer = new PartitionResponse().setPartitionIndex(partition);
                topic.partitions().add(answer);
                Errors error = error(exchange, asked.name(), found, partition);
                if (error != Errors.NONE || found == null) {
                    answer.setErrorCode(error.code());
                } else {
                    PartitionProducers producers = found.producers().partition(partition);
                    CompletableFuture<Void> described = new CompletableFuture<>();
                    open.add(described);
                    producers.whenKnown(
                            () -> {
                                describe(producers, answer);
                                described.complete(null);
                            });
                }
            }
        }
        Futures.whenAll(exchange, open, () -> exchange.respond(response));
    }

    private Errors error(
            Exchange exchange, String name, @Nullable KafkaTopic topic, int partition) {
        if (!access.topic(exchange.client(), Action.READ, name)) {
            return Errors.TOPIC_AUTHORIZATION_FAILED;
        }
        return topic == null || !topic.hasPartition(partition)
                ? Errors.UNKNOWN_TOPIC_OR_PARTITION
                : Errors.NONE;
    }

    private static void describe(PartitionProducers producers, PartitionResponse answer) {
        StorageException failure = producers.failure();
        if (failure != null) {
            answer.setErrorCode(KafkaErrors.of(failure).code());
            return;
        }
        for (ProducerState state : producers.list()) {
            answer.activeProducers()
                    .add(
                            new DescribeProducersResponseData.ProducerState()
                                    .setProducerId(state.id())
                                    .setProducerEpoch(state.epoch())
                                    .setLastSequence(state.lastSequence())
                                    .setLastTimestamp(state.lastUsed())
                                    .setCoordinatorEpoch(state.coordinatorEpoch())
                                    .setCurrentTxnStartOffset(producers.transactionFrom(state)));
        }
    }
}
