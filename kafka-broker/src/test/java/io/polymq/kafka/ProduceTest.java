package io.polymq.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.core.topic.TopicSpec;
import io.polymq.storage.ShardSpec;
import java.io.IOException;
import java.util.Map;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ProduceTest {

    private static final int VERSION = 9;
    private static TestServer server;

    private RawClient client;

    @BeforeAll
    static void start() throws IOException {
        server = new TestServer(0);
        try (RawClient client = new RawClient(server.port())) {
            Requests.create(client, "plain", 3, Map.of());
            Requests.create(client, "compacted", 1, Map.of("cleanup.policy", "compact"));
            Requests.create(
                    client, "stamped", 1, Map.of("message.timestamp.type", "LogAppendTime"));
            Requests.create(client, "small", 1, Map.of("max.message.bytes", "200"));
            Requests.create(client, "strict", 1, Map.of("message.timestamp.before.max.ms", "1000"));
            Requests.create(client, "safe", 1, Map.of("min.insync.replicas", "2"));
            Requests.create(client, "zipped", 1, Map.of("compression.type", "gzip"));
        }
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void connect() throws IOException {
        client = new RawClient(server.port());
    }

    @AfterEach
    void disconnect() throws IOException {
        client.close();
    }

    private PartitionProduceResponse produce(
            int acks, String topic, int partition, MemoryRecords batch) throws IOException {
        return client.ask(
                        ApiKeys.PRODUCE,
                        VERSION,
                        Batches.produce(acks, topic, partition, batch),
                        ProduceResponseData.class)
                .responses()
                .iterator()
                .next()
                .partitionResponses()
                .getFirst();
    }

    private void refused(Errors error, int acks, String topic, int partition, MemoryRecords batch)
            throws IOException {
        assertThat(Errors.forCode(produce(acks, topic, partition, batch).errorCode()))
                .isEqualTo(error);
    }

    private InitProducerIdResponseData newProducer() throws IOException {
        return client.ask(
                ApiKeys.INIT_PRODUCER_ID,
                4,
                new InitProducerIdRequestData()
                        .setTransactionalId(null)
                        .setTransactionTimeoutMs(1000),
                InitProducerIdResponseData.class);
    }

    @Test
    void offsetsFollowEachOther() throws IOException {
        long first = produce(-1, "plain", 0, Batches.of("a", "b")).baseOffset();
        assertThat(produce(1, "plain", 0, Batches.of("c")).baseOffset()).isEqualTo(first + 2);
    }

    @Test
    void unknownTopicsAndPartitionsAreRefused() throws IOException {
        refused(Errors.UNKNOWN_TOPIC_OR_PARTITION, 1, "none", 0, Batches.of("a"));
        refused(Errors.UNKNOWN_TOPIC_OR_PARTITION, 1, "plain", 3, Batches.of("a"));
        refused(Errors.UNKNOWN_TOPIC_OR_PARTITION, 1, "plain", -1, Batches.of("a"));
    }

    @Test
    void acksOtherThanZeroOneAndAllAreRefused() throws IOException {
        refused(Errors.INVALID_REQUIRED_ACKS, 2, "plain", 0, Batches.of("a"));
        refused(Errors.INVALID_REQUIRED_ACKS, -2, "plain", 0, Batches.of("a"));
    }

    @Test
    void tooFewReplicasRefuseAcksAllBeforeTheAppend() throws IOException {
        refused(Errors.NOT_ENOUGH_REPLICAS, -1, "safe", 0, Batches.of("a"));
        assertThat(produce(1, "safe", 0, Batches.of("a")).baseOffset()).isZero();
    }

    @Test
    void unacknowledgedProducesAreNotAnsweredAndAppended() throws IOException {
        client.send(ApiKeys.PRODUCE, VERSION, Batches.produce(0, "plain", 1, Batches.of("x")));
        assertThat(produce(1, "plain", 1, Batches.of("y")).baseOffset()).isEqualTo(1);
    }

    @Test
    void anErrorOfAnUnacknowledgedProduceClosesTheConnection() throws IOException {
        client.send(ApiKeys.PRODUCE, VERSION, Batches.produce(0, "none", 0, Batches.of("x")));
        assertThat(client.isClosedByPeer()).isTrue();
    }

    @Test
    void aCompactedTopicTakesNoRecordWithoutKey() throws IOException {
        refused(
                Errors.INVALID_RECORD,
                1,
                "compacted",
                0,
                MemoryRecords.withRecords(Compression.NONE, new SimpleRecord("v".getBytes())));
        assertThat(produce(1, "compacted", 0, Batches.of("v")).errorCode()).isZero();
    }

    /** As a mailbox of mq9: compacted for its own purposes, and there when somebody asks. */
    @Test
    void aTopicThatAnotherProtocolHasOnDemandIsMadeAsThatWantsItAndTakesRecordsWithoutKey()
            throws IOException {
        TopicSpec wanted =
                TopicSpec.of("other.box", 1).withShard(ShardSpec.DEFAULT.withCompaction(true));
        server.topics()
                .reserve("other.", (tenant, name) -> name.equals(wanted.name()) ? wanted : null);
        assertThat(
                        Requests.metadata(client, true, "other.none")
                                .topics()
                                .find("other.none")
                                .errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(Requests.create(client, "other.none", 1, Map.of()))
                .isEqualTo(Errors.INVALID_TOPIC_EXCEPTION.code());
        var found = Requests.metadata(client, false, "other.box").topics().find("other.box");
        assertThat(found.errorCode()).isZero();
        assertThat(found.partitions()).hasSize(1);
        assertThat(
                        produce(
                                        1,
                                        "other.box",
                                        0,
                                        MemoryRecords.withRecords(
                                                Compression.NONE, new SimpleRecord("v".getBytes())))
                                .errorCode())
                .isZero();
    }

    @Test
    void appendTimeIsTold() throws IOException {
        assertThat(produce(1, "stamped", 0, Batches.of("v")).logAppendTimeMs())
                .isCloseTo(
                        System.currentTimeMillis(), org.assertj.core.data.Offset.offset(10_000L));
        assertThat(produce(1, "plain", 0, Batches.of("v")).logAppendTimeMs()).isEqualTo(-1);
    }

    @Test
    void largeBatchesAreRefused() throws IOException {
        refused(Errors.MESSAGE_TOO_LARGE, 1, "small", 0, Batches.of("v".repeat(300)));
    }

    @Test
    void timesTooOldAreRefusedWithTheirIndexes() throws IOException {
        MemoryRecords old =
                MemoryRecords.withRecords(
                        Compression.NONE,
                        new SimpleRecord(System.currentTimeMillis(), "new".getBytes()),
                        new SimpleRecord(1L, "old".getBytes()));
        PartitionProduceResponse response = produce(1, "strict", 0, old);
        assertThat(response.errorCode()).isEqualTo(Errors.INVALID_TIMESTAMP.code());
        assertThat(response.recordErrors()).extracting("batchIndex").containsExactly(1);
    }

    @Test
    void corruptBatchesAreRefusedAndTheConnectionGoesOn() throws IOException {
        MemoryRecords corrupt = Batches.of("v");
        corrupt.buffer().put(65, (byte) 99);
        refused(Errors.CORRUPT_MESSAGE, 1, "plain", 0, corrupt);
        refused(Errors.INVALID_RECORD, 1, "plain", 0, MemoryRecords.EMPTY);
        assertThat(produce(1, "plain", 0, Batches.of("v")).errorCode()).isZero();
    }

    @Test
    void oneBatchSentAgainHasItsFirstOffset() throws IOException {
        long id = newProducer().producerId();
        long first = produce(-1, "plain", 2, Batches.idempotent(id, 0, 0, "a", "b")).baseOffset();
        for (int sequence = 2; sequence < 6; sequence++) {
            produce(-1, "plain", 2, Batches.idempotent(id, 0, sequence, "c"));
        }
        PartitionProduceResponse again =
                produce(-1, "plain", 2, Batches.idempotent(id, 0, 0, "a", "b"));
        assertThat(again.errorCode()).isZero();
        assertThat(again.baseOffset()).isEqualTo(first);
    }

    @Test
    void aGapInSequencesIsRefused() throws IOException {
        long id = newProducer().producerId();
        produce(-1, "plain", 2, Batches.idempotent(id, 0, 0, "a"));
        refused(
                Errors.OUT_OF_ORDER_SEQUENCE_NUMBER,
                -1,
                "plain",
                2,
                Batches.idempotent(id, 0, 2, "a"));
    }

    @Test
    void sequencesWrapToZero() throws IOException {
        long id = newProducer().producerId();
        produce(-1, "plain", 2, Batches.idempotent(id, 0, Integer.MAX_VALUE - 1, "a", "b"));
        assertThat(produce(-1, "plain", 2, Batches.idempotent(id, 0, 0, "c")).errorCode()).isZero();
    }

    @Test
    void aNewEpochBeginsAtZeroAndFencesTheOldOne() throws IOException {
        long id = newProducer().producerId();
        produce(-1, "plain", 2, Batches.idempotent(id, 0, 0, "a"));
        refused(
                Errors.OUT_OF_ORDER_SEQUENCE_NUMBER,
                -1,
                "plain",
                2,
                Batches.idempotent(id, 1, 1, "b"));
        assertThat(produce(-1, "plain", 2, Batches.idempotent(id, 1, 0, "b")).errorCode()).isZero();
        refused(Errors.INVALID_PRODUCER_EPOCH, -1, "plain", 2, Batches.idempotent(id, 0, 1, "c"));
    }

    @Test
    void anUnknownProducerMayBeginAnywhere() throws IOException {
        assertThat(produce(-1, "plain", 2, Batches.idempotent(900_000, 3, 77, "a")).errorCode())
                .isZero();
    }

    @Test
    void producerIdsAreDifferent() throws IOException {
        assertThat(newProducer().producerId()).isNotEqualTo(newProducer().producerId());
    }

    @Test
    void topicsMayBeAddressedByTheirIds() throws IOException {
        ProduceRequestData request = Batches.produce(1, "", 0, Batches.of("by-id"));
        request.topicData().iterator().next().setTopicId(Requests.id(client, "plain"));
        ProduceResponseData response =
                client.ask(ApiKeys.PRODUCE, 13, request, ProduceResponseData.class);
        assertThat(
                        response.responses()
                                .iterator()
                                .next()
                                .partitionResponses()
                                .getFirst()
                                .errorCode())
                .isZero();
        ProduceRequestData unknown = Batches.produce(1, "", 0, Batches.of("by-id"));
        unknown.topicData().iterator().next().setTopicId(org.apache.kafka.common.Uuid.randomUuid());
        response = client.ask(ApiKeys.PRODUCE, 13, unknown, ProduceResponseData.class);
        assertThat(
                        response.responses()
                                .iterator()
                                .next()
                                .partitionResponses()
                                .getFirst()
                                .errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_ID.code());
    }

    @Test
    void pipelinedRequestsAreAnsweredInTheirOrder() throws IOException {
        for (int i = 0; i < 300; i++) {
            client.send(ApiKeys.PRODUCE, VERSION, Batches.produce(-1, "plain", 0, Batches.of("p")));
        }
        long before = -1;
        for (int i = 0; i < 300; i++) {
            ProduceResponseData response =
                    (ProduceResponseData) client.receive(ApiKeys.PRODUCE, VERSION);
            long offset =
                    response.responses()
                            .iterator()
                            .next()
                            .partitionResponses()
                            .getFirst()
                            .baseOffset();
            assertThat(offset).isGreaterThan(before);
            before = offset;
        }
    }
}
