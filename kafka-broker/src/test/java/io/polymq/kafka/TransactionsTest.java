package io.polymq.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.DescribeTransactionsRequestData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopic;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarker;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarkerTopic;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Transactions request by request, where clients would hide what is answered. */
class TransactionsTest {

    private static final String TOPIC = "t";

    private TestServer server;
    private RawClient client;

    @BeforeEach
    void start() throws Exception {
        server = new TestServer(0);
        client = new RawClient(server.port());
        Requests.create(client, TOPIC, 2, Map.of());
        Requests.create(client, "in", 1, Map.of());
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        server.close();
    }

    private TransactionScript script(boolean modern) throws Exception {
        return new TransactionScript(server.port(), modern, () -> false);
    }

    private InitProducerIdResponseData init(
            int version, String id, int timeout, long producer, int epoch) throws Exception {
        InitProducerIdRequestData request =
                new InitProducerIdRequestData()
                        .setTransactionalId(id)
                        .setTransactionTimeoutMs(timeout)
                        .setProducerId(producer)
                        .setProducerEpoch((short) epoch);
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (true) {
            InitProducerIdResponseData answer =
                    client.ask(
                            ApiKeys.INIT_PRODUCER_ID,
                            version,
                            request,
                            InitProducerIdResponseData.class);
            if (answer.errorCode() != Errors.COORDINATOR_LOAD_IN_PROGRESS.code()
                    || System.nanoTime() > until) {
                return answer;
            }
        }
    }

    private Errors end(int version, long producer, int epoch, boolean commit) throws Exception {
        return Errors.forCode(
                client.ask(
                                ApiKeys.END_TXN,
                                version,
                                new EndTxnRequestData()
                                        .setTransactionalId(TransactionScript.ID)
                                        .setProducerId(producer)
                                        .setProducerEpoch((short) epoch)
                                        .setCommitted(commit),
                                EndTxnResponseData.class)
                        .errorCode());
    }

    private FetchResponseData.PartitionData fetch(int isolation, long from) throws Exception {
        FetchRequestData request =
                Requests.fetch(0, 1, TOPIC, 0, from).setIsolationLevel((byte) isolation);
        return Requests.fetch(client, request).responses().getFirst().partitions().getFirst();
    }

    private long latest(int isolation) throws Exception {
        ListOffsetsRequestData request =
                new ListOffsetsRequestData()
                        .setReplicaId(-1)
                        .setIsolationLevel((byte) isolation)
                        .setTopics(
                                List.of(
                                        new ListOffsetsTopic()
                                                .setName(TOPIC)
                                                .setPartitions(
                                                        List.of(
                                                                new ListOffsetsPartition()
                                                                        .setTimestamp(-1)))));
        return client.ask(ApiKeys.LIST_OFFSETS, 7, request, ListOffsetsResponseData.class)
                .topics()
                .getFirst()
                .partitions()
                .getFirst()
                .offset();
    }

    private void awaitStable(long offset) throws Exception {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (latest(1) < offset && System.nanoTime() < until) {
            Thread.onSpinWait();
        }
        assertThat(latest(1)).isEqualTo(offset);
    }

    @Test
    void readersOfCommittedRecordsStopAtTheStableOffset() throws Exception {
        try (TransactionScript script = script(true)) {
            script.init();
            script.produce(TOPIC, 0, "open");
            assertThat(latest(0)).isEqualTo(1);
            assertThat(latest(1)).isZero();
            FetchResponseData.PartitionData committed = fetch(1, 0);
            assertThat(committed.records().sizeInBytes()).isZero();
            assertThat(committed.lastStableOffset()).isZero();
            assertThat(committed.highWatermark()).isEqualTo(1);
            assertThat(fetch(0, 0).abortedTransactions()).isNull();
            script.end(true);
            awaitStable(2);
        }
    }

    @Test
    void whatLiesBehindAnOpenTransactionIsCutOff() throws Exception {
        client.ask(
                ApiKeys.PRODUCE,
                9,
                Batches.produce(-1, TOPIC, 0, Batches.of("before")),
                ProduceResponseData.class);
        try (TransactionScript script = script(true)) {
            script.init();
            script.produce(TOPIC, 0, "open");
            client.ask(
                    ApiKeys.PRODUCE,
                    9,
                    Batches.produce(-1, TOPIC, 0, Batches.of("behind")),
                    ProduceResponseData.class);
            assertThat(Batches.values(fetch(1, 0))).containsExactly("before");
            assertThat(Batches.values(fetch(0, 0))).containsExactly("before", "open", "behind");
            script.end(true);
            awaitStable(4);
        }
    }

    @Test
    void abortedTransactionsAreListedAndTheirMarkersHaveOffsets() throws Exception {
        try (TransactionScript script = script(true)) {
            script.init();
            long producer = script.producerId();
            script.produce(TOPIC, 0, "dropped");
            script.end(false);
            awaitStable(2);
            script.produce(TOPIC, 0, "kept");
            script.end(true);
            awaitStable(4);
            FetchResponseData.PartitionData read = fetch(1, 0);
            assertThat(read.abortedTransactions())
                    .singleElement()
                    .satisfies(
                            aborted -> {
                                assertThat(aborted.producerId()).isEqualTo(producer);
                                assertThat(aborted.firstOffset()).isZero();
                            });
            assertThat(((MemoryRecords) read.records()).batches())
                    .extracting(RecordBatch::isControlBatch)
                    .containsExactly(false, true, false, true);
            assertThat(fetch(1, 2).abortedTransactions()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void everyTransactionHasAnEpochOfItsOwnInTheModernWayOnly(boolean modern) throws Exception {
        try (TransactionScript script = script(modern)) {
            script.init();
            int before = script.epoch();
            script.produce(TOPIC, 0, "v");
            script.end(true);
            assertThat(script.epoch() - before).isEqualTo(modern ? 1 : 0);
            script.produce(TOPIC, 0, "v");
            assertThat(script.end(true)).isEqualTo(Errors.NONE);
        }
    }

    @Test
    void theSameEndMayBeAskedForAgainAndTheOtherOneNot() throws Exception {
        try (TransactionScript script = script(true)) {
            script.init();
            long producer = script.producerId();
            int epoch = script.epoch();
            script.produce(TOPIC, 0, "v");
            script.end(true);
            assertThat(end(5, producer, epoch, true)).isEqualTo(Errors.NONE);
            assertThat(end(5, producer, epoch, false)).isEqualTo(Errors.INVALID_TXN_STATE);
        }
    }

    @Test
    void abortingWhatHasNotBegunIsFineInTheModernWayAndCommittingIsNot() throws Exception {
        InitProducerIdResponseData producer = init(5, TransactionScript.ID, 60_000, -1, -1);
        assertThat(end(5, producer.producerId(), 0, true)).isEqualTo(Errors.INVALID_TXN_STATE);
        assertThat(end(3, producer.producerId(), 0, true)).isEqualTo(Errors.INVALID_TXN_STATE);
        assertThat(end(5, producer.producerId(), 0, false)).isEqualTo(Errors.NONE);
    }

    @Test
    void anOldEpochHasTheNameThatTheVersionKnows() throws Exception {
        InitProducerIdResponseData old = init(5, TransactionScript.ID, 60_000, -1, -1);
        InitProducerIdResponseData young = init(5, TransactionScript.ID, 60_000, -1, -1);
        assertThat(young.producerId()).isEqualTo(old.producerId());
        assertThat(young.producerEpoch()).isEqualTo((short) 1);
        assertThat(end(1, old.producerId(), 0, true)).isEqualTo(Errors.INVALID_PRODUCER_EPOCH);
        assertThat(end(3, old.producerId(), 0, true)).isEqualTo(Errors.PRODUCER_FENCED);
        assertThat(init(3, TransactionScript.ID, 60_000, old.producerId() + 999, 0).errorCode())
                .isEqualTo(Errors.INVALID_PRODUCER_EPOCH.code());
        assertThat(init(4, TransactionScript.ID, 60_000, old.producerId() + 999, 0).errorCode())
                .isEqualTo(Errors.PRODUCER_FENCED.code());
    }

    @Test
    void aProducerGoesOnUnderTheNextEpochAndMayAskForItTwice() throws Exception {
        InitProducerIdResponseData first = init(5, TransactionScript.ID, 60_000, -1, -1);
        long id = first.producerId();
        assertThat(init(5, TransactionScript.ID, 60_000, id, 0).producerEpoch())
                .isEqualTo((short) 1);
        assertThat(init(5, TransactionScript.ID, 60_000, id, 0).producerEpoch())
                .isEqualTo((short) 1);
        assertThat(init(5, TransactionScript.ID, 60_000, id, 1).producerEpoch())
                .isEqualTo((short) 2);
        assertThat(init(5, TransactionScript.ID, 60_000, id, 0).errorCode())
                .isEqualTo(Errors.PRODUCER_FENCED.code());
    }

    @Test
    void aTimeoutBeyondTheLimitIsRefused() throws Exception {
        assertThat(init(5, TransactionScript.ID, 900_001, -1, -1).errorCode())
                .isEqualTo(Errors.INVALID_TRANSACTION_TIMEOUT.code());
        assertThat(init(5, TransactionScript.ID, 0, -1, -1).errorCode())
                .isEqualTo(Errors.INVALID_TRANSACTION_TIMEOUT.code());
        assertThat(init(5, "", 1000, -1, -1).errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
    }

    @Test
    void takingOverAnIdAbortsWhatIsOpenInOneRequest() throws Exception {
        try (TransactionScript script = script(true)) {
            script.init();
            script.produce(TOPIC, 0, "zombie");
            script.produce(TOPIC, 1, "zombie");
            script.commitOffset("in", 3);
            InitProducerIdResponseData heir = init(5, TransactionScript.ID, 60_000, -1, -1);
            assertThat(heir.errorCode()).isZero();
            assertThat(heir.producerEpoch()).isGreaterThan(script.epoch());
            assertThat(latest(1)).isEqualTo(2);
            assertThat(script.committedOffset("in")).isEqualTo(-1);
            assertThat(script.tryProduce(TOPIC, 0, "late"))
                    .isEqualTo(Errors.INVALID_PRODUCER_EPOCH);
            assertThat(script.tryCommitOffset("in", 4)).isEqualTo(Errors.INVALID_PRODUCER_EPOCH);
            assertThat(script.end(true)).isEqualTo(Errors.PRODUCER_FENCED);
        }
    }

    @Test
    void pendingOffsetsAreSeenWhenTheyAreCommitted() throws Exception {
        try (TransactionScript script = script(true)) {
            script.init();
            script.commitOffset("in", 5);
            assertThat(offset(true)).isEqualTo(Errors.UNSTABLE_OFFSET_COMMIT);
            assertThat(offset(false)).isEqualTo(Errors.NONE);
            script.end(true);
            assertThat(script.committedOffset("in")).isEqualTo(5);
        }
    }

    private Errors offset(boolean stable) throws Exception {
        OffsetFetchRequestData request =
                new OffsetFetchRequestData()
                        .setGroupId("script-group")
                        .setRequireStable(stable)
                        .setTopics(
                                List.of(
                                        new OffsetFetchRequestTopic()
                                                .setName("in")
                                                .setPartitionIndexes(List.of(0))));
        return Errors.forCode(
                client.ask(ApiKeys.OFFSET_FETCH, 7, request, OffsetFetchResponseData.class)
                        .topics()
                        .getFirst()
                        .partitions()
                        .getFirst()
                        .errorCode());
    }

    @Test
    void aBatchOutsideOfAnyTransactionIsRefusedInTheWordsOfItsVersion() throws Exception {
        InitProducerIdResponseData producer = init(5, TransactionScript.ID, 60_000, -1, -1);
        MemoryRecords batch =
                MemoryRecords.withTransactionalRecords(
                        Compression.NONE,
                        producer.producerId(),
                        producer.producerEpoch(),
                        0,
                        new SimpleRecord("v".getBytes()));
        assertThat(produce(9, TransactionScript.ID, batch)).isEqualTo(Errors.INVALID_TXN_STATE);
        assertThat(produce(9, null, batch)).isEqualTo(Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
        assertThat(produce(12, "another", batch)).isEqualTo(Errors.INVALID_PRODUCER_ID_MAPPING);
        assertThat(latest(0)).isZero();
    }

    private Errors produce(int version, String id, MemoryRecords batch) throws Exception {
        return Errors.forCode(
                client.ask(
                                ApiKeys.PRODUCE,
                                version,
                                Batches.produce(-1, TOPIC, 0, batch).setTransactionalId(id),
                                ProduceResponseData.class)
                        .responses()
                        .iterator()
                        .next()
                        .partitionResponses()
                        .getFirst()
                        .errorCode());
    }

    @Test
    void partitionsAreVerifiedForOtherBrokers() throws Exception {
        try (TransactionScript script = script(true)) {
            script.init();
            script.produce(TOPIC, 0, "v");
            AddPartitionsToTxnRequestData request = new AddPartitionsToTxnRequestData();
            AddPartitionsToTxnTransaction transaction =
                    new AddPartitionsToTxnTransaction()
                            .setTransactionalId(TransactionScript.ID)
                            .setProducerId(script.producerId())
                            .setProducerEpoch(script.epoch())
                            .setVerifyOnly(true);
            transaction
                    .topics()
                    .add(new AddPartitionsToTxnTopic().setName(TOPIC).setPartitions(List.of(0, 1)));
            request.transactions().add(transaction);
            var results =
                    client.ask(
                                    ApiKeys.ADD_PARTITIONS_TO_TXN,
                                    5,
                                    request,
                                    AddPartitionsToTxnResponseData.class)
                            .resultsByTransaction()
                            .find(TransactionScript.ID)
                            .topicResults()
                            .find(TOPIC)
                            .resultsByPartition();
            assertThat(results.find(0).partitionErrorCode()).isZero();
            assertThat(results.find(1).partitionErrorCode())
                    .isEqualTo(Errors.TRANSACTION_ABORTABLE.code());
        }
    }

    @Test
    void oneUnknownPartitionKeepsAllFromBeingAdded() throws Exception {
        InitProducerIdResponseData producer = init(5, TransactionScript.ID, 60_000, -1, -1);
        AddPartitionsToTxnRequestData request =
                new AddPartitionsToTxnRequestData()
                        .setV3AndBelowTransactionalId(TransactionScript.ID)
                        .setV3AndBelowProducerId(producer.producerId())
                        .setV3AndBelowProducerEpoch(producer.producerEpoch());
        request.v3AndBelowTopics()
                .add(new AddPartitionsToTxnTopic().setName(TOPIC).setPartitions(List.of(0, 7)));
        var results =
                client.ask(
                                ApiKeys.ADD_PARTITIONS_TO_TXN,
                                3,
                                request,
                                AddPartitionsToTxnResponseData.class)
                        .resultsByTopicV3AndBelow()
                        .find(TOPIC)
                        .resultsByPartition();
        assertThat(results.find(0).partitionErrorCode())
                .isEqualTo(Errors.OPERATION_NOT_ATTEMPTED.code());
        assertThat(results.find(7).partitionErrorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    }

    @Test
    void anOperatorMayEndATransactionByItsMarker() throws Exception {
        try (TransactionScript script = script(true)) {
            script.init();
            script.produce(TOPIC, 0, "hanging");
            WriteTxnMarkersRequestData request =
                    new WriteTxnMarkersRequestData()
                            .setMarkers(
                                    List.of(
                                            new WritableTxnMarker()
                                                    .setProducerId(script.producerId())
                                                    .setProducerEpoch(script.epoch())
                                                    .setCoordinatorEpoch(0)
                                                    .setTransactionResult(false)
                                                    .setTopics(
                                                            List.of(
                                                                    new WritableTxnMarkerTopic()
                                                                            .setName(TOPIC)
                                                                            .setPartitionIndexes(
                                                                                    List.of(0))))));
            assertThat(
                            client.ask(
                                            ApiKeys.WRITE_TXN_MARKERS,
                                            1,
                                            request,
                                            WriteTxnMarkersResponseData.class)
                                    .markers()
                                    .getFirst()
                                    .topics()
                                    .getFirst()
                                    .partitions()
                                    .getFirst()
                                    .errorCode())
                    .isZero();
            awaitStable(2);
        }
    }

    @Test
    void anUnknownIdIsNotDescribed() throws Exception {
        init(5, TransactionScript.ID, 60_000, -1, -1);
        DescribeTransactionsResponseData answer =
                client.ask(
                        ApiKeys.DESCRIBE_TRANSACTIONS,
                        0,
                        new DescribeTransactionsRequestData()
                                .setTransactionalIds(List.of("nobody", TransactionScript.ID)),
                        DescribeTransactionsResponseData.class);
        assertThat(answer.transactionStates().getFirst().errorCode())
                .isEqualTo(Errors.TRANSACTIONAL_ID_NOT_FOUND.code());
        assertThat(answer.transactionStates().getLast().transactionState()).isEqualTo("Empty");
    }

    @Test
    void clientsAreToldToWorkTheModernWay() throws Exception {
        ApiVersionsResponseData answer =
                client.ask(
                        ApiKeys.API_VERSIONS,
                        4,
                        new ApiVersionsRequestData()
                                .setClientSoftwareName("test")
                                .setClientSoftwareVersion("1"),
                        ApiVersionsResponseData.class);
        assertThat(answer.finalizedFeatures().find("transaction.version").maxVersionLevel())
                .isEqualTo((short) 2);
        assertThat(answer.apiKeys().find(ApiKeys.PRODUCE.id).minVersion()).isZero();
    }
}
