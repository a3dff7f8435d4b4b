package io.polymq.kafka;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.AddOffsetsToTxnRequestData;
import org.apache.kafka.common.message.AddOffsetsToTxnResponseData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopic;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/**
 * A transactional producer, request by request: in the way of transaction version 2, where
 * partitions join by being written to and every transaction has an epoch of its own, or in the one
 * before.
 */
final class TransactionScript implements AutoCloseable {

    static final String ID = "script";
    private static final String GROUP = "script-group";
    private static final Set<Errors> LATER =
            Set.of(
                    Errors.COORDINATOR_LOAD_IN_PROGRESS,
                    Errors.CONCURRENT_TRANSACTIONS,
                    Errors.NOT_ENOUGH_REPLICAS,
                    Errors.COORDINATOR_NOT_AVAILABLE,
                    Errors.NOT_COORDINATOR,
                    Errors.UNSTABLE_OFFSET_COMMIT);

    /** The broker is dead. */
    static final class NoAnswer extends Exception {
        private static final long serialVersionUID = 1;
    }

    /** One request and the error in its answer. */
    private interface Question {
        Errors ask() throws IOException, NoAnswer;
    }

    private final RawClient client;
    private final boolean modern;
    private final BooleanSupplier dead;
    private final Map<String, Integer> sequences = new HashMap<>();
    private long producerId = -1;
    private short epoch = -1;

    TransactionScript(int port, boolean modern, BooleanSupplier dead) throws IOException {
        this.client = new RawClient(port);
        this.modern = modern;
        this.dead = dead;
    }

    long producerId() {
        return producerId;
    }

    short epoch() {
        return epoch;
    }

    private <T extends ApiMessage> T ask(
            ApiKeys key, int version, ApiMessage request, Class<T> type)
            throws IOException, NoAnswer {
        client.send(key, version, request);
        client.timeout(100);
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (true) {
            try {
                client.awaitAnswer();
                return type.cast(client.receive(key, version));
            } catch (SocketTimeoutException silence) {
                if (dead.getAsBoolean() || System.nanoTime() > until) {
                    throw new NoAnswer();
                }
            }
        }
    }

    /** Until the answer is more than a plea for patience. */
    private Errors patiently(Question question) throws IOException, NoAnswer {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (true) {
            Errors error = question.ask();
            if (!LATER.contains(error)) {
                return error;
            }
            if (dead.getAsBoolean() || System.nanoTime() > until) {
                throw new NoAnswer();
            }
        }
    }

    private static void must(Errors error) {
        if (error != Errors.NONE) {
            throw new AssertionError(error);
        }
    }

    void init() throws IOException, NoAnswer {
        must(
                patiently(
                        () -> {
                            InitProducerIdResponseData answer =
                                    ask(
                                            ApiKeys.INIT_PRODUCER_ID,
                                            5,
                                            new InitProducerIdRequestData()
                                                    .setTransactionalId(ID)
                                                    .setTransactionTimeoutMs(60_000),
                                            InitProducerIdResponseData.class);
                            producerId = answer.producerId();
                            epoch = answer.producerEpoch();
                            return Errors.forCode(answer.errorCode());
                        }));
        sequences.clear();
    }

    void produce(String topic, int partition, String value) throws IOException, NoAnswer {
        must(tryProduce(topic, partition, value));
    }

    Errors tryProduce(String topic, int partition, String value) throws IOException, NoAnswer {
        if (!modern) {
            Errors joined = patiently(() -> join(topic, partition));
            if (joined != Errors.NONE) {
                return joined;
            }
        }
        String place = topic + "-" + partition;
        int sequence = sequences.getOrDefault(place, 0);
        MemoryRecords batch =
                MemoryRecords.withTransactionalRecords(
                        Compression.NONE,
                        producerId,
                        epoch,
                        sequence,
                        new SimpleRecord(System.currentTimeMillis(), null, value.getBytes()));
        Errors error = patiently(() -> send(topic, partition, batch));
        if (error == Errors.NONE) {
            sequences.put(place, sequence + 1);
        }
        return error;
    }

    private Errors join(String topic, int partition) throws IOException, NoAnswer {
        AddPartitionsToTxnRequestData request =
                new AddPartitionsToTxnRequestData()
                        .setV3AndBelowTransactionalId(ID)
                        .setV3AndBelowProducerId(producerId)
                        .setV3AndBelowProducerEpoch(epoch);
        request.v3AndBelowTopics()
                .add(
                        new AddPartitionsToTxnTopic()
                                .setName(topic)
                                .setPartitions(List.of(partition)));
        return Errors.forCode(
                ask(ApiKeys.ADD_PARTITIONS_TO_TXN, 3, request, AddPartitionsToTxnResponseData.class)
                        .resultsByTopicV3AndBelow()
                        .find(topic)
                        .resultsByPartition()
                        .find(partition)
                        .partitionErrorCode());
    }

    private Errors send(String topic, int partition, MemoryRecords batch)
            throws IOException, NoAnswer {
        return Errors.forCode(
                ask(
                                ApiKeys.PRODUCE,
                                modern ? 12 : 9,
                                Batches.produce(-1, topic, partition, batch).setTransactionalId(ID),
                                ProduceResponseData.class)
                        .responses()
                        .iterator()
                        .next()
                        .partitionResponses()
                        .getFirst()
                        .errorCode());
    }

    void commitOffset(String topic, long offset) throws IOException, NoAnswer {
        must(tryCommitOffset(topic, offset));
    }

    Errors tryCommitOffset(String topic, long offset) throws IOException, NoAnswer {
        if (!modern) {
            Errors joined =
                    patiently(
                            () ->
                                    Errors.forCode(
                                            ask(
                                                            ApiKeys.ADD_OFFSETS_TO_TXN,
                                                            3,
                                                            new AddOffsetsToTxnRequestData()
                                                                    .setTransactionalId(ID)
                                                                    .setGroupId(GROUP)
                                                                    .setProducerId(producerId)
                                                                    .setProducerEpoch(epoch),
                                                            AddOffsetsToTxnResponseData.class)
                                                    .errorCode()));
            if (joined != Errors.NONE) {
                return joined;
            }
        }
        TxnOffsetCommitRequestData request =
                new TxnOffsetCommitRequestData()
                        .setTransactionalId(ID)
                        .setGroupId(GROUP)
                        .setProducerId(producerId)
                        .setProducerEpoch(epoch)
                        .setTopics(
                                List.of(
                                        new TxnOffsetCommitRequestTopic()
                                                .setName(topic)
                                                .setPartitions(
                                                        List.of(
                                                                new TxnOffsetCommitRequestPartition()
                                                                        .setCommittedOffset(
                                                                                offset)))));
        return patiently(
                () ->
                        Errors.forCode(
                                ask(
                                                ApiKeys.TXN_OFFSET_COMMIT,
                                                modern ? 5 : 3,
                                                request,
                                                TxnOffsetCommitResponseData.class)
                                        .topics()
                                        .getFirst()
                                        .partitions()
                                        .getFirst()
                                        .errorCode()));
    }

    Errors end(boolean commit) throws IOException, NoAnswer {
        return patiently(
                () -> {
                    EndTxnResponseData answer =
                            ask(
                                    ApiKeys.END_TXN,
                                    modern ? 5 : 3,
                                    new EndTxnRequestData()
                                            .setTransactionalId(ID)
                                            .setProducerId(producerId)
                                            .setProducerEpoch(epoch)
                                            .setCommitted(commit),
                                    EndTxnResponseData.class);
                    Errors error = Errors.forCode(answer.errorCode());
                    if (modern && error == Errors.NONE) {
                        producerId = answer.producerId();
                        epoch = answer.producerEpoch();
                        sequences.clear();
                    }
                    return error;
                });
    }

    /** The group's offset once nothing is pending; -1 when it has none. */
    long committedOffset(String topic) throws IOException, NoAnswer {
        long[] offset = new long[1];
        OffsetFetchRequestData request =
                new OffsetFetchRequestData()
                        .setGroupId(GROUP)
                        .setRequireStable(true)
                        .setTopics(
                                List.of(
                                        new OffsetFetchRequestTopic()
                                                .setName(topic)
                                                .setPartitionIndexes(List.of(0))));
        must(
                patiently(
                        () -> {
                            OffsetFetchResponseData answer =
                                    ask(
                                            ApiKeys.OFFSET_FETCH,
                                            7,
                                            request,
                                            OffsetFetchResponseData.class);
                            if (answer.errorCode() != 0) {
                                return Errors.forCode(answer.errorCode());
                            }
                            var found = answer.topics().getFirst().partitions().getFirst();
                            offset[0] = found.committedOffset();
                            return Errors.forCode(found.errorCode());
                        }));
        return offset[0];
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}
