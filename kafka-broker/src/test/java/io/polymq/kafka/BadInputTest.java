package io.polymq.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Whatever one client feeds, it is answered or closed, and others are served meanwhile. */
class BadInputTest {

    private static final int VERSION = 9;
    private static TestServer server;

    @BeforeAll
    static void start() throws IOException {
        server = new TestServer(0);
        try (RawClient client = new RawClient(server.port())) {
            Requests.create(client, "plain", 8, Map.of());
            Requests.create(client, "zipped", 1, Map.of("compression.type", "lz4"));
            Requests.create(client, "watched", 1, Map.of());
        }
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @AfterEach
    void othersAreServed() throws IOException {
        try (RawClient other = new RawClient(server.port())) {
            assertThat(produced(other, "plain", 0, Batches.of("still here")))
                    .isEqualTo(Errors.NONE);
        }
    }

    private static Errors produced(RawClient client, String topic, int partition, MemoryRecords of)
            throws IOException {
        List<PartitionProduceResponse> parts =
                client.ask(
                                ApiKeys.PRODUCE,
                                VERSION,
                                Batches.produce(-1, topic, partition, of),
                                ProduceResponseData.class)
                        .responses()
                        .iterator()
                        .next()
                        .partitionResponses();
        return Errors.forCode(parts.getFirst().errorCode());
    }

    private static byte[] beginning(int length, int key, int version) {
        return ByteBuffer.allocate(12)
                .putInt(length)
                .putShort((short) key)
                .putShort((short) version)
                .putInt(1)
                .array();
    }

    @Test
    void unknownKeysAndVersionsAndLengthsThatCannotBeEndTheConnection() throws IOException {
        List<byte[]> bad =
                List.of(
                        beginning(100, 9999, 0),
                        beginning(100, -1, 0),
                        beginning(8, ApiKeys.METADATA.id, 99),
                        beginning(-5, 0, 3),
                        beginning(Integer.MAX_VALUE, 0, 3),
                        beginning(9 << 20, ApiKeys.METADATA.id, 12));
        for (byte[] each : bad) {
            try (RawClient client = new RawClient(server.port())) {
                client.send(each);
                assertThat(client.isClosedByPeer()).isTrue();
            }
        }
    }

    @Test
    void aHundredRequestsThatAreNeverFinishedHoldLittle() throws IOException {
        Runtime runtime = Runtime.getRuntime();
        Deque<RawClient> holding = new ArrayDeque<>();
        try {
            for (int i = 0; i < 100; i++) {
                RawClient client = new RawClient(server.port());
                holding.add(client);
                client.send(beginning(50 << 20, ApiKeys.PRODUCE.id, VERSION));
                client.send(new byte[1000]);
            }
            othersAreServed();
            // all of what was announced would be five gigabytes
            assertThat(runtime.totalMemory() - runtime.freeMemory()).isLessThan(2L << 30);
        } finally {
            for (RawClient each : holding) {
                each.close();
            }
        }
    }

    @Test
    void aRequestForTenThousandPartitionsIsAnsweredPartByPart() throws IOException {
        ProduceRequestData request = new ProduceRequestData().setAcks((short) -1);
        TopicProduceData topic = new TopicProduceData().setName("plain");
        for (int i = 0; i < 10_000; i++) {
            topic.partitionData()
                    .add(new PartitionProduceData().setIndex(i).setRecords(Batches.of("x")));
        }
        request.topicData().add(topic);
        try (RawClient client = new RawClient(server.port())) {
            Map<Errors, Long> answers =
                    client
                            .ask(ApiKeys.PRODUCE, VERSION, request, ProduceResponseData.class)
                            .responses()
                            .iterator()
                            .next()
                            .partitionResponses()
                            .stream()
                            .collect(
                                    Collectors.groupingBy(
                                            part -> Errors.forCode(part.errorCode()),
                                            Collectors.counting()));
            assertThat(answers)
                    .isEqualTo(
                            Map.of(
                                    Errors.NONE, 8L,
                                    Errors.UNKNOWN_TOPIC_OR_PARTITION, 9_992L));
        }
    }

    @Test
    void requestsThatTakeManyReadsAreTakenWhole() throws IOException {
        byte[] large = new byte[150_000];
        ProduceRequestData request = new ProduceRequestData().setAcks((short) -1);
        TopicProduceData topic = new TopicProduceData().setName("plain");
        for (int i = 0; i < 8; i++) {
            Arrays.fill(large, (byte) ('a' + i));
            topic.partitionData()
                    .add(
                            new PartitionProduceData()
                                    .setIndex(i)
                                    .setRecords(
                                            MemoryRecords.withRecords(
                                                    Compression.NONE,
                                                    new SimpleRecord(large.clone()))));
        }
        request.topicData().add(topic);
        try (RawClient client = new RawClient(server.port())) {
            for (int i = 0; i < 3; i++) {
                client.send(ApiKeys.PRODUCE, VERSION, request);
            }
            client.send(ApiKeys.METADATA, 12, Requests.metadataRequest("plain"));
            List<PartitionProduceResponse> parts = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                parts =
                        ((ProduceResponseData) client.receive(ApiKeys.PRODUCE, VERSION))
                                .responses()
                                .iterator()
                                .next()
                                .partitionResponses();
                assertThat(parts).allMatch(part -> part.errorCode() == Errors.NONE.code());
            }
            client.receive(ApiKeys.METADATA, 12);
            for (PartitionProduceResponse part : parts) {
                assertThat(
                                Batches.values(
                                        Requests.fetch(
                                                client,
                                                Requests.fetch(
                                                        0,
                                                        1,
                                                        "plain",
                                                        part.index(),
                                                        part.baseOffset()))))
                        .containsExactly(
                                String.valueOf((char) ('a' + part.index())).repeat(150_000));
            }
        }
    }

    @Test
    void recordsThatInflateAThousandfoldAreTakenOrRefusedAsTheTopicHasIt() throws IOException {
        byte[] zeros = new byte[80 << 20];
        MemoryRecords bomb =
                MemoryRecords.withRecords(Compression.gzip().build(), new SimpleRecord(zeros));
        assertThat(bomb.sizeInBytes()).isLessThan(zeros.length / 900);
        try (RawClient client = new RawClient(server.port())) {
            assertThat(produced(client, "plain", 1, bomb)).isEqualTo(Errors.NONE);
            assertThat(produced(client, "zipped", 0, bomb)).isEqualTo(Errors.MESSAGE_TOO_LARGE);
        }
    }

    @Test
    void aClientThatNeverReadsItsFetchesIsReadNoFurther() throws IOException {
        byte[] large = new byte[500_000];
        try (RawClient client = new RawClient(server.port())) {
            for (int i = 0; i < 2; i++) {
                assertThat(
                                produced(
                                        client,
                                        "watched",
                                        0,
                                        MemoryRecords.withRecords(
                                                Compression.NONE, new SimpleRecord(large))))
                        .isEqualTo(Errors.NONE);
            }
        }
        Runtime runtime = Runtime.getRuntime();
        try (RawClient deaf = new RawClient(server.port())) {
            for (int i = 0; i < 2_000; i++) {
                deaf.send(ApiKeys.FETCH, 12, Requests.fetch(0, 1, "watched", 0, 0));
            }
            othersAreServed();
            // all that was asked for is two gigabytes
            assertThat(runtime.totalMemory() - runtime.freeMemory()).isLessThan(1L << 30);
            for (int i = 0; i < 2_000; i++) {
                deaf.receive(ApiKeys.FETCH, 12);
            }
        }
    }

    @Test
    void aHundredThousandTransactionalIdsAreKept() throws Exception {
        int many = 100_000;
        int window = 100;
        try (RawClient client = new RawClient(server.port())) {
            int answered = 0;
            for (int sent = 0; sent < many; sent++) {
                client.send(
                        ApiKeys.INIT_PRODUCER_ID,
                        4,
                        new InitProducerIdRequestData()
                                .setTransactionalId("id-" + sent)
                                .setTransactionTimeoutMs(60_000));
                if (sent - answered >= window) {
                    answered += accepted(client);
                }
            }
            while (answered < many) {
                answered += accepted(client);
            }
            assertThat(
                            client.ask(
                                            ApiKeys.LIST_TRANSACTIONS,
                                            0,
                                            new ListTransactionsRequestData(),
                                            ListTransactionsResponseData.class)
                                    .transactionStates())
                    .hasSizeGreaterThanOrEqualTo(many);
            assertThat(
                            client.ask(
                                            ApiKeys.API_VERSIONS,
                                            0,
                                            new ApiVersionsRequestData(),
                                            ApiVersionsResponseData.class)
                                    .errorCode())
                    .isZero();
        }
    }

    private static int accepted(RawClient client) throws IOException {
        InitProducerIdResponseData answer =
                (InitProducerIdResponseData) client.receive(ApiKeys.INIT_PRODUCER_ID, 4);
        assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.NONE);
        return 1;
    }
}
