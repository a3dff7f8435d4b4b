package io.polymq.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import io.polymq.testkit.Clients.Amqp1;
import io.polymq.testkit.Clients.Mqtt;
import io.polymq.testkit.Clients.Nats;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.junit.jupiter.api.Test;

/** Every protocol asks the tenant's quotas, and says in its own way that one is used up. */
class TenantQuotasTest extends WithAdmin {

    private static long used(String kind) throws Exception {
        return admin.ask("GET", "tenants/default", "").at("/used/" + kind).asLong();
    }

    private static void awaitUsed(String kind, long many) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (used(kind) != many && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertThat(used(kind)).isEqualTo(many);
    }

    @Test
    void connectionsAreRefusedInEachProtocolsWords() throws Exception {
        awaitUsed("connections", 0);
        try (Mqtt first = new Mqtt(broker, "first")) {
            assertThat(first.connack()).isZero();
            admin.quota("connections", 1);

            try (Mqtt second = new Mqtt(broker, "second")) {
                assertThat(second.connack()).isEqualTo(0x97);
            }
            try (Nats nats = new Nats(broker)) {
                assertThat(nats.until("-ERR")).contains("maximum connections exceeded");
            }
            assertThatThrownBy(() -> Clients.amqp(broker).close())
                    .hasStackTraceContaining("connection limit");
            try (Amqp1 amqp = new Amqp1(broker)) {
                assertThat(amqp.closed()).contains("amqp:not-allowed").contains("connection limit");
            }
        }
        awaitUsed("connections", 0);
        try (Mqtt third = new Mqtt(broker, "third")) {
            assertThat(third.connack()).isZero();
        }
    }

    @Test
    void mqttSessionsSubscriptionsAndRetainedMessagesAreRefusedWithQuotaExceeded()
            throws Exception {
        try (Mqtt client = new Mqtt(broker, "holder")) {
            admin.quota("subscriptions", used("subscriptions") + 1);
            assertThat(client.subscribe("quota/one")).isEqualTo(1);
            assertThat(client.subscribe("quota/one")).isEqualTo(1);
            assertThat(client.subscribe("quota/two")).isEqualTo(0x97);
            admin.quota("subscriptions", -1);

            admin.quota("retained", used("retained") + 1);
            assertThat(client.publish("kept/one", "1", true)).isLessThan(0x80);
            assertThat(client.publish("kept/one", "2", true)).isLessThan(0x80);
            assertThat(client.publish("kept/two", "1", true)).isEqualTo(0x97);
            admin.quota("retained", -1);

            admin.quota("sessions", used("sessions"));
            try (Mqtt other = new Mqtt(broker, "one-too-many")) {
                assertThat(other.connack()).isEqualTo(0x97);
            }
        }
    }

    @Test
    void natsSubscriptionsAreRefusedWithAnError() throws Exception {
        try (Nats nats = new Nats(broker)) {
            nats.send("SUB first 1\r\nPING\r\n");
            nats.until("PONG");
            admin.quota("subscriptions", used("subscriptions"));

            nats.send("SUB second 2\r\n");

            assertThat(nats.until("-ERR")).contains("maximum subscriptions exceeded");
        }
    }

    @Test
    void topicsOfKafkaStreamsOfJetStreamAndMailboxesShareOneQuota() throws Exception {
        admin.quota("topics", used("topics") + 1);
        try (Admin kafka = Admin.create(Clients.kafka(broker));
                Nats nats = new Nats(broker)) {
            kafka.createTopics(List.of(new NewTopic("quota-a", 1, (short) 1))).all().get();

            assertThatThrownBy(
                            () ->
                                    kafka.createTopics(
                                                    List.of(new NewTopic("quota-b", 1, (short) 1)))
                                            .all()
                                            .get())
                    .hasCauseInstanceOf(PolicyViolationException.class);
            nats.send("SUB answer 1\r\n");
            nats.publish(
                    "$JS.API.STREAM.CREATE.QUOTA",
                    "answer",
                    "{\"name\":\"QUOTA\",\"subjects\":[\"quota.stream\"]}");
            nats.until("MSG answer");
            assertThat(nats.line()).contains("\"err_code\":10027");
            kafka.deleteTopics(List.of("quota-a")).all().get();
        }
    }

    @Test
    void amqpQueuesAreRefusedWithAResourceError() throws Exception {
        try (Connection amqp = Clients.amqp(broker)) {
            Channel channel = amqp.createChannel();
            channel.queueDeclare("quota-queue", false, false, true, Map.of());
            admin.quota("queues", 1);

            assertThatThrownBy(() -> channel.queueDeclare("more", false, false, true, Map.of()))
                    .cause()
                    .isInstanceOfSatisfying(
                            ShutdownSignalException.class,
                            why ->
                                    assertThat(why.getReason().toString())
                                            .contains("reply-code=506")
                                            .contains("quota of queues"));
            assertThat(amqp.isOpen()).isTrue();
            admin.quota("queues", -1);
            amqp.createChannel().queueDelete("quota-queue");
        }
    }

    @Test
    void queuesOfAmqp1AreRefusedAtTheLinkAndOthersGoOn() throws Exception {
        try (Amqp1 amqp = new Amqp1(broker)) {
            amqp.sender(0, "/queue/quota-v1");
            admin.quota("queues", 1);

            amqp.sender(1, "/queue/quota-v1-more");

            assertThat(amqp.detached())
                    .contains("amqp:resource-limit-exceeded")
                    .contains("quota of queues");
            amqp.publish(0, 0);
        }
        try (Connection amqp = Clients.amqp(broker)) {
            admin.quota("queues", -1);
            assertThat(amqp.createChannel().queueDelete("quota-v1").getMessageCount()).isOne();
        }
    }

    @Test
    void anAmqp1PublisherBeyondItsTenantsRateIsReadMoreSlowly() throws Exception {
        admin.quota("messages_per_second", 100);
        try (Amqp1 amqp = new Amqp1(broker)) {
            amqp.sender(0, "/exchange/amq.fanout");
            long begun = System.nanoTime();

            for (int i = 0; i < 150; i++) {
                amqp.publish(0, i);
            }

            assertThat(System.nanoTime() - begun).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(400));
        }
    }

    @Test
    void aKafkaProducerBeyondItsTenantsRateIsToldToWait() throws Exception {
        try (Admin kafka = Admin.create(Clients.kafka(broker));
                KafkaProducer<byte[], byte[]> producer = Clients.producer(broker)) {
            kafka.createTopics(List.of(new NewTopic("paced", 1, (short) 1))).all().get();
            producer.send(new ProducerRecord<>("paced", new byte[10])).get();
            admin.quota("messages_per_second", 10);
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);

            double throttled = 0;
            while (throttled <= 0 && System.nanoTime() < deadline) {
                producer.send(new ProducerRecord<>("paced", new byte[10])).get();
                throttled = longestThrottle(producer);
            }

            assertThat(throttled).isPositive();
        }
    }

    private static double longestThrottle(KafkaProducer<byte[], byte[]> producer) {
        return producer.metrics().values().stream()
                .filter(m -> m.metricName().name().equals("produce-throttle-time-max"))
                .map(Metric::metricValue)
                .mapToDouble(value -> (Double) value)
                .filter(Double::isFinite)
                .max()
                .orElse(0);
    }

    @Test
    void anMqttPublisherBeyondItsTenantsRateIsReadMoreSlowly() throws Exception {
        admin.quota("messages_per_second", 100);
        try (Mqtt client = new Mqtt(broker, "paced")) {
            long begun = System.nanoTime();

            for (int i = 0; i < 60; i++) {
                assertThat(client.publish("paced/by/quota", "x", false)).isLessThan(0x80);
            }

            assertThat(System.nanoTime() - begun).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(250));
        }
    }

    @Test
    void mailBeyondTheQuotaOfTopicsIsRefusedInTheReplyAndOtherMailboxesGoOn() throws Exception {
        try (Nats agent = new Nats(broker)) {
            agent.send("SUB answer 1\r\n");
            assertThat(asked(agent, "MAILBOX.CREATE", "{\"name\":\"quota.a\",\"ttl\":0}"))
                    .contains("\"error\":\"\"");
            assertThat(asked(agent, "MAILBOX.CREATE", "{\"name\":\"quota.b\",\"ttl\":0}"))
                    .contains("\"error\":\"\"");
            assertThat(asked(agent, "MSG.SEND.quota.a", "one")).contains("\"msg_id\":0");
            admin.quota("topics", used("topics"));

            assertThat(asked(agent, "MSG.SEND.quota.b", "two"))
                    .isEqualTo("{\"error\":\"the tenant default has its quota of topics\"}");
            assertThat(asked(agent, "MSG.SEND.quota.a", "three")).contains("\"msg_id\":1");

            admin.quota("topics", -1);
            assertThat(asked(agent, "MSG.SEND.quota.b", "four")).contains("\"msg_id\":0");
            asked(agent, "MAILBOX.DELETE.quota.a", "");
            asked(agent, "MAILBOX.DELETE.quota.b", "");
        }
    }

    private static String asked(Nats agent, String command, String body) throws Exception {
        agent.publish("$mq9.AI." + command, "answer", body);
        agent.until("MSG answer");
        return agent.line();
    }

    @Test
    void anAgentBeyondItsTenantsRateIsReadMoreSlowly() throws Exception {
        try (Nats agent = new Nats(broker)) {
            agent.send("SUB answer 1\r\n");
            asked(agent, "MAILBOX.CREATE", "{\"name\":\"quota.paced\",\"ttl\":0}");
            asked(agent, "MSG.SEND.quota.paced", "first");
            admin.quota("messages_per_second", 100);
            long begun = System.nanoTime();

            for (int i = 0; i < 150; i++) {
                assertThat(asked(agent, "MSG.SEND.quota.paced", "x")).contains("\"error\":\"\"");
            }

            assertThat(System.nanoTime() - begun).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(400));
            admin.quota("messages_per_second", -1);
            asked(agent, "MAILBOX.DELETE.quota.paced", "");
        }
    }
}
