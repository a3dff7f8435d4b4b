package io.polymq.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBroker;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What clients of one kind or another rely on and most do not show. */
class CompatibilityTest {

    private static TestServer server;
    private RawClient client;

    @BeforeAll
    static void start() throws Exception {
        server = new TestServer(0);
        try (RawClient first = new RawClient(server.port())) {
            Requests.create(first, "g1", 2, Map.of());
            Requests.create(first, "g2", 1, Map.of());
        }
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void connect() throws Exception {
        client = new RawClient(server.port());
    }

    @AfterEach
    void disconnect() throws Exception {
        client.close();
    }

    @Test
    void produceIsAnnouncedFromVersionZeroForOldClientsThatElseGiveUp() throws Exception {
        ApiVersionsResponseData announced =
                client.ask(
                        ApiKeys.API_VERSIONS,
                        0,
                        new ApiVersionsRequestData(),
                        ApiVersionsResponseData.class);
        assertThat(announced.apiKeys().find(ApiKeys.PRODUCE.id).minVersion()).isZero();
        assertThat(announced.apiKeys().find(ApiKeys.FETCH.id).minVersion()).isEqualTo((short) 4);
    }

    @Test
    void clientsAreToldTheAddressThatTheConfigurationNames() throws Exception {
        try (TestServer named =
                        TestServer.configured(
                                "[kafka_runtime]",
                                "advertised_host = \"broker.example\"",
                                "advertised_port = 19092");
                RawClient at = new RawClient(named.port())) {
            MetadataResponseBroker broker =
                    Requests.metadata(at, false).brokers().iterator().next();
            assertThat(broker.host()).isEqualTo("broker.example");
            assertThat(broker.port()).isEqualTo(19092);
        }
    }

    @Test
    void whoGotRecordsWaitsItsTurnInTheNextFetchOfTheSession() throws Exception {
        for (int partition = 0; partition < 2; partition++) {
            for (String value : List.of("a", "b")) {
                client.ask(
                        ApiKeys.PRODUCE,
                        9,
                        Batches.produce(-1, "g1", partition, Batches.of(value)),
                        ProduceResponseData.class);
            }
        }
        FetchRequestData full = Requests.fetch(0, 1, "g1", 0, 0).setSessionEpoch(0).setMaxBytes(1);
        full.topics()
                .getFirst()
                .partitions()
                .add(new FetchPartition().setPartition(1).setPartitionMaxBytes(1 << 20));
        FetchResponseData opened = Requests.fetch(client, full);
        assertThat(withRecords(opened)).containsExactly(0);

        FetchRequestData next =
                new FetchRequestData()
                        .setMinBytes(1)
                        .setMaxBytes(1)
                        .setSessionId(opened.sessionId())
                        .setSessionEpoch(1);

        assertThat(withRecords(Requests.fetch(client, next))).containsExactly(1);
    }

    private static List<Integer> withRecords(FetchResponseData response) {
        return response.responses().stream()
                .flatMap(topic -> topic.partitions().stream())
                .filter(partition -> partition.records().sizeInBytes() > 0)
                .map(PartitionData::partitionIndex)
                .toList();
    }

    private OffsetFetchResponseGroup offsets(OffsetFetchRequestGroup of) throws Exception {
        return client.ask(
                        ApiKeys.OFFSET_FETCH,
                        9,
                        new OffsetFetchRequestData().setGroups(List.of(of)),
                        OffsetFetchResponseData.class)
                .groups()
                .getFirst();
    }

    @Test
    void noTopicsAreAllOfAGroupsOffsetsAndAnEmptyListIsNone() throws Exception {
        OffsetCommitRequestData commit =
                new OffsetCommitRequestData().setGroupId("simple").setGenerationIdOrMemberEpoch(-1);
        for (String name : List.of("g1", "g2")) {
            commit.topics()
                    .add(
                            new OffsetCommitRequestTopic()
                                    .setName(name)
                                    .setPartitions(
                                            List.of(
                                                    new OffsetCommitRequestPartition()
                                                            .setCommittedOffset(1))));
        }
        short error = Errors.COORDINATOR_LOAD_IN_PROGRESS.code();
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (error == Errors.COORDINATOR_LOAD_IN_PROGRESS.code() && System.nanoTime() < until) {
            error =
                    client.ask(ApiKeys.OFFSET_COMMIT, 9, commit, OffsetCommitResponseData.class)
                            .topics()
                            .getFirst()
                            .partitions()
                            .getFirst()
                            .errorCode();
        }
        assertThat(Errors.forCode(error)).isEqualTo(Errors.NONE);

        OffsetFetchRequestGroup group = new OffsetFetchRequestGroup().setGroupId("simple");
        assertThat(offsets(group.setTopics(null)).topics()).hasSize(2);
        assertThat(offsets(group.setTopics(new ArrayList<>())).topics()).isEmpty();
    }

    @Test
    void theOldWayToAlterSettingsResetsWhatItDoesNotName() throws Exception {
        Requests.create(
                client, "reset", 1, Map.of("retention.ms", "1000", "segment.bytes", "2000000"));
        AlterConfigsRequestData request = new AlterConfigsRequestData();
        AlterConfigsResource resource =
                new AlterConfigsResource().setResourceType((byte) 2).setResourceName("reset");
        resource.configs().add(new AlterableConfig().setName("retention.ms").setValue("7000"));
        request.resources().add(resource);
        assertThat(
                        client.ask(
                                        ApiKeys.ALTER_CONFIGS,
                                        2,
                                        request,
                                        AlterConfigsResponseData.class)
                                .responses()
                                .getFirst()
                                .errorCode())
                .isZero();

        List<DescribeConfigsResourceResult> now =
                client.ask(
                                ApiKeys.DESCRIBE_CONFIGS,
                                4,
                                new DescribeConfigsRequestData()
                                        .setResources(
                                                List.of(
                                                        new DescribeConfigsResource()
                                                                .setResourceType((byte) 2)
                                                                .setResourceName("reset")
                                                                .setConfigurationKeys(
                                                                        List.of(
                                                                                "retention.ms",
                                                                                "segment.bytes")))),
                                DescribeConfigsResponseData.class)
                        .results()
                        .getFirst()
                        .configs();
        assertThat(now)
                .extracting(DescribeConfigsResourceResult::value)
                .contains("7000")
                .doesNotContain("2000000");
    }

    private ConsumerGroupHeartbeatResponseData joinedByPattern(String pattern) throws Exception {
        ConsumerGroupHeartbeatRequestData request =
                new ConsumerGroupHeartbeatRequestData()
                        .setGroupId("by-pattern")
                        .setMemberId("AAAAAAAAAAAAAAAAAAAAAQ")
                        .setMemberEpoch(0)
                        .setSubscribedTopicNames(List.of())
                        .setSubscribedTopicRegex(pattern)
                        .setRebalanceTimeoutMs(5000)
                        .setTopicPartitions(List.of());
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        ConsumerGroupHeartbeatResponseData answer;
        do {
            answer =
                    client.ask(
                            ApiKeys.CONSUMER_GROUP_HEARTBEAT,
                            1,
                            request,
                            ConsumerGroupHeartbeatResponseData.class);
            request.setMemberEpoch(Math.max(0, answer.memberEpoch()));
        } while (System.nanoTime() < until
                && (answer.errorCode() == Errors.COORDINATOR_LOAD_IN_PROGRESS.code()
                        || answer.errorCode() == 0
                                && (answer.assignment() == null
                                        || answer.assignment().topicPartitions().isEmpty())));
        return answer;
    }

    @Test
    void theBrokerFindsTheTopicsOfAPattern() throws Exception {
        assertThat(joinedByPattern("g(").errorCode())
                .isEqualTo(Errors.INVALID_REGULAR_EXPRESSION.code());
        ConsumerGroupHeartbeatResponseData joined = joinedByPattern("g[0-9]");
        assertThat(joined.errorCode()).isZero();
        assertThat(joined.assignment().topicPartitions()).hasSize(2);
    }

    @Test
    void anEpochThatIsUsedUpGivesANewProducerId() throws Exception {
        int many = Short.MAX_VALUE + 2;
        long first = -1;
        int answered = 0;
        InitProducerIdResponseData last = null;
        for (int sent = 0; answered < many; ) {
            if (sent < many) {
                client.send(
                        ApiKeys.INIT_PRODUCER_ID,
                        4,
                        new InitProducerIdRequestData()
                                .setTransactionalId("worn")
                                .setTransactionTimeoutMs(60_000));
                sent++;
            }
            if (sent - answered >= 50 || sent == many) {
                last = (InitProducerIdResponseData) client.receive(ApiKeys.INIT_PRODUCER_ID, 4);
                assertThat(Errors.forCode(last.errorCode())).isEqualTo(Errors.NONE);
                first = answered++ == 0 ? last.producerId() : first;
            }
        }
        assertThat(last.producerId()).isNotEqualTo(first);
        assertThat(last.producerEpoch()).isLessThan((short) 10);
    }
}
