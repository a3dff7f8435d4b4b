package io.polymq.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.polymq.testkit.Clients.Amqp1;
import io.polymq.testkit.Clients.Mqtt;
import io.polymq.testkit.Clients.Nats;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What happens to the broker is posted, signed, and posted again when it was not taken. */
class WebhookTest {
    private static final String SECRET = "between us";
    private final BlockingQueue<JsonNode> events = new LinkedBlockingQueue<>();
    private final List<JsonNode> heard = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();
    private final AtomicInteger refusals = new AtomicInteger();
    private HttpServer receiver;
    private EmbeddedPolyMq broker;

    @BeforeEach
    void start() throws Exception {
        receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.createContext("/hook", this::receive);
        receiver.start();
        broker =
                EmbeddedPolyMq.builder()
                        .set("auth.admin.password", "s3cret")
                        .set(
                                "webhook.url",
                                "http://127.0.0.1:" + receiver.getAddress().getPort() + "/hook")
                        .set("webhook.secret", SECRET)
                        .set("webhook.linger", "10ms")
                        .set("webhook.backoff", "20ms")
                        .start();
    }

    @AfterEach
    void stop() {
        broker.close();
        receiver.stop(0);
        assertThat(faults).isEmpty();
    }

    private void receive(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        if (refusals.getAndDecrement() > 0) {
            exchange.sendResponseHeaders(503, -1);
            exchange.close();
            return;
        }
        String at = exchange.getRequestHeaders().getFirst("X-PolyMQ-Timestamp");
        String signature = exchange.getRequestHeaders().getFirst("X-PolyMQ-Signature");
        if (!("sha256=" + signed(at, body)).equals(signature)) {
            faults.add("signed with " + signature);
        }
        new ObjectMapper().readTree(body).at("/events").forEach(events::add);
        exchange.sendResponseHeaders(204, -1);
        exchange.close();
    }

    private static String signed(String at, byte[] body) throws IOException {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            mac.update((at + ".").getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(mac.doFinal(body));
        } catch (java.security.GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    /** The first event of a type for which something stands somewhere. */
    private JsonNode await(String type, String pointer, String value) throws Exception {
        return await(type, pointer, value, () -> {});
    }

    /**
     * @param meanwhile is done again and again
     */
    private JsonNode await(String type, String pointer, String value, Runnable meanwhile)
            throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(15);
        while (System.nanoTime() < deadline) {
            for (JsonNode event : heard) {
                if (event.at("/type").asText().equals(type)
                        && event.at(pointer).asText().equals(value)) {
                    return event;
                }
            }
            meanwhile.run();
            JsonNode next = events.poll(100, TimeUnit.MILLISECONDS);
            if (next != null) {
                heard.add(next);
            }
        }
        throw new AssertionError("no " + type + " with " + value + " among " + heard);
    }

    @Test
    void clientsComeSubscribeAndGo() throws Exception {
        try (Mqtt client = new Mqtt(broker, "watched")) {
            client.subscribe("a/+");
        }
        JsonNode connected = await("connected", "/client/id", "watched");
        assertThat(connected.at("/client/protocol").asText()).isEqualTo("mqtt");
        assertThat(connected.at("/client/tenant").asText()).isEqualTo("default");
        assertThat(await("subscribed", "/client/id", "watched").at("/filter").asText())
                .isEqualTo("a/+");
        await("disconnected", "/client/id", "watched");
        try (Nats nats = new Nats(broker)) {
            nats.send("SUB b.c 1\r\nUNSUB 1\r\nPING\r\n");
            nats.until("PONG");
            await("unsubscribed", "/filter", "b.c");
        }
    }

    @Test
    void membersOfGroupsComeAndGoWithTheirTopics() throws Exception {
        for (String protocol : List.of("classic", "consumer")) {
            Map<String, Object> settings = member(protocol);
            settings.put("group.protocol", protocol);
            try (KafkaConsumer<byte[], byte[]> consumer =
                    new KafkaConsumer<>(
                            settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
                consumer.subscribe(List.of("hooked-" + protocol, "hooked-too"));
                comesTo(protocol, () -> consumer.poll(Duration.ofMillis(50)));
                consumer.subscribe(List.of("hooked-too"));
                await(
                        "unsubscribed",
                        "/filter",
                        "hooked-" + protocol,
                        () -> consumer.poll(Duration.ofMillis(50)));
            }
            leaves(protocol);
        }
        Map<String, Object> settings = member("share");
        try (KafkaShareConsumer<byte[], byte[]> consumer =
                new KafkaShareConsumer<>(
                        settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of("hooked-share"));
            comesTo("share", () -> consumer.poll(Duration.ofMillis(50)));
        }
        leaves("share");
    }

    private Map<String, Object> member(String group) {
        Map<String, Object> settings = new HashMap<>(Clients.kafka(broker));
        settings.put("group.id", "group-" + group);
        settings.put("client.id", "member-" + group);
        return settings;
    }

    private void comesTo(String group, Runnable meanwhile) throws Exception {
        JsonNode came = await("subscribed", "/filter", "hooked-" + group, meanwhile);
        assertThat(came.at("/group").asText()).isEqualTo("group-" + group);
        assertThat(came.at("/client/protocol").asText()).isEqualTo("kafka");
        assertThat(came.at("/client/id").asText()).isEqualTo("member-" + group);
        assertThat(came.at("/client/address").asText()).contains("127.0.0.1");
    }

    private void leaves(String group) throws Exception {
        JsonNode left = await("unsubscribed", "/group", "group-" + group);
        assertThat(left.at("/client/id").asText()).isEqualTo("member-" + group);
    }

    @Test
    void consumersOfQueuesAndStreamsComeAndGoInBothVersionsOfAmqp() throws Exception {
        try (Connection amqp = Clients.amqp(broker)) {
            Channel channel = amqp.createChannel();
            channel.queueDeclare("hooked-old", true, false, false, Map.of());
            channel.queueDeclare(
                    "hooked-stream", true, false, false, Map.of("x-queue-type", "stream"));
            String tag = channel.basicConsume("hooked-old", new DefaultConsumer(channel));
            channel.basicQos(10);
            channel.basicConsume("hooked-stream", false, new DefaultConsumer(channel));
            assertThat(await("subscribed", "/filter", "hooked-old").at("/client/user").asText())
                    .isEqualTo("anonymous");
            await("subscribed", "/filter", "hooked-stream");
            channel.basicCancel(tag);
            await("unsubscribed", "/filter", "hooked-old");
        }
        JsonNode gone = await("unsubscribed", "/filter", "hooked-stream");
        assertThat(gone.at("/client/protocol").asText()).isEqualTo("amqp");
        try (Amqp1 amqp = new Amqp1(broker)) {
            amqp.receiver(0, "/queue/hooked-new");
            assertThat(await("subscribed", "/filter", "hooked-new").at("/client/id").asText())
                    .isEqualTo("quotas");
            amqp.detach(0);
            await("unsubscribed", "/filter", "hooked-new");
        }
    }

    @Test
    void readersToWhomMailIsSentComeAndGo() throws Exception {
        try (Nats agent = new Nats(broker)) {
            agent.send("SUB answer 1\r\nSUB mail 2\r\n");
            agent.publish(
                    "$mq9.AI.MAILBOX.CREATE", "answer", "{\"name\":\"hooked.box\",\"ttl\":0}");
            agent.until("MSG answer");
            agent.publish(
                    "$mq9.AI.MSG.SUBSCRIBE.hooked.box",
                    "answer",
                    "{\"group_name\":\"readers\",\"deliver_subject\":\"mail\"}");
            agent.until("MSG answer");
            JsonNode came = await("subscribed", "/filter", "hooked.box");
            assertThat(came.at("/client/protocol").asText()).isEqualTo("mq9");
            assertThat(came.at("/group").asText()).isEqualTo("readers");
            agent.publish("$mq9.AI.MAILBOX.DELETE.hooked.box", "answer", "");
            await("unsubscribed", "/filter", "hooked.box");
        }
    }

    @Test
    void topicsAndQueuesComeAndGo() throws Exception {
        try (HttpClient http = HttpClient.newHttpClient();
                Connection amqp = Clients.amqp(broker)) {
            Clients.Admin admin = new Clients.Admin(broker, http);
            admin.ask("PUT", "topics/hooked", "{}");
            admin.ask("DELETE", "topics/hooked", "");
            Channel channel = amqp.createChannel();
            channel.queueDeclare("hooked-queue", true, false, false, Map.of());
            channel.queueDelete("hooked-queue");
            await("topic_created", "/topic", "hooked");
            await("topic_deleted", "/topic", "hooked");
            await("queue_created", "/queue", "hooked-queue");
            await("queue_deleted", "/queue", "hooked-queue");
        }
    }

    @Test
    void aRefusedLoginAndAnExceededQuotaAreTold() throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            Clients.Admin admin = new Clients.Admin(broker, http);
            admin.quota("topics", 0);
            org.assertj.core.api.Assertions.assertThatThrownBy(
                            () -> admin.ask("PUT", "topics/more", "{}"))
                    .hasMessageContaining("403");
            assertThat(await("quota_exceeded", "/quota", "TOPICS").at("/tenant").asText())
                    .isEqualTo("default");
            java.net.http.HttpRequest wrong =
                    java.net.http.HttpRequest.newBuilder(
                                    broker.adminUri().resolve("/api/v1/overview"))
                            .header("Authorization", "Basic YWRtaW46d3Jvbmc=")
                            .build();
            assertThat(
                            http.send(wrong, java.net.http.HttpResponse.BodyHandlers.discarding())
                                    .statusCode())
                    .isEqualTo(401);
            await("login_failed", "/client/user", "admin");
        }
    }

    @Test
    void aBatchThatWasNotTakenComesAgain() throws Exception {
        refusals.set(3);
        try (Mqtt client = new Mqtt(broker, "late")) {
            assertThat(client.connack()).isZero();
        }
        await("connected", "/client/id", "late");
        assertThat(refusals.get()).isLessThanOrEqualTo(0);
    }
}
