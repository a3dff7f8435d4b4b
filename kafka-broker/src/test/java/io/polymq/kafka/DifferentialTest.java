package io.polymq.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.AddOffsetsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeTransactionsRequestData;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The same requests to Kafka itself, which listens at {@code -Dpolymq.kafka.peer=HOST:PORT}, and to
 * this broker; the answers are compared field by field. What is meant to differ is listed in {@code
 * intended-differences.txt}: a pattern of fields and the reason, a line each.
 */
@Tag("peer")
class DifferentialTest {

    private static final String TOPIC = "differential-" + System.nanoTime();
    private static final Map<String, Pattern> INTENDED = intended();

    private final List<String> differences = new ArrayList<>();

    private static Map<String, Pattern> intended() {
        Map<String, Pattern> intended = new TreeMap<>();
        try (InputStream in =
                DifferentialTest.class.getResourceAsStream("/intended-differences.txt")) {
            String text =
                    new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
            text.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(line -> line.substring(0, line.indexOf(' ')))
                    .forEach(field -> intended.put(field, Pattern.compile(field)));
        } catch (IOException unreadable) {
            throw new AssertionError(unreadable);
        }
        return intended;
    }

    /** Both brokers, asked alike. */
    private final class Both implements AutoCloseable {
        private final RawClient ours;
        private final RawClient theirs;
        private ApiMessage last = new HeartbeatRequestData();
        private ApiMessage lastOfTheirs = last;

        Both(TestServer server, String peer) throws IOException {
            ours = new RawClient(server.port());
            theirs = new RawClient(Integer.parseInt(peer.substring(peer.indexOf(':') + 1)));
        }

        /** The same request to both. */
        void ask(String what, ApiKeys key, int version, ApiMessage request) throws Exception {
            ask(what, key, version, request, request);
        }

        void ask(String what, ApiKeys key, int version, ApiMessage forUs, ApiMessage forThem)
                throws Exception {
            last = patiently(ours, key, version, forUs);
            lastOfTheirs = patiently(theirs, key, version, forThem);
            compare(
                    what + " " + key + "v" + version,
                    json(last, version),
                    json(lastOfTheirs, version));
        }

        @Override
        public void close() throws IOException {
            ours.close();
            theirs.close();
        }
    }

    /** Coordinators may be loading, transactions completing. */
    private static ApiMessage patiently(
            RawClient client, ApiKeys key, int version, ApiMessage request) throws Exception {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (true) {
            client.send(key, version, request);
            ApiMessage answer = client.receive(key, version);
            String text = json(answer, version).toString();
            boolean later = Pattern.compile("rrorCode\":(14|15|16|51)\\b").matcher(text).find();
            if (!later || System.nanoTime() > until) {
                return answer;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    private static JsonNode json(ApiMessage message, int version) throws Exception {
        return (JsonNode)
                Class.forName(message.getClass().getName() + "JsonConverter")
                        .getMethod("write", message.getClass(), short.class)
                        .invoke(null, message, (short) version);
    }

    private void compare(String path, JsonNode ours, JsonNode theirs) {
        if (INTENDED.values().stream().anyMatch(pattern -> pattern.matcher(path).find())) {
            return;
        }
        if (ours == null || theirs == null) {
            if (ours != theirs) {
                differences.add(path + ": ours " + ours + ", theirs " + theirs);
            }
        } else if (ours.isObject() && theirs.isObject()) {
            TreeSet<String> fields = new TreeSet<>();
            ours.fieldNames().forEachRemaining(fields::add);
            theirs.fieldNames().forEachRemaining(fields::add);
            for (String field : fields) {
                compare(path + "." + field, ours.get(field), theirs.get(field));
            }
        } else if (ours.isArray() && theirs.isArray() && ours.size() == theirs.size()) {
            for (int i = 0; i < ours.size(); i++) {
                compare(path + "[" + i + "]", ours.get(i), theirs.get(i));
            }
        } else if (!ours.equals(theirs)) {
            differences.add(path + ": ours " + ours + ", theirs " + theirs);
        }
    }

    @Test
    void theSameRequestsHaveTheSameAnswers() throws Exception {
        String peer = System.getProperty("polymq.kafka.peer", "127.0.0.1:19092");
        try (TestServer server = new TestServer(0);
                Both both = new Both(server, peer)) {
            topics(both);
            records(both);
            offsets(both);
            groups(both);
            transactions(both);
        }
        assertThat(differences).isEmpty();
    }

    private static CreateTopicsRequestData create(String name, int partitions, String... config) {
        CreateTopicsRequestData request = new CreateTopicsRequestData().setTimeoutMs(10_000);
        Map<String, String> settings = config.length == 0 ? Map.of() : Map.of(config[0], config[1]);
        request.topics().add(Requests.topic(name, partitions, settings));
        return request;
    }

    private void topics(Both both) throws Exception {
        both.ask("create", ApiKeys.CREATE_TOPICS, 7, create(TOPIC, 2));
        both.ask("create again", ApiKeys.CREATE_TOPICS, 7, create(TOPIC, 2));
        both.ask("bad name", ApiKeys.CREATE_TOPICS, 7, create("no/slash", 1));
        both.ask("no partitions", ApiKeys.CREATE_TOPICS, 7, create("zero", 0));
        both.ask(
                "bad config",
                ApiKeys.CREATE_TOPICS,
                7,
                create("bad-config", 1, "retention.ms", "soon"));
        both.ask(
                "unknown config",
                ApiKeys.CREATE_TOPICS,
                7,
                create("unknown-config", 1, "no.such.setting", "1"));
        CreatePartitionsRequestData fewer = new CreatePartitionsRequestData().setTimeoutMs(10_000);
        fewer.topics().add(new CreatePartitionsTopic().setName(TOPIC).setCount(1));
        both.ask("fewer", ApiKeys.CREATE_PARTITIONS, 3, fewer);
        both.ask(
                "delete unknown",
                ApiKeys.DELETE_TOPICS,
                5,
                new DeleteTopicsRequestData()
                        .setTimeoutMs(10_000)
                        .setTopicNames(List.of("never-made")));
    }

    private void records(Both both) throws Exception {
        both.ask("produce", ApiKeys.PRODUCE, 9, Batches.produce(-1, TOPIC, 0, batch("a", "b")));
        both.ask("acks 2", ApiKeys.PRODUCE, 9, Batches.produce(2, TOPIC, 0, batch("a")));
        both.ask(
                "unknown topic",
                ApiKeys.PRODUCE,
                9,
                Batches.produce(1, "never-made", 0, batch("a")));
        both.ask("no partition", ApiKeys.PRODUCE, 9, Batches.produce(1, TOPIC, 9, batch("a")));
        MemoryRecords damaged = batch("a");
        damaged.buffer().put(30, (byte) 99);
        both.ask("damaged", ApiKeys.PRODUCE, 9, Batches.produce(1, TOPIC, 0, damaged));
        for (int from : new int[] {0, 1, 2, 3, -1}) {
            both.ask("fetch " + from, ApiKeys.FETCH, 12, Requests.fetch(0, 1, TOPIC, 0, from));
        }
        both.ask("fetch nothing", ApiKeys.FETCH, 12, Requests.fetch(0, 1, "never-made", 0, 0));
        both.ask(
                "unknown session",
                ApiKeys.FETCH,
                12,
                Requests.fetch(0, 1, TOPIC, 0, 0).setSessionId(99).setSessionEpoch(3));
    }

    private static MemoryRecords batch(String... values) {
        SimpleRecord[] records = new SimpleRecord[values.length];
        for (int i = 0; i < values.length; i++) {
            records[i] = new SimpleRecord(1_700_000_000_000L, null, values[i].getBytes());
        }
        return MemoryRecords.withRecords(Compression.NONE, records);
    }

    private void offsets(Both both) throws Exception {
        for (long time : new long[] {-1, -2, -3, -4, -5, 0, 1_700_000_000_000L, Long.MAX_VALUE}) {
            ListOffsetsRequestData request =
                    new ListOffsetsRequestData()
                            .setReplicaId(-1)
                            .setTopics(
                                    List.of(
                                            new ListOffsetsTopic()
                                                    .setName(TOPIC)
                                                    .setPartitions(
                                                            List.of(
                                                                    new ListOffsetsPartition()
                                                                            .setTimestamp(time)))));
            both.ask("time " + time, ApiKeys.LIST_OFFSETS, 9, request);
        }
        for (int epoch : new int[] {0, 5}) {
            OffsetForLeaderEpochRequestData request =
                    new OffsetForLeaderEpochRequestData().setReplicaId(-2);
            OffsetForLeaderTopic topic = new OffsetForLeaderTopic().setTopic(TOPIC);
            topic.partitions().add(new OffsetForLeaderPartition().setLeaderEpoch(epoch));
            request.topics().add(topic);
            both.ask("epoch " + epoch, ApiKeys.OFFSET_FOR_LEADER_EPOCH, 4, request);
        }
        for (long offset : new long[] {99, 1, -1}) {
            DeleteRecordsRequestData request =
                    new DeleteRecordsRequestData()
                            .setTimeoutMs(10_000)
                            .setTopics(
                                    List.of(
                                            new DeleteRecordsTopic()
                                                    .setName(TOPIC)
                                                    .setPartitions(
                                                            List.of(
                                                                    new DeleteRecordsPartition()
                                                                            .setOffset(offset)))));
            both.ask("delete to " + offset, ApiKeys.DELETE_RECORDS, 2, request);
        }
    }

    /** Kafka makes the topics of its coordinators when the first one is looked for. */
    private static void coordinators(Both both, int type, String of) throws Exception {
        FindCoordinatorRequestData request =
                new FindCoordinatorRequestData()
                        .setKeyType((byte) type)
                        .setCoordinatorKeys(List.of(of));
        patiently(both.ours, ApiKeys.FIND_COORDINATOR, 4, request);
        patiently(both.theirs, ApiKeys.FIND_COORDINATOR, 4, request);
    }

    private void groups(Both both) throws Exception {
        coordinators(both, 0, "d");
        // Kafka says yes to every heartbeat while it loads; to describe a group it has to be there.
        for (int version : new int[] {5, 6}) {
            both.ask(
                    "unknown group",
                    ApiKeys.DESCRIBE_GROUPS,
                    version,
                    new DescribeGroupsRequestData().setGroups(List.of("d")));
        }
        both.ask(
                "unknown member",
                ApiKeys.HEARTBEAT,
                4,
                new HeartbeatRequestData().setGroupId("d").setMemberId("m").setGenerationId(1));
        both.ask(
                "unknown member",
                ApiKeys.SYNC_GROUP,
                5,
                new SyncGroupRequestData()
                        .setGroupId("d")
                        .setMemberId("m")
                        .setProtocolType("consumer")
                        .setProtocolName("range"));
    }

    private void transactions(Both both) throws Exception {
        String id = TOPIC + "-id";
        coordinators(both, 1, id);
        coordinators(both, 1, "nobody");
        InitProducerIdRequestData init =
                new InitProducerIdRequestData()
                        .setTransactionalId(id)
                        .setTransactionTimeoutMs(60_000);
        both.ask("init", ApiKeys.INIT_PRODUCER_ID, 4, init);
        long ours = ((InitProducerIdResponseData) both.last).producerId();
        long theirs = ((InitProducerIdResponseData) both.lastOfTheirs).producerId();
        both.ask(
                "too long",
                ApiKeys.INIT_PRODUCER_ID,
                4,
                init.duplicate().setTransactionTimeoutMs(Integer.MAX_VALUE));
        both.ask("nothing begun", ApiKeys.END_TXN, 3, end(id, ours, 0), end(id, theirs, 0));
        both.ask("add", ApiKeys.ADD_PARTITIONS_TO_TXN, 3, add(id, ours, 0), add(id, theirs, 0));
        both.ask(
                "add unknown",
                ApiKeys.ADD_PARTITIONS_TO_TXN,
                3,
                add(id, ours, 9),
                add(id, theirs, 9));
        both.ask(
                "add by a stranger",
                ApiKeys.ADD_PARTITIONS_TO_TXN,
                3,
                add(id, ours + 1_000_000, 0),
                add(id, theirs + 1_000_000, 0));
        both.ask(
                "offsets",
                ApiKeys.ADD_OFFSETS_TO_TXN,
                3,
                offsets(id, ours, 0),
                offsets(id, theirs, 0));
        both.ask(
                "describe",
                ApiKeys.DESCRIBE_TRANSACTIONS,
                0,
                new DescribeTransactionsRequestData().setTransactionalIds(List.of(id, "nobody")));
        both.ask("later epoch", ApiKeys.END_TXN, 3, end(id, ours, 7), end(id, theirs, 7));
        both.ask("end", ApiKeys.END_TXN, 3, end(id, ours, 0), end(id, theirs, 0));
        both.ask("end again", ApiKeys.END_TXN, 3, end(id, ours, 0), end(id, theirs, 0));
        both.ask(
                "unknown id", ApiKeys.END_TXN, 3, end("nobody", ours, 0), end("nobody", theirs, 0));
    }

    private static EndTxnRequestData end(String id, long producer, int epoch) {
        return new EndTxnRequestData()
                .setTransactionalId(id)
                .setProducerId(producer)
                .setProducerEpoch((short) epoch)
                .setCommitted(true);
    }

    private static AddPartitionsToTxnRequestData add(String id, long producer, int partition) {
        AddPartitionsToTxnRequestData request =
                new AddPartitionsToTxnRequestData()
                        .setV3AndBelowTransactionalId(id)
                        .setV3AndBelowProducerId(producer);
        request.v3AndBelowTopics()
                .add(
                        new AddPartitionsToTxnTopic()
                                .setName(TOPIC)
                                .setPartitions(List.of(partition)));
        return request;
    }

    private static AddOffsetsToTxnRequestData offsets(String id, long producer, int epoch) {
        return new AddOffsetsToTxnRequestData()
                .setTransactionalId(id)
                .setGroupId("d")
                .setProducerId(producer)
                .setProducerEpoch((short) epoch);
    }
}
