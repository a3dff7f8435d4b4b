package io.polymq.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.ShareAcknowledgeRequestData;
import org.apache.kafka.common.message.ShareAcknowledgeResponseData;
import org.apache.kafka.common.message.ShareFetchRequestData;
import org.apache.kafka.common.message.ShareFetchRequestData.FetchPartition;
import org.apache.kafka.common.message.ShareFetchRequestData.FetchPartitionCollection;
import org.apache.kafka.common.message.ShareFetchRequestData.FetchTopic;
import org.apache.kafka.common.message.ShareFetchRequestData.FetchTopicCollection;
import org.apache.kafka.common.message.ShareFetchResponseData;
import org.apache.kafka.common.message.ShareFetchResponseData.AcquiredRecords;
import org.apache.kafka.common.message.ShareFetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Share sessions and what members hold, request by request. */
class ShareFetchTest {

    private static TestServer server;
    private static Admin admin;
    private static Producer<String, String> producer;

    private String name = "";
    private String group = "";
    private Uuid topic = Uuid.ZERO_UUID;

    @BeforeAll
    static void start() {
        server = new TestServer(0);
        admin = Admin.create(Map.of("bootstrap.servers", server.bootstrap()));
        producer =
                new KafkaProducer<>(
                        Map.of("bootstrap.servers", server.bootstrap()),
                        new StringSerializer(),
                        new StringSerializer());
    }

    @AfterAll
    static void stop() {
        producer.close();
        admin.close();
        server.close();
    }

    @BeforeEach
    void tenRecords() throws Exception {
        name = "t" + UUID.randomUUID();
        group = "g" + UUID.randomUUID();
        var created = admin.createTopics(List.of(new NewTopic(name, 1, (short) 1)));
        topic = created.topicId(name).get(20, TimeUnit.SECONDS);
        admin.incrementalAlterConfigs(
                        Map.of(
                                new ConfigResource(ConfigResource.Type.GROUP, group),
                                List.of(
                                        new AlterConfigOp(
                                                new ConfigEntry(
                                                        "share.auto.offset.reset", "earliest"),
                                                AlterConfigOp.OpType.SET))))
                .all()
                .get(20, TimeUnit.SECONDS);
        for (int i = 0; i < 10; i++) {
            producer.send(new ProducerRecord<>(name, "r" + i)).get(20, TimeUnit.SECONDS);
        }
    }

    private ShareFetchRequestData request(String member, int epoch, int records) {
        FetchPartitionCollection partitions = new FetchPartitionCollection();
        partitions.add(new FetchPartition().setPartitionIndex(0));
        FetchTopicCollection topics = new FetchTopicCollection();
        topics.add(new FetchTopic().setTopicId(topic).setPartitions(partitions));
        return new ShareFetchRequestData()
                .setGroupId(group)
                .setMemberId(member)
                .setShareSessionEpoch(epoch)
                .setMaxWaitMs(5_000)
                .setMinBytes(1)
                .setMaxBytes(1 << 20)
                .setMaxRecords(records)
                .setBatchSize(records)
                .setTopics(topics);
    }

    private static ShareFetchResponseData ask(RawClient client, ShareFetchRequestData request)
            throws IOException {
        return client.ask(ApiKeys.SHARE_FETCH, 1, request, ShareFetchResponseData.class);
    }

    private List<AcquiredRecords> fetch(RawClient client, String member, int epoch, int records)
            throws IOException {
        ShareFetchResponseData response = ask(client, request(member, epoch, records));
        assertThat(response.errorCode()).isZero();
        return response.responses().isEmpty() ? List.of() : only(response).acquiredRecords();
    }

    private PartitionData only(ShareFetchResponseData response) {
        return response.responses().find(topic).partitions().getFirst();
    }

    private Errors acknowledge(
            RawClient client, String member, int epoch, long first, long last, int type)
            throws IOException {
        var batch =
                new ShareAcknowledgeRequestData.AcknowledgementBatch()
                        .setFirstOffset(first)
                        .setLastOffset(last)
                        .setAcknowledgeTypes(List.of((byte) type));
        var partitions = new ShareAcknowledgeRequestData.AcknowledgePartitionCollection();
        partitions.add(
                new ShareAcknowledgeRequestData.AcknowledgePartition()
                        .setPartitionIndex(0)
                        .setAcknowledgementBatches(List.of(batch)));
        var topics = new ShareAcknowledgeRequestData.AcknowledgeTopicCollection();
        topics.add(
                new ShareAcknowledgeRequestData.AcknowledgeTopic()
                        .setTopicId(topic)
                        .setPartitions(partitions));
        ShareAcknowledgeResponseData response =
                client.ask(
                        ApiKeys.SHARE_ACKNOWLEDGE,
                        1,
                        new ShareAcknowledgeRequestData()
                                .setGroupId(group)
                                .setMemberId(member)
                                .setShareSessionEpoch(epoch)
                                .setTopics(topics),
                        ShareAcknowledgeResponseData.class);
        return response.errorCode() != 0
                ? Errors.forCode(response.errorCode())
                : Errors.forCode(
                        response.responses().find(topic).partitions().getFirst().errorCode());
    }

    private static AcquiredRecords run(long first, long last, int deliveries) {
        return new AcquiredRecords()
                .setFirstOffset(first)
                .setLastOffset(last)
                .setDeliveryCount((short) deliveries);
    }

    @Test
    void membersGetRunsOfTheirOwnAndSettleOnlyThose() throws IOException {
        try (RawClient client = new RawClient(server.port());
                RawClient other = new RawClient(server.port())) {
            assertThat(fetch(client, "a", 0, 4)).containsExactly(run(0, 3, 1));
            assertThat(fetch(other, "b", 0, 4)).containsExactly(run(4, 7, 1));
            assertThat(acknowledge(other, "b", 1, 0, 1, 1)).isEqualTo(Errors.INVALID_RECORD_STATE);
            assertThat(acknowledge(other, "b", 2, 4, 7, 1)).isEqualTo(Errors.NONE);
            assertThat(acknowledge(other, "b", 3, 4, 4, 1)).isEqualTo(Errors.INVALID_RECORD_STATE);
            assertThat(acknowledge(client, "a", 1, 1, 2, 2)).isEqualTo(Errors.NONE);
            assertThat(fetch(other, "b", 4, 10)).containsExactly(run(1, 2, 2), run(8, 9, 1));
        }
    }

    @Test
    void whatAMemberThatVanishesHeldIsForOthersAtOnce() throws IOException {
        try (RawClient other = new RawClient(server.port())) {
            try (RawClient client = new RawClient(server.port())) {
                assertThat(fetch(client, "a", 0, 10)).containsExactly(run(0, 9, 1));
            }
            assertThat(fetch(other, "b", 0, 10)).containsExactly(run(0, 9, 2));
        }
    }

    @Test
    void sessionsAreHeldToTheirEpochs() throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            assertThat(ask(client, request("a", 1, 1)).errorCode())
                    .isEqualTo(Errors.SHARE_SESSION_NOT_FOUND.code());
            assertThat(acknowledge(client, "a", 0, 0, 0, 1))
                    .isEqualTo(Errors.INVALID_SHARE_SESSION_EPOCH);
            assertThat(fetch(client, "a", 0, 1)).hasSize(1);
            assertThat(ask(client, request("a", 7, 1)).errorCode())
                    .isEqualTo(Errors.INVALID_SHARE_SESSION_EPOCH.code());
            assertThat(fetch(client, "a", 1, 1)).containsExactly(run(1, 1, 1));
            ShareFetchResponseData end = ask(client, request("a", -1, 1));
            assertThat(end.errorCode()).isZero();
            assertThat(ask(client, request("a", 3, 1)).errorCode())
                    .isEqualTo(Errors.SHARE_SESSION_NOT_FOUND.code());
            assertThat(fetch(client, "b", 0, 10)).startsWith(run(0, 1, 2));
        }
    }

    @Test
    void aFirstFetchThatAcknowledgesIsRefused() throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            ShareFetchRequestData request = request("a", 0, 1);
            request.topics()
                    .find(topic)
                    .partitions()
                    .find(0)
                    .setAcknowledgementBatches(
                            List.of(
                                    new ShareFetchRequestData.AcknowledgementBatch()
                                            .setFirstOffset(0)
                                            .setLastOffset(0)
                                            .setAcknowledgeTypes(List.of((byte) 1))));
            assertThat(ask(client, request).errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
        }
    }

    @Test
    void verdictsThatMakeNoSenseAreRefused() throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            assertThat(fetch(client, "a", 0, 4)).hasSize(1);
            assertThat(acknowledge(client, "a", 1, 3, 1, 1)).isEqualTo(Errors.INVALID_REQUEST);
            assertThat(acknowledge(client, "a", 2, 0, 1, 9)).isEqualTo(Errors.INVALID_REQUEST);
            assertThat(acknowledge(client, "a", 3, 0, Long.MAX_VALUE - 1, 1))
                    .isEqualTo(Errors.INVALID_REQUEST);
        }
    }

    @Test
    void aFetchWaitsForWhatComes() throws Exception {
        try (RawClient client = new RawClient(server.port())) {
            assertThat(fetch(client, "a", 0, 10)).containsExactly(run(0, 9, 1));
            int id = client.send(ApiKeys.SHARE_FETCH, 1, request("a", 1, 10));
            assertThat(id).isPositive();
            producer.send(new ProducerRecord<>(name, "late")).get(20, TimeUnit.SECONDS);
            ShareFetchResponseData late =
                    (ShareFetchResponseData) client.receive(ApiKeys.SHARE_FETCH, 1);
            assertThat(only(late).acquiredRecords()).containsExactly(run(10, 10, 1));
        }
    }

    /** Corner case 50: nobody gets a transaction's marker, and what is told to be a gap is done. */
    @Test
    void markersAreNotAcquiredAndGapsAreDone() throws Exception {
        try (Producer<String, String> transactional =
                new KafkaProducer<>(
                        Map.of("bootstrap.servers", server.bootstrap(), "transactional.id", name),
                        new StringSerializer(),
                        new StringSerializer())) {
            transactional.initTransactions();
            transactional.beginTransaction();
            transactional.send(new ProducerRecord<>(name, "r10"));
            transactional.commitTransaction();
        }
        long behind = 12; // the marker is at 11
        assertThat(producer.send(new ProducerRecord<>(name, "r12")).get().offset())
                .isEqualTo(behind);
        try (RawClient client = new RawClient(server.port())) {
            assertThat(fetch(client, "a", 0, 20))
                    .containsExactly(run(0, 10, 1), run(behind, behind, 1));
            int accept = 1;
            int gap = 0;
            assertThat(acknowledge(client, "a", 1, 0, 10, accept)).isEqualTo(Errors.NONE);
            assertThat(acknowledge(client, "a", 2, behind, behind, gap)).isEqualTo(Errors.NONE);
            producer.send(new ProducerRecord<>(name, "late")).get(20, TimeUnit.SECONDS);
            assertThat(fetch(client, "a", 3, 20)).containsExactly(run(13, 13, 1));
        }
    }

    @Test
    void onlySoManySessionsAreOpen() throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            Errors error = Errors.NONE;
            for (int member = 0; member < 3_000 && error == Errors.NONE; member++) {
                ShareFetchRequestData request =
                        new ShareFetchRequestData()
                                .setGroupId(group)
                                .setMemberId("m" + member)
                                .setShareSessionEpoch(0);
                error = Errors.forCode(ask(client, request).errorCode());
            }
            assertThat(error).isEqualTo(Errors.SHARE_SESSION_LIMIT_REACHED);
        }
    }
}
