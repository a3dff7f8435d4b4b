package io.polymq.kafka.txn;

import io.polymq.core.security.Security.Action;
import io.polymq.kafka.Access;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.Futures;
import io.polymq.kafka.KafkaErrors;
import io.polymq.kafka.produce.EndOfTransaction;
import io.polymq.kafka.topic.KafkaTopic;
import io.polymq.kafka.topic.TopicCatalog;
import io.polymq.kafka.txn.TransactionCoordinator.Producer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnPartitionResult;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnResult;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnTopicResult;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarker;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarkerTopic;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData.WritableTxnMarkerPartitionResult;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData.WritableTxnMarkerResult;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData.WritableTxnMarkerTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** Serves AddPartitionsToTxn and WriteTxnMarkers. Connection zone; answers come from anywhere. */
public final class PartitionsOfTransactionsHandler {

    /** From here on several transactions come in one request, from brokers alone. */
    private static final short FIRST_BATCHED = 4;

    private static final short FIRST_WITH_FENCED = 2;

    private final TransactionCoordinator coordinator;
    private final TopicCatalog catalog;
    private final Access access;

    public PartitionsOfTransactionsHandler(
            TransactionCoordinator coordinator, TopicCatalog catalog, Access access) {
        this.coordinator = coordinator;
        this.catalog = catalog;
        this.access = access;
    }

    public void addPartitions(Exchange exchange) {
        AddPartitionsToTxnRequestData request = exchange.body(AddPartitionsToTxnRequestData.class);
        AddPartitionsToTxnResponseData response = new AddPartitionsToTxnResponseData();
        if (exchange.version() < FIRST_BATCHED) {
            AddPartitionsToTxnTransaction only =
                    new AddPartitionsToTxnTransaction()
                            .setTransactionalId(request.v3AndBelowTransactionalId())
                            .setProducerId(request.v3AndBelowProducerId())
                            .setProducerEpoch(request.v3AndBelowProducerEpoch())
                            .setTopics(request.v3AndBelowTopics());
            new Addition(exchange, only)
                    .begin()
                    .thenAccept(
                            results -> {
                                response.resultsByTopicV3AndBelow()
                                        .addAll(List.copyOf(results.values()));
                                exchange.respond(response);
                            });
            return;
        }
        if (!access.cluster(exchange.client(), Action.CLUSTER_ACTION)) {
            exchange.respond(response.setErrorCode(Errors.CLUSTER_AUTHORIZATION_FAILED.code()));
            return;
        }
        List<CompletableFuture<?>> open = new ArrayList<>();
        for (AddPartitionsToTxnTransaction transaction : request.transactions()) {
            AddPartitionsToTxnResult result =
                    new AddPartitionsToTxnResult()
                            .setTransactionalId(transaction.transactionalId());
            response.resultsByTransaction().add(result);
            open.add(
                    new Addition(exchange, transaction)
                            .begin()
                            .thenAccept(
                                    results ->
                                            result.topicResults()
                                                    .addAll(List.copyOf(results.values()))));
        }
        Futures.whenAll(exchange, open, () -> exchange.respond(response));
    }

    /** Partitions that are to be added to one transaction, or to be found in it. */
    private final class Addition {
        private final Exchange exchange;
        private final AddPartitionsToTxnTransaction asked;
        private final Map<String, AddPartitionsToTxnTopicResult> results = new LinkedHashMap<>();
        private final Map<Participant, AddPartitionsToTxnPartitionResult> known =
                new LinkedHashMap<>();
        private boolean refused;

        Addition(Exchange exchange, AddPartitionsToTxnTransaction asked) {
            this.exchange = exchange;
            this.asked = asked;
        }

        CompletableFuture<Map<String, AddPartitionsToTxnTopicResult>> begin() {
            String id = asked.transactionalId();
            Errors error =
                    id.isEmpty()
                            ? Errors.INVALID_REQUEST
                            : access.mayTransact(exchange.client(), id)
                                    ? Errors.NONE
                                    : Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
            asked.topics().forEach(topic -> sort(topic, error));
            if (refused || known.isEmpty()) {
                put(Errors.OPERATION_NOT_ATTEMPTED);
                return CompletableFuture.completedFuture(results);
            }
            Producer producer =
                    new Producer(
                            new TransactionKey(exchange.client().tenant(), id),
                            asked.producerId(),
                            asked.producerEpoch());
            CompletableFuture<Map<String, AddPartitionsToTxnTopicResult>> done =
                    new CompletableFuture<>();
            if (asked.verifyOnly()) {
                coordinator.verify(
                        producer,
                        (outcome, taking) -> {
                            verified(outcome, taking);
                            done.complete(results);
                        });
            } else {
                coordinator.join(
                        producer,
                        new HashSet<>(known.keySet()),
                        outcome -> {
                            put(TransactionsHandler.fenced(exchange, outcome, FIRST_WITH_FENCED));
                            done.complete(results);
                        });
            }
            return done;
        }

        private void sort(AddPartitionsToTxnTopic topic, Errors refusal) {
            AddPartitionsToTxnTopicResult result =
                    new AddPartitionsToTxnTopicResult().setName(topic.name());
            results.put(topic.name(), result);
            KafkaTopic found = catalog.find(exchange.client().tenant(), topic.name());
            for (int number : topic.partitions()) {
                AddPartitionsToTxnPartitionResult answer =
                        new AddPartitionsToTxnPartitionResult().setPartitionIndex(number);
                result.resultsByPartition().add(answer);
                Errors error =
                        refusal != Errors.NONE ? refusal : error(topic.name(), found, number);
                if (error != Errors.NONE || found == null) {
                    refused = true;
                    answer.setPartitionErrorCode(error.code());
                } else {
                    known.put(new Participant.Partition(found.topic().id(), number), answer);
                }
            }
        }

        private Errors error(String name, @Nullable KafkaTopic found, int number) {
            if (!access.mayWrite(exchange.client(), name)) {
                return Errors.TOPIC_AUTHORIZATION_FAILED;
            }
            return found == null || !found.hasPartition(number)
                    ? Errors.UNKNOWN_TOPIC_OR_PARTITION
                    : Errors.NONE;
        }

        private void put(Errors error) {
            known.values().forEach(answer -> answer.setPartitionErrorCode(error.code()));
        }

        private void verified(Errors outcome, Set<Participant> taking) {
            if (outcome != Errors.NONE) {
                put(outcome);
                return;
            }
            known.forEach(
                    (participant, answer) ->
                            answer.setPartitionErrorCode(
                                    taking.contains(participant)
                                            ? Errors.NONE.code()
                                            : Errors.TRANSACTION_ABORTABLE.code()));
        }
    }

    /** For operators, who end a transaction that its coordinator has lost. */
    public void writeMarkers(Exchange exchange) {
        WriteTxnMarkersRequestData request = exchange.body(WriteTxnMarkersRequestData.class);
        WriteTxnMarkersResponseData response = new WriteTxnMarkersResponseData();
        boolean allowed = access.cluster(exchange.client(), Action.CLUSTER_ACTION);
        List<CompletableFuture<?>> open = new ArrayList<>();
        for (WritableTxnMarker marker : request.markers()) {
            WritableTxnMarkerResult result =
                    new WritableTxnMarkerResult().setProducerId(marker.producerId());
            response.markers().add(result);
            for (WritableTxnMarkerTopic topic : marker.topics()) {
                WritableTxnMarkerTopicResult of =
                        new WritableTxnMarkerTopicResult().setName(topic.name());
                result.topics().add(of);
                for (int number : topic.partitionIndexes()) {
                    WritableTxnMarkerPartitionResult answer =
                            new WritableTxnMarkerPartitionResult().setPartitionIndex(number);
                    of.partitions().add(answer);
                    if (allowed) {
                        open.add(
                                write(exchange, marker, topic.name(), number)
                                        .thenAccept(error -> answer.setErrorCode(error.code())));
                    } else {
                        answer.setErrorCode(Errors.CLUSTER_AUTHORIZATION_FAILED.code());
                    }
                }
            }
        }
        Futures.whenAll(exchange, open, () -> exchange.respond(response));
    }

    private CompletableFuture<Errors> write(
            Exchange exchange, WritableTxnMarker marker, String name, int number) {
        KafkaTopic topic = catalog.find(exchange.client().tenant(), name);
        if (topic == null || !topic.hasPartition(number)) {
            return CompletableFuture.completedFuture(Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
        EndOfTransaction end =
                new EndOfTransaction(
                        marker.producerId(),
                        marker.producerEpoch(),
                        marker.coordinatorEpoch(),
                        marker.transactionResult());
        return topic.producers()
                .partition(number)
                .end(topic.topic(), end)
                .handle((_, failure) -> failure == null ? Errors.NONE : KafkaErrors.of(failure));
    }
}
