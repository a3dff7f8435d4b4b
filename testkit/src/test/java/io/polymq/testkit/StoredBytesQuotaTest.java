package io.polymq.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.MessageProperties;
import io.polymq.testkit.Clients.Amqp1;
import io.polymq.testkit.Clients.Mqtt;
import io.polymq.testkit.Clients.Nats;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A tenant that has its quota of stored bytes: every protocol refuses in its own words what would
 * be stored, reads and deletes on, and takes it again when space is free.
 */
class StoredBytesQuotaTest extends WithAdmin {
    private static final String TOPIC = "stored.kept";

    @BeforeEach
    void something() throws Exception {
        try (Admin kafka = Admin.create(Clients.kafka(broker));
                KafkaProducer<byte[], byte[]> producer = Clients.producer(broker)) {
            kafka.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
            await(() -> isTaken(producer));
        }
    }

    @AfterEach
    void free() throws Exception {
        try (Admin kafka = Admin.create(Clients.kafka(broker))) {
            kafka.deleteTopics(List.of(TOPIC)).all().get();
        }
    }

    private static ProducerRecord<byte[], byte[]> record() {
        return new ProducerRecord<>(TOPIC, "something".getBytes(UTF_8));
    }

    /** From now on more than the quota is stored, and everyone knows. */
    private static void fill() throws Exception {
        admin.quota("stored_bytes", 1);
        try (Mqtt client = new Mqtt(broker, "filler")) {
            await(() -> client.publish("stored/kept", "more", false) == 0x97);
        }
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("it never came true").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    private static String asked(Nats nats, String subject, String payload) throws Exception {
        nats.publish(subject, "answer", payload);
        nats.until("MSG answer");
        return nats.line();
    }

    @Test
    void mqttSaysQuotaExceededAndWhatNobodyStoresPasses() throws Exception {
        fill();
        try (Mqtt client = new Mqtt(broker, "publisher")) {
            assertThat(client.publish("stored/kept", "x", false)).isEqualTo(0x97);
            assertThat(client.publish("stored/last", "x", true)).isEqualTo(0x97);

            assertThat(client.subscribe("nowhere/kept")).isEqualTo(1);
            assertThat(client.publish("nowhere/kept", "x", false)).isZero();
        }
    }

    @Test
    void aKafkaProducerHearsPolicyViolationAndGoesOnWhenThereIsRoom() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(broker);
                Admin kafka = Admin.create(Clients.kafka(broker))) {
            producer.send(record()).get();
            fill();

            assertThatThrownBy(() -> producer.send(record()).get())
                    .cause()
                    .isInstanceOf(PolicyViolationException.class)
                    .hasMessageContaining("quota of stored bytes");
            assertThat(read()).isGreaterThanOrEqualTo(2);

            kafka.deleteRecords(
                            Map.of(new TopicPartition(TOPIC, 0), RecordsToDelete.beforeOffset(-1)))
                    .all()
                    .get();
            await(() -> isTaken(producer));
        }
    }

    private static boolean isTaken(KafkaProducer<byte[], byte[]> producer) throws Exception {
        try {
            producer.send(record()).get();
            return true;
        } catch (java.util.concurrent.ExecutionException e) {
            assertThat(e).hasCauseInstanceOf(PolicyViolationException.class);
            return false;
        }
    }

    private static int read() {
        Map<String, Object> settings = new HashMap<>(Clients.kafka(broker));
        settings.put("auto.offset.reset", "earliest");
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(
                        settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partition = List.of(new TopicPartition(TOPIC, 0));
            consumer.assign(partition);
            consumer.seekToBeginning(partition);
            return consumer.poll(Duration.ofSeconds(10)).count();
        }
    }

    @Test
    void aKafkaTransactionThatIsRefusedAbortsAndTheNextOneCommits() throws Exception {
        Map<String, Object> settings = new HashMap<>(Clients.kafka(broker));
        settings.put("transactional.id", "stored");
        settings.put("delivery.timeout.ms", 12_000);
        settings.put("linger.ms", 0);
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(record()).get();
            fill();

            assertThatThrownBy(() -> producer.send(record()).get())
                    .hasCauseInstanceOf(PolicyViolationException.class);
            producer.abortTransaction();

            admin.quota("stored_bytes", -1);
            await(
                    () -> {
                        producer.beginTransaction();
                        if (isTaken(producer)) {
                            producer.commitTransaction();
                            return true;
                        }
                        producer.abortTransaction();
                        return false;
                    });
        }
    }

    @Test
    void amqpPublishesAreNackedAndWhatIsConsumedMakesRoom() throws Exception {
        try (Connection amqp = Clients.amqp(broker);
                Admin kafka = Admin.create(Clients.kafka(broker))) {
            Channel channel = amqp.createChannel();
            channel.queueDeclare("stored-queue", true, false, false, Map.of());
            channel.confirmSelect();
            assertThat(confirmed(channel)).isTrue();
            fill();

            assertThat(confirmed(channel)).isFalse();
            Channel transaction = amqp.createChannel();
            transaction.txSelect();
            transaction.basicPublish("", "stored-queue", null, new byte[10]);
            assertThatThrownBy(transaction::txCommit)
                    .hasStackTraceContaining("506")
                    .hasStackTraceContaining("quota of stored bytes");

            kafka.deleteTopics(List.of(TOPIC)).all().get();
            assertThat(channel.basicGet("stored-queue", true)).isNotNull();
            await(() -> confirmed(channel));
            channel.queueDelete("stored-queue");
        } finally {
            try (Admin kafka = Admin.create(Clients.kafka(broker))) {
                kafka.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
            }
        }
    }

    private static boolean confirmed(Channel channel) throws Exception {
        channel.basicPublish("", "stored-queue", MessageProperties.PERSISTENT_BASIC, new byte[10]);
        return channel.waitForConfirms(10_000);
    }

    @Test
    void amqpStreamsAreRefusedLikeQueues() throws Exception {
        try (Connection amqp = Clients.amqp(broker)) {
            Channel channel = amqp.createChannel();
            channel.queueDeclare(
                    "stored-stream", true, false, false, Map.of("x-queue-type", "stream"));
            channel.confirmSelect();
            fill();

            channel.basicPublish("", "stored-stream", null, new byte[10]);

            assertThat(channel.waitForConfirms(10_000)).isFalse();
            channel.queueDelete("stored-stream");
        }
    }

    @Test
    void anAmqp1MessageIsRejectedForAResourceLimit() throws Exception {
        try (Amqp1 amqp = new Amqp1(broker)) {
            amqp.sender(0, "/queue/stored-v1");
            fill();

            assertThat(amqp.publish(0, 0))
                    .contains("amqp:resource-limit-exceeded")
                    .contains("quota of stored bytes");
        }
        try (Connection amqp = Clients.amqp(broker)) {
            amqp.createChannel().queueDelete("stored-v1");
        }
    }

    @Test
    void jetStreamSaysThatTheAccountsResourcesAreExceeded() throws Exception {
        try (Nats nats = new Nats(broker)) {
            nats.send("SUB answer 1\r\n");
            asked(
                    nats,
                    "$JS.API.STREAM.CREATE.STORED",
                    "{\"name\":\"STORED\",\"subjects\":[\"stored.stream\"]}");
            assertThat(asked(nats, "stored.stream", "one")).contains("\"seq\":1");
            fill();

            assertThat(asked(nats, "stored.stream", "two"))
                    .contains("\"err_code\":10002")
                    .contains("resource limits exceeded for account");
            try (Mqtt client = new Mqtt(broker, "into-a-stream")) {
                assertThat(client.publish("stored/stream", "x", false)).isEqualTo(0x97);
            }
            assertThat(asked(nats, "$JS.API.STREAM.INFO.STORED", "")).contains("\"messages\":1");
            asked(nats, "$JS.API.STREAM.DELETE.STORED", "");
        }
    }

    @Test
    void mailIsRefusedInTheReply() throws Exception {
        try (Nats agent = new Nats(broker)) {
            agent.send("SUB answer 1\r\n");
            asked(agent, "$mq9.AI.MAILBOX.CREATE", "{\"name\":\"stored.box\",\"ttl\":0}");
            assertThat(asked(agent, "$mq9.AI.MSG.SEND.stored.box", "one")).contains("\"msg_id\":0");
            fill();

            assertThat(asked(agent, "$mq9.AI.MSG.SEND.stored.box", "two"))
                    .isEqualTo("{\"error\":\"the tenant default has its quota of stored bytes\"}");
            asked(agent, "$mq9.AI.MAILBOX.DELETE.stored.box", "");
        }
    }

    @Test
    void whatIsUsedIsShownWithTheTenantAndInTheMetrics() throws Exception {
        fill();

        assertThat(admin.ask("GET", "tenants/default", "").at("/used/stored_bytes").asLong())
                .isGreaterThan(1);
        assertThat(admin.ask("GET", "tenants/default", "").at("/quotas/stored_bytes").asLong())
                .isEqualTo(1);
        String metrics =
                http.send(
                                HttpRequest.newBuilder(
                                                URI.create(
                                                        broker.adminUri().resolve("/") + "metrics"))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .body();
        assertThat(metrics)
                .contains("polymq_tenant_stored_bytes_quota{tenant=\"default\"} 1")
                .contains("polymq_tenant_stored_bytes{tenant=\"default\"}")
                .contains("polymq_tenant_refused_appends_total{tenant=\"default\"}");
    }
}
