package io.polymq.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopic;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was acknowledged is there after the process was killed, and is known for what it is. */
class RestartTest {

    @TempDir private Path folder;

    /** A broker in a process of its own. */
    static final class Broker implements AutoCloseable {
        private final Process process;
        final int port;

        Broker(Path folder) throws IOException {
            this(folder, 0);
        }

        Broker(Path folder, int wanted) throws IOException {
            process =
                    new ProcessBuilder(
                                    Path.of(System.getProperty("java.home"), "bin", "java")
                                            .toString(),
                                    "-Xmx256m",
                                    "--enable-native-access=ALL-UNNAMED",
                                    "-cp",
                                    System.getProperty("java.class.path"),
                                    TestServer.class.getName(),
                                    Integer.toString(wanted),
                                    folder.toString())
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start();
            BufferedReader out =
                    new BufferedReader(
                            new InputStreamReader(
                                    process.getInputStream(), StandardCharsets.UTF_8));
            String line = out.readLine();
            while (line != null && !line.startsWith("READY ")) {
                line = out.readLine();
            }
            assertThat(line).isNotNull();
            port = Integer.parseInt(line.substring("READY ".length()));
            Thread.ofVirtual().start(() -> out.lines().forEach(_ -> {}));
        }

        void kill() throws InterruptedException {
            process.destroyForcibly().waitFor();
        }

        @Override
        public void close() throws InterruptedException {
            kill();
        }
    }

    private static PartitionProduceResponse produce(RawClient client, MemoryRecords batch)
            throws IOException {
        return produce(client, "kept", batch);
    }

    private static PartitionProduceResponse produce(
            RawClient client, String topic, MemoryRecords batch) throws IOException {
        return client.ask(
                        ApiKeys.PRODUCE,
                        9,
                        Batches.produce(-1, topic, 0, batch),
                        ProduceResponseData.class)
                .responses()
                .iterator()
                .next()
                .partitionResponses()
                .getFirst();
    }

    @Test
    void recordsProducersTopicsOffsetsAndDeletionsSurviveAKill() throws Exception {
        long producer;
        String cluster;
        try (Broker broker = new Broker(folder);
                RawClient client = new RawClient(broker.port)) {
            Requests.create(client, "kept", 1, Map.of("retention.ms", "-1"));
            MetadataResponseData metadata = Requests.metadata(client, false, "kept");
            cluster = metadata.clusterId();
            producer =
                    client.ask(
                                    ApiKeys.INIT_PRODUCER_ID,
                                    4,
                                    new InitProducerIdRequestData().setTransactionalId(null),
                                    InitProducerIdResponseData.class)
                            .producerId();
            produce(client, Batches.idempotent(producer, 0, 0, "a", "b"));
            produce(client, Batches.idempotent(producer, 0, 2, "c"));
            commit(client, 2);
            Requests.create(client, "cut", 1, Map.of());
            for (String value : List.of("a", "b", "c")) {
                produce(client, "cut", Batches.of(value));
            }
            deleteRecords(client, "cut", 2);
            broker.kill();
        }
        try (Broker broker = new Broker(folder);
                RawClient client = new RawClient(broker.port)) {
            MetadataResponseData metadata = Requests.metadata(client, false, "kept");
            assertThat(metadata.clusterId()).isEqualTo(cluster);
            assertThat(Batches.values(Requests.fetch(client, Requests.fetch(0, 1, "kept", 0, 0))))
                    .containsExactly("a", "b", "c");
            assertThat(produce(client, Batches.idempotent(producer, 0, 2, "c")).baseOffset())
                    .isEqualTo(2);
            assertThat(
                            Errors.forCode(
                                    produce(client, Batches.idempotent(producer, 0, 9, "x"))
                                            .errorCode()))
                    .isEqualTo(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER);
            assertThat(produce(client, Batches.idempotent(producer, 0, 3, "d")).baseOffset())
                    .isEqualTo(3);
            assertThat(committed(client)).isEqualTo(2);
            PartitionData cut =
                    Requests.fetch(client, Requests.fetch(0, 1, "cut", 0, 1))
                            .responses()
                            .getFirst()
                            .partitions()
                            .getFirst();
            assertThat(cut.errorCode()).isEqualTo(Errors.OFFSET_OUT_OF_RANGE.code());
            assertThat(cut.logStartOffset()).isEqualTo(2);
            assertThat(Batches.values(Requests.fetch(client, Requests.fetch(0, 1, "cut", 0, 2))))
                    .containsExactly("c");
        }
    }

    private static void deleteRecords(RawClient client, String topic, long before)
            throws IOException {
        DeleteRecordsTopic of = new DeleteRecordsTopic().setName(topic);
        of.partitions().add(new DeleteRecordsPartition().setOffset(before));
        DeleteRecordsRequestData request = new DeleteRecordsRequestData().setTimeoutMs(1000);
        request.topics().add(of);
        assertThat(
                        client.ask(
                                        ApiKeys.DELETE_RECORDS,
                                        2,
                                        request,
                                        DeleteRecordsResponseData.class)
                                .topics()
                                .find(topic)
                                .partitions()
                                .find(0)
                                .lowWatermark())
                .isEqualTo(before);
    }

    private static void commit(RawClient client, long offset) throws Exception {
        OffsetCommitRequestData request =
                new OffsetCommitRequestData()
                        .setGroupId("simple")
                        .setTopics(
                                List.of(
                                        new OffsetCommitRequestTopic()
                                                .setName("kept")
                                                .setPartitions(
                                                        List.of(
                                                                new OffsetCommitRequestPartition()
                                                                        .setCommittedOffset(
                                                                                offset)))));
        Errors error = Errors.COORDINATOR_LOAD_IN_PROGRESS;
        while (error == Errors.COORDINATOR_LOAD_IN_PROGRESS) {
            error =
                    Errors.forCode(
                            client.ask(
                                            ApiKeys.OFFSET_COMMIT,
                                            8,
                                            request,
                                            OffsetCommitResponseData.class)
                                    .topics()
                                    .getFirst()
                                    .partitions()
                                    .getFirst()
                                    .errorCode());
        }
        assertThat(error).isEqualTo(Errors.NONE);
    }

    private static long committed(RawClient client) throws Exception {
        OffsetFetchRequestData request =
                new OffsetFetchRequestData()
                        .setGroupId("simple")
                        .setTopics(
                                List.of(
                                        new OffsetFetchRequestTopic()
                                                .setName("kept")
                                                .setPartitionIndexes(List.of(0))));
        while (true) {
            OffsetFetchResponseData response =
                    client.ask(ApiKeys.OFFSET_FETCH, 7, request, OffsetFetchResponseData.class);
            if (response.errorCode() != Errors.COORDINATOR_LOAD_IN_PROGRESS.code()) {
                return response.topics().getFirst().partitions().getFirst().committedOffset();
            }
        }
    }
}
