package io.polymq.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polymq.testkit.Clients.Nats;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A JetStream stream shows what a Kafka transaction wrote once that is committed, else never. */
class TransactionsInStreamsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private EmbeddedPolyMq broker;
    private Nats nats;

    @BeforeEach
    void start() throws Exception {
        broker = EmbeddedPolyMq.builder().onDisk().start();
        nats = connected();
        JsonNode created = api("STREAM.CREATE.TX", "{\"name\":\"TX\",\"subjects\":[\"tx.>\"]}");
        assertThat(created.has("error")).as("%s", created).isFalse();
    }

    @AfterEach
    void stop() throws Exception {
        nats.close();
        broker.close();
    }

    private Nats connected() throws Exception {
        Nats client = new Nats(broker);
        client.send("SUB in 1\r\n");
        return client;
    }

    private JsonNode api(String call, String body) throws Exception {
        nats.publish("$JS.API." + call, "in", body);
        nats.until("MSG in");
        return JSON.readTree(nats.line());
    }

    private KafkaProducer<byte[], byte[]> producer() {
        KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        Map.of(
                                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                                "127.0.0.1:" + broker.port("kafka"),
                                ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                                "copier"),
                        new ByteArraySerializer(),
                        new ByteArraySerializer());
        producer.initTransactions();
        return producer;
    }

    private static void send(KafkaProducer<byte[], byte[]> producer, String value) {
        producer.send(
                new ProducerRecord<>("TX", "tx.kafka".getBytes(UTF_8), value.getBytes(UTF_8)));
        producer.flush();
    }

    private int newest() throws Exception {
        return api("STREAM.MSG.GET.TX", "{\"last_by_subj\":\"tx.kafka\"}")
                .at("/error/code")
                .asInt();
    }

    private void awaitMessages(int many) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (messages() != many && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertThat(messages()).isEqualTo(many);
    }

    private int messages() throws Exception {
        return api("STREAM.INFO.TX", "").at("/state/messages").asInt();
    }

    /** What a consumer of everything gets until there is no more. */
    private List<String> pulled() throws Exception {
        api(
                "CONSUMER.CREATE.TX.all",
                "{\"stream_name\":\"TX\",\"config\":{\"name\":\"all\",\"ack_policy\":\"none\"}}");
        List<String> all = new ArrayList<>();
        while (true) {
            nats.publish("$JS.API.CONSUMER.MSG.NEXT.TX.all", "in", "{\"no_wait\":true}");
            String line = nats.line();
            while (line.isEmpty()) {
                line = nats.line();
            }
            if (line.startsWith("HMSG")) {
                nats.until("NATS/1.0 404");
                return all;
            }
            assertThat(line).startsWith("MSG");
            all.add(nats.line());
        }
    }

    @Test
    void abortedRecordsAreRemovedAndCommittedOnesSeenInOrder() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            producer.beginTransaction();
            send(producer, "aborted");
            assertThat(newest()).isEqualTo(404);
            producer.abortTransaction();
            awaitMessages(0);

            producer.beginTransaction();
            send(producer, "first");
            nats.publish("tx.nats", "in", "third");
            nats.until("MSG in");
            assertThat(nats.line()).contains("\"seq\"");
            assertThat(newest()).isEqualTo(404);
            assertThat(pulled()).isEmpty();
            send(producer, "fourth");
            producer.commitTransaction();

            awaitMessages(3);
            assertThat(newest()).isZero();
            assertThat(pulled()).containsExactly("first", "third", "fourth");
        }
    }

    @Test
    void whatWasOpenAtARestartIsSeenByNobodyUntilItIsSettled() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            producer.beginTransaction();
            send(producer, "committed");
            producer.commitTransaction();
            producer.beginTransaction();
            send(producer, "aborted");
            producer.abortTransaction();
            producer.beginTransaction();
            send(producer, "open");
            nats.close();
            broker.restart();
            nats = connected();
            awaitMessages(2);
            assertThat(newest()).isEqualTo(404);
            assertThat(pulled()).containsExactly("committed");

            producer().close();
        }
        awaitMessages(1);
        assertThat(newest()).isZero();
    }
}
