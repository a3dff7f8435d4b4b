package io.polymq.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FetchTest {

    private static TestServer server;
    private static int topics;

    private RawClient client;
    private RawClient other;
    private String topic;

    @BeforeAll
    static void start() {
        server = new TestServer(0);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void connect() throws IOException {
        client = new RawClient(server.port());
        other = new RawClient(server.port());
        topic = "topic-" + topics++;
        Requests.create(client, topic, 2, Map.of());
    }

    @AfterEach
    void disconnect() throws IOException {
        client.close();
        other.close();
    }

    private void produce(int partition, MemoryRecords batch) throws IOException {
        ProduceResponseData response =
                other.ask(
                        ApiKeys.PRODUCE,
                        9,
                        Batches.produce(-1, topic, partition, batch),
                        ProduceResponseData.class);
        assertThat(
                        response.responses()
                                .iterator()
                                .next()
                                .partitionResponses()
                                .getFirst()
                                .errorCode())
                .isZero();
    }

    private static PartitionData only(FetchResponseData response) {
        return response.responses().getFirst().partitions().getFirst();
    }

    private PartitionData fetch(long from) throws IOException {
        return only(Requests.fetch(client, Requests.fetch(0, 1, topic, 0, from)));
    }

    @Test
    void recordsComeBackAsTheyWereProduced() throws IOException {
        produce(0, Batches.of("a", "b"));
        produce(0, Batches.of("c"));
        PartitionData data = fetch(0);
        assertThat(Batches.values(data)).containsExactly("a", "b", "c");
        assertThat(data.highWatermark()).isEqualTo(3);
        assertThat(data.lastStableOffset()).isEqualTo(3);
        assertThat(data.abortedTransactions()).isNull();
    }

    @Test
    void theEndIsLegalAndWhatLiesOutsideIsRefusedWithTheStart() throws IOException {
        produce(0, Batches.of("a"));
        assertThat(fetch(1).errorCode()).isZero();
        PartitionData beyond = fetch(2);
        assertThat(beyond.errorCode()).isEqualTo(Errors.OFFSET_OUT_OF_RANGE.code());
        assertThat(beyond.logStartOffset()).isZero();
    }

    @Test
    void aFetchAtTheEndWaitsUntilSomethingComes() throws IOException {
        long begun = System.nanoTime();
        client.send(ApiKeys.FETCH, 12, Requests.fetch(20_000, 1, topic, 0, 0));
        produce(0, Batches.of("late"));
        FetchResponseData response = (FetchResponseData) client.receive(ApiKeys.FETCH, 12);
        assertThat(Batches.values(response)).containsExactly("late");
        assertThat(System.nanoTime() - begun).isLessThan(15_000_000_000L);
    }

    @Test
    void aFetchWaitsForItsLeastBytes() throws IOException {
        client.send(ApiKeys.FETCH, 12, Requests.fetch(20_000, 2000, topic, 0, 0));
        produce(0, Batches.of("a".repeat(1000)));
        produce(0, Batches.of("b".repeat(1000)));
        FetchResponseData response = (FetchResponseData) client.receive(ApiKeys.FETCH, 12);
        assertThat(Batches.values(response)).hasSize(2);
    }

    @Test
    void aFetchGivesUpWaitingWhenItsTimeIsUp() throws IOException {
        FetchResponseData response = Requests.fetch(client, Requests.fetch(50, 1, topic, 0, 0));
        assertThat(only(response).records().sizeInBytes()).isZero();
    }

    @Test
    void deletingTheTopicWakesWhoWaitsForIt() throws IOException {
        client.send(ApiKeys.FETCH, 12, Requests.fetch(20_000, 1, topic, 0, 0));
        other.ask(
                ApiKeys.DELETE_TOPICS,
                5,
                new DeleteTopicsRequestData().setTopicNames(List.of(topic)),
                org.apache.kafka.common.message.DeleteTopicsResponseData.class);
        FetchResponseData response = (FetchResponseData) client.receive(ApiKeys.FETCH, 12);
        assertThat(only(response).errorCode()).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    }

    @Test
    void theFirstBatchComesWholeHoweverLittleIsAsked() throws IOException {
        produce(0, Batches.of("a".repeat(5000)));
        produce(0, Batches.of("b".repeat(5000)));
        FetchRequestData small = Requests.fetch(0, 1, topic, 0, 0).setMaxBytes(10);
        small.topics().getFirst().partitions().getFirst().setPartitionMaxBytes(10);
        assertThat(Batches.values(Requests.fetch(client, small))).hasSize(1);
    }

    @Test
    void anOldEpochIsFineAndANewerOneUnknown() throws IOException {
        FetchRequestData request = Requests.fetch(0, 1, topic, 0, 0);
        request.topics().getFirst().partitions().getFirst().setCurrentLeaderEpoch(7);
        assertThat(only(Requests.fetch(client, request)).errorCode())
                .isEqualTo(Errors.UNKNOWN_LEADER_EPOCH.code());
    }

    @Test
    void aSessionIsToldOnlyWhatIsNew() throws IOException {
        FetchRequestData full = Requests.fetch(0, 1, topic, 0, 0).setSessionEpoch(0);
        full.topics()
                .getFirst()
                .partitions()
                .add(new FetchPartition().setPartition(1).setPartitionMaxBytes(1 << 20));
        FetchResponseData opened = Requests.fetch(client, full);
        assertThat(opened.sessionId()).isPositive();
        assertThat(opened.responses().getFirst().partitions()).hasSize(2);
        FetchRequestData next =
                new FetchRequestData()
                        .setMaxWaitMs(0)
                        .setMinBytes(1)
                        .setMaxBytes(1 << 20)
                        .setSessionId(opened.sessionId())
                        .setSessionEpoch(1);
        assertThat(Requests.fetch(client, next).responses()).isEmpty();
        produce(1, Batches.of("news"));
        FetchResponseData told = Requests.fetch(client, next.duplicate().setSessionEpoch(2));
        assertThat(told.responses().getFirst().partitions())
                .extracting(PartitionData::partitionIndex)
                .containsExactly(1);
        FetchResponseData wrong = Requests.fetch(client, next.duplicate().setSessionEpoch(2));
        assertThat(wrong.errorCode()).isEqualTo(Errors.INVALID_FETCH_SESSION_EPOCH.code());
        FetchResponseData lost =
                Requests.fetch(client, next.duplicate().setSessionId(1).setSessionEpoch(2));
        assertThat(lost.errorCode()).isEqualTo(Errors.FETCH_SESSION_ID_NOT_FOUND.code());
    }

    @Test
    void readCommittedGetsAnEmptyListOfAbortedTransactions() throws IOException {
        produce(0, Batches.of("a"));
        FetchRequestData request = Requests.fetch(0, 1, topic, 0, 0).setIsolationLevel((byte) 1);
        assertThat(only(Requests.fetch(client, request)).abortedTransactions()).isEmpty();
    }

    private ListOffsetsPartitionResponse list(long timestamp) throws IOException {
        ListOffsetsTopic of = new ListOffsetsTopic().setName(topic);
        of.partitions().add(new ListOffsetsPartition().setTimestamp(timestamp));
        ListOffsetsRequestData request = new ListOffsetsRequestData().setReplicaId(-1);
        request.topics().add(of);
        return client.ask(ApiKeys.LIST_OFFSETS, 11, request, ListOffsetsResponseData.class)
                .topics()
                .getFirst()
                .partitions()
                .getFirst();
    }

    @Test
    void specialTimesAreAnswered() throws IOException {
        assertThat(list(-3).offset()).isEqualTo(-1);
        produce(0, Batches.of("a", "b", "c"));
        assertThat(list(-1).offset()).isEqualTo(3);
        assertThat(list(-2).offset()).isZero();
        assertThat(list(-3).offset()).isBetween(0L, 2L);
        assertThat(list(-4).offset()).isZero();
        assertThat(list(-5).offset()).isEqualTo(-1);
        assertThat(list(-6).offset()).isEqualTo(-1);
        assertThat(list(0).offset()).isZero();
        ListOffsetsPartitionResponse never = list(Long.MAX_VALUE / 2);
        assertThat(never.offset()).isEqualTo(-1);
        assertThat(never.timestamp()).isEqualTo(-1);
        assertThat(never.errorCode()).isZero();
    }

    @Test
    void theOnlyEpochEndsWhereThePartitionDoes() throws IOException {
        produce(0, Batches.of("a", "b"));
        assertThat(epochEnd(0).endOffset()).isEqualTo(2);
        assertThat(epochEnd(5).endOffset()).isEqualTo(-1);
        assertThat(epochEnd(5).leaderEpoch()).isEqualTo(-1);
    }

    private EpochEndOffset epochEnd(int epoch) throws IOException {
        OffsetForLeaderTopic of = new OffsetForLeaderTopic().setTopic(topic);
        of.partitions().add(new OffsetForLeaderPartition().setLeaderEpoch(epoch));
        OffsetForLeaderEpochRequestData request =
                new OffsetForLeaderEpochRequestData().setReplicaId(-1);
        request.topics().add(of);
        return client.ask(
                        ApiKeys.OFFSET_FOR_LEADER_EPOCH,
                        4,
                        request,
                        OffsetForLeaderEpochResponseData.class)
                .topics()
                .find(topic)
                .partitions()
                .getFirst();
    }

    @Test
    void deletedRecordsAreGone() throws IOException {
        produce(0, Batches.of("a"));
        produce(0, Batches.of("b"));
        assertThat(deleteRecords(5).errorCode()).isEqualTo(Errors.OFFSET_OUT_OF_RANGE.code());
        assertThat(deleteRecords(1).lowWatermark()).isEqualTo(1);
        assertThat(fetch(0).errorCode()).isEqualTo(Errors.OFFSET_OUT_OF_RANGE.code());
        assertThat(fetch(0).logStartOffset()).isEqualTo(1);
        assertThat(deleteRecords(-1).lowWatermark()).isEqualTo(2);
    }

    private org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult
            deleteRecords(long before) throws IOException {
        DeleteRecordsTopic of = new DeleteRecordsTopic().setName(topic);
        of.partitions().add(new DeleteRecordsPartition().setOffset(before));
        DeleteRecordsRequestData request = new DeleteRecordsRequestData().setTimeoutMs(1000);
        request.topics().add(of);
        return client.ask(ApiKeys.DELETE_RECORDS, 2, request, DeleteRecordsResponseData.class)
                .topics()
                .find(topic)
                .partitions()
                .find(0);
    }

    /** Corner case 51: what comes behind a fetch that waits is answered behind it. */
    @Test
    void answersComeInTheOrderOfTheRequestsThoughAFetchWaits() throws IOException {
        int waiting = client.send(ApiKeys.FETCH, 12, Requests.fetch(300, 1, topic, 0, 0));
        int versions = client.send(ApiKeys.API_VERSIONS, 3, new ApiVersionsRequestData());
        int produced =
                client.send(
                        ApiKeys.PRODUCE, 9, Batches.produce(-1, topic, 0, Batches.of("behind")));
        List<Integer> answered = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            answered.add(client.receive().getInt());
        }
        assertThat(answered).containsExactly(waiting, versions, produced);
        assertThat(Batches.values(fetch(0))).containsExactly("behind");
    }
}
