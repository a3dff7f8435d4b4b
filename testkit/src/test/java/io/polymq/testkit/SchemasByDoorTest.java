package io.polymq.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.polymq.testkit.Clients.Mqtt;
import io.polymq.testkit.Clients.Nats;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Whoever publishes to a subject with a schema is held to it, whatever the protocol. */
class SchemasByDoorTest {
    private static final String GOOD = "{\"id\":1}";
    private static final String BAD = "{\"id\":\"one\"}";
    private static EmbeddedPolyMq broker;
    private static HttpClient http;

    @BeforeAll
    static void start() throws Exception {
        broker = EmbeddedPolyMq.builder().set("auth.admin.password", "s3cret").start();
        http = HttpClient.newHttpClient();
        Clients.Admin admin = new Clients.Admin(broker, http);
        admin.ask(
                "PUT",
                "schemas/order",
                "{\"format\":\"json\",\"text\":\"{\\\"type\\\":\\\"object\\\",\\\"properties\\\":"
                        + "{\\\"id\\\":{\\\"type\\\":\\\"integer\\\"}}}\"}");
        for (String filter : List.of("orders.#", "mq9.orders")) {
            admin.ask(
                    "PUT",
                    "schema-bindings/" + filter.replace("#", "%23"),
                    "{\"schema\":\"order\"}");
        }
    }

    @AfterAll
    static void stop() {
        http.close();
        broker.close();
    }

    @Test
    void mqttAnswersWithPayloadFormatInvalid() throws Exception {
        try (Mqtt client = new Mqtt(broker, "schemas")) {
            assertThat(client.publish("orders/mqtt", GOOD, false)).isLessThan(0x80);
            assertThat(client.publish("orders/mqtt", BAD, false)).isEqualTo(0x99);
        }
    }

    @Test
    void natsAnswersWithAnError() throws Exception {
        try (Nats nats = new Nats(broker)) {
            nats.publish("orders.nats", "", GOOD);
            nats.publish("orders.nats", "", BAD);
            assertThat(nats.until("-ERR")).contains("Payload Violation").contains("order");
        }
    }

    @Test
    void jetStreamAnswersThePublisherToo() throws Exception {
        try (Nats nats = new Nats(broker)) {
            nats.send("SUB made 1\r\nSUB ack 2\r\n");
            nats.publish(
                    "$JS.API.STREAM.CREATE.ORDERS",
                    "made",
                    "{\"name\":\"ORDERS\",\"subjects\":[\"orders.stream\"]}");
            nats.until("MSG made");
            nats.publish("orders.stream", "ack", GOOD);
            nats.until("MSG ack");
            assertThat(nats.line()).contains("\"seq\":1").doesNotContain("error");
            nats.publish("orders.stream", "ack", BAD);
            nats.until("MSG ack");
            assertThat(nats.line()).contains("\"err_code\":10077").contains("order");
        }
    }

    @Test
    void kafkaRefusesTheBatchAndNamesTheRecord() throws Exception {
        try (Admin kafka = Admin.create(Clients.kafka(broker));
                KafkaProducer<byte[], byte[]> producer = Clients.producer(broker)) {
            kafka.createTopics(List.of(new NewTopic("orders.kafka", 1, (short) 1))).all().get();
            producer.send(record(GOOD)).get();
            assertThatThrownBy(() -> producer.send(record(BAD)).get())
                    .hasCauseInstanceOf(InvalidRecordException.class)
                    .hasMessageContaining("order");
            assertThat(producer.send(record(null)).get().offset()).isEqualTo(1);
        }
    }

    private static ProducerRecord<byte[], byte[]> record(String value) {
        return new ProducerRecord<>(
                "orders.kafka",
                "key".getBytes(StandardCharsets.UTF_8),
                value == null ? null : value.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void mq9RefusesTheMail() throws Exception {
        try (Nats nats = new Nats(broker)) {
            nats.send("SUB answer 1\r\n");
            nats.publish("$mq9.AI.MAILBOX.CREATE", "answer", "{\"name\":\"orders\"}");
            nats.until("MSG answer");
            nats.line();
            nats.publish("$mq9.AI.MSG.SEND.orders", "answer", GOOD);
            nats.until("MSG answer");
            assertThat(nats.line()).contains("\"error\":\"\"");
            nats.publish("$mq9.AI.MSG.SEND.orders", "answer", BAD);
            nats.until("MSG answer");
            assertThat(nats.line()).contains("payload refused").contains("order");
        }
    }

    @Test
    void amqpNegativelyAcknowledges() throws Exception {
        try (Connection amqp = Clients.amqp(broker)) {
            Channel channel = amqp.createChannel();
            channel.confirmSelect();
            channel.basicPublish(
                    "amq.topic", "orders.amqp", null, GOOD.getBytes(StandardCharsets.UTF_8));
            assertThat(channel.waitForConfirms(10_000)).isTrue();
            channel.basicPublish(
                    "amq.topic", "orders.amqp", null, BAD.getBytes(StandardCharsets.UTF_8));
            assertThat(channel.waitForConfirms(10_000)).isFalse();
        }
    }
}
