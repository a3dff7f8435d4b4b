package io.polymq.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What brokers that are not Kafka commonly answer wrongly about topics, offsets and settings. */
class CornerCasesTest {

    private static TestServer server;
    private RawClient client;

    @BeforeAll
    static void start() {
        server = new TestServer(0);
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

    private MetadataResponseData metadata(int version, MetadataRequestData request)
            throws Exception {
        return client.ask(ApiKeys.METADATA, version, request, MetadataResponseData.class);
    }

    @Test
    void noTopicsAreAllTopicsAndAnEmptyListIsNone() throws Exception {
        Requests.create(client, "null-or-empty", 1, Map.of());
        assertThat(metadata(12, new MetadataRequestData().setTopics(null)).topics()).isNotEmpty();
        assertThat(metadata(12, new MetadataRequestData().setTopics(new ArrayList<>())).topics())
                .isEmpty();
        assertThat(metadata(0, new MetadataRequestData().setTopics(new ArrayList<>())).topics())
                .isNotEmpty();
    }

    @Test
    void anUnknownIdIsAnUnknownTopicId() throws Exception {
        MetadataRequestData request =
                new MetadataRequestData()
                        .setTopics(
                                List.of(
                                        new MetadataRequestTopic()
                                                .setName(null)
                                                .setTopicId(new Uuid(1, 2))));
        assertThat(metadata(12, request).topics())
                .singleElement()
                .satisfies(
                        topic ->
                                assertThat(topic.errorCode())
                                        .isEqualTo(Errors.UNKNOWN_TOPIC_ID.code()));
    }

    @Test
    void aTopicMadeAgainHasAnotherIdAndTheOldOneIsUnknown() throws Exception {
        Requests.create(client, "again", 1, Map.of());
        Uuid before = Requests.id(client, "again");
        client.ask(
                ApiKeys.DELETE_TOPICS,
                5,
                new DeleteTopicsRequestData().setTimeoutMs(5000).setTopicNames(List.of("again")),
                DeleteTopicsResponseData.class);
        Requests.create(client, "again", 1, Map.of());
        assertThat(Requests.id(client, "again")).isNotEqualTo(before);
        FetchRequestData request = Requests.fetch(0, 1, "again", 0, 0);
        FetchTopic topic = request.topics().getFirst();
        topic.setTopicId(before);
        FetchResponseData answer = client.ask(ApiKeys.FETCH, 13, request, FetchResponseData.class);
        assertThat(answer.responses().getFirst().partitions().getFirst().errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_ID.code());
    }

    @Test
    void aSessionThatIsNotThereIsToldAtTheTop() throws Exception {
        FetchRequestData request =
                Requests.fetch(0, 1, "any", 0, 0).setSessionId(12345).setSessionEpoch(7);
        FetchResponseData answer = Requests.fetch(client, request);
        assertThat(answer.errorCode()).isEqualTo(Errors.FETCH_SESSION_ID_NOT_FOUND.code());
        assertThat(answer.responses()).isEmpty();
    }

    @Test
    void aSessionsEpochMustFollow() throws Exception {
        Requests.create(client, "session-epochs", 1, Map.of());
        FetchResponseData opened =
                Requests.fetch(
                        client,
                        Requests.fetch(0, 1, "session-epochs", 0, 0)
                                .setSessionId(0)
                                .setSessionEpoch(0));
        assertThat(opened.sessionId()).isPositive();
        FetchRequestData skipping =
                Requests.fetch(0, 1, "session-epochs", 0, 0)
                        .setSessionId(opened.sessionId())
                        .setSessionEpoch(5);
        assertThat(Requests.fetch(client, skipping).errorCode())
                .isEqualTo(Errors.INVALID_FETCH_SESSION_EPOCH.code());
    }

    private ListOffsetsResponseData.ListOffsetsPartitionResponse offset(String topic, long time)
            throws Exception {
        ListOffsetsRequestData request =
                new ListOffsetsRequestData()
                        .setReplicaId(-1)
                        .setTopics(
                                List.of(
                                        new ListOffsetsTopic()
                                                .setName(topic)
                                                .setPartitions(
                                                        List.of(
                                                                new ListOffsetsPartition()
                                                                        .setTimestamp(time)))));
        return client.ask(ApiKeys.LIST_OFFSETS, 9, request, ListOffsetsResponseData.class)
                .topics()
                .getFirst()
                .partitions()
                .getFirst();
    }

    @Test
    void theLargestTimeIsThatOfItsRecordAlsoInACompressedBatch() throws Exception {
        Requests.create(client, "largest-time", 1, Map.of("retention.ms", "-1"));
        MemoryRecords batch =
                MemoryRecords.withRecords(
                        Compression.gzip().build(),
                        record(1_000, "a"),
                        record(3_000, "b"),
                        record(2_000, "c"));
        client.ask(
                ApiKeys.PRODUCE,
                9,
                Batches.produce(-1, "largest-time", 0, batch),
                ProduceResponseData.class);
        var found = offset("largest-time", -3);
        assertThat(found.offset()).isEqualTo(1);
        assertThat(found.timestamp()).isEqualTo(3_000);
    }

    @Test
    void aTimeBehindEverythingIsNotFoundAndNoError() throws Exception {
        Requests.create(client, "late-time", 1, Map.of());
        var found = offset("late-time", 5_000);
        assertThat(found.errorCode()).isZero();
        assertThat(found.offset()).isEqualTo(-1);
        assertThat(found.timestamp()).isEqualTo(-1);
    }

    private static SimpleRecord record(long time, String value) {
        return new SimpleRecord(time, null, value.getBytes(StandardCharsets.UTF_8));
    }

    private Errors create(CreateTopicsRequestData request, String name) throws Exception {
        return Errors.forCode(
                client.ask(
                                ApiKeys.CREATE_TOPICS,
                                7,
                                request.setTimeoutMs(5000),
                                CreateTopicsResponseData.class)
                        .topics()
                        .find(name)
                        .errorCode());
    }

    @Test
    void whatIsOnlyValidatedIsNotMade() throws Exception {
        CreateTopicsRequestData request = new CreateTopicsRequestData().setValidateOnly(true);
        request.topics().add(Requests.topic("only-validated", 2, Map.of()));
        assertThat(create(request, "only-validated")).isEqualTo(Errors.NONE);
        assertThat(
                        Requests.metadata(client, false, "only-validated")
                                .topics()
                                .find("only-validated")
                                .errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    }

    @Test
    void aTopicNamedTwiceInOneRequestIsNotMade() throws Exception {
        CreateTopicsRequestData request = new CreateTopicsRequestData();
        request.topics().add(Requests.topic("twice", 1, Map.of()));
        request.topics().mustAdd(Requests.topic("twice", 2, Map.of()));
        assertThat(create(request, "twice")).isEqualTo(Errors.INVALID_REQUEST);
    }

    @Test
    void anAssignmentExcludesCounts() throws Exception {
        CreatableTopic topic = Requests.topic("assigned", 3, Map.of());
        topic.assignments()
                .add(
                        new CreatableReplicaAssignment()
                                .setPartitionIndex(0)
                                .setBrokerIds(List.of(1)));
        CreateTopicsRequestData request = new CreateTopicsRequestData();
        request.topics().add(topic);
        assertThat(create(request, "assigned")).isEqualTo(Errors.INVALID_REQUEST);
    }

    @Test
    void twoClientsThatNameANewTopicAtOnceGetOne() throws Exception {
        try (RawClient other = new RawClient(server.port())) {
            MetadataRequestData request = new MetadataRequestData().setAllowAutoTopicCreation(true);
            request.topics().add(new MetadataRequestTopic().setName("raced"));
            client.send(ApiKeys.METADATA, 12, request);
            other.send(ApiKeys.METADATA, 12, request);
            client.receive(ApiKeys.METADATA, 12);
            other.receive(ApiKeys.METADATA, 12);
            Uuid id = Requests.id(client, "raced");
            assertThat(id).isNotEqualTo(Uuid.ZERO_UUID).isEqualTo(Requests.id(other, "raced"));
        }
    }

    @Test
    void aTopicIsNotMadeForWhoDoesNotAllowIt() throws Exception {
        assertThat(
                        Requests.metadata(client, false, "not-allowed")
                                .topics()
                                .find("not-allowed")
                                .errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    }

    @Test
    void recordsBeyondTheEndCannotBeDeleted() throws Exception {
        Requests.create(client, "beyond", 1, Map.of());
        DeleteRecordsRequestData request =
                new DeleteRecordsRequestData()
                        .setTimeoutMs(5000)
                        .setTopics(
                                List.of(
                                        new DeleteRecordsTopic()
                                                .setName("beyond")
                                                .setPartitions(
                                                        List.of(
                                                                new DeleteRecordsPartition()
                                                                        .setOffset(5)))));
        assertThat(
                        client.ask(
                                        ApiKeys.DELETE_RECORDS,
                                        2,
                                        request,
                                        DeleteRecordsResponseData.class)
                                .topics()
                                .find("beyond")
                                .partitions()
                                .find(0)
                                .errorCode())
                .isEqualTo(Errors.OFFSET_OUT_OF_RANGE.code());
    }

    private Errors alter(String topic, AlterableConfig... settings) throws Exception {
        IncrementalAlterConfigsRequestData request = new IncrementalAlterConfigsRequestData();
        AlterConfigsResource resource =
                new AlterConfigsResource().setResourceType((byte) 2).setResourceName(topic);
        for (AlterableConfig setting : settings) {
            resource.configs().mustAdd(setting);
        }
        request.resources().add(resource);
        return Errors.forCode(
                client.ask(
                                ApiKeys.INCREMENTAL_ALTER_CONFIGS,
                                1,
                                request,
                                IncrementalAlterConfigsResponseData.class)
                        .responses()
                        .getFirst()
                        .errorCode());
    }

    private static AlterableConfig config(int operation, String name, String value) {
        return new AlterableConfig()
                .setConfigOperation((byte) operation)
                .setName(name)
                .setValue(value);
    }

    private DescribeConfigsResult describe(String topic, List<String> keys) throws Exception {
        DescribeConfigsRequestData request =
                new DescribeConfigsRequestData()
                        .setIncludeSynonyms(true)
                        .setResources(
                                List.of(
                                        new DescribeConfigsResource()
                                                .setResourceType((byte) 2)
                                                .setResourceName(topic)
                                                .setConfigurationKeys(keys)));
        return client.ask(ApiKeys.DESCRIBE_CONFIGS, 4, request, DescribeConfigsResponseData.class)
                .results()
                .getFirst();
    }

    @Test
    void listsAreAppendedToAndSubtractedFrom() throws Exception {
        Requests.create(client, "lists", 1, Map.of());
        List<String> policy = List.of("cleanup.policy");
        assertThat(alter("lists", config(2, "cleanup.policy", "compact"))).isEqualTo(Errors.NONE);
        assertThat(describe("lists", policy).configs().getFirst().value())
                .isEqualTo("delete,compact");
        assertThat(alter("lists", config(3, "cleanup.policy", "delete"))).isEqualTo(Errors.NONE);
        assertThat(describe("lists", policy).configs().getFirst().value()).isEqualTo("compact");
        assertThat(alter("lists", config(1, "cleanup.policy", null))).isEqualTo(Errors.NONE);
        assertThat(describe("lists", policy).configs().getFirst().value()).isEqualTo("delete");
        assertThat(alter("lists", config(2, "retention.ms", "5"))).isEqualTo(Errors.INVALID_CONFIG);
    }

    @Test
    void aSettingNamedTwiceIsRefused() throws Exception {
        Requests.create(client, "named-twice", 1, Map.of());
        assertThat(
                        alter(
                                "named-twice",
                                config(0, "retention.ms", "5"),
                                config(1, "retention.ms", null)))
                .isEqualTo(Errors.INVALID_REQUEST);
    }

    @Test
    void noKeysDescribeEverySettingWithItsSourceAndSynonyms() throws Exception {
        Requests.create(client, "described-whole", 1, Map.of("retention.ms", "1000"));
        DescribeConfigsResult all = describe("described-whole", null);
        assertThat(all.configs().size()).isGreaterThan(20);
        assertThat(all.configs())
                .filteredOn(setting -> setting.name().equals("retention.ms"))
                .singleElement()
                .satisfies(
                        setting -> {
                            assertThat(setting.value()).isEqualTo("1000");
                            assertThat(setting.configSource()).isEqualTo((byte) 1);
                            assertThat(setting.synonyms().getFirst().name())
                                    .isEqualTo("retention.ms");
                            assertThat(setting.documentation()).isNull();
                        });
    }

    @Test
    void theClusterStaysWhatItIs() throws Exception {
        MetadataResponseData one = metadata(12, new MetadataRequestData().setTopics(null));
        MetadataResponseData other = metadata(12, new MetadataRequestData().setTopics(null));
        assertThat(one.clusterId()).isNotEmpty().isEqualTo(other.clusterId());
        assertThat(one.brokers()).hasSize(1);
        assertThat(one.brokers().find(one.controllerId())).isNotNull();
        assertThat(one.brokers().find(one.controllerId()).rack()).isNull();
        assertThat(one.brokers().find(one.controllerId()).port()).isEqualTo(server.port());
    }
}
