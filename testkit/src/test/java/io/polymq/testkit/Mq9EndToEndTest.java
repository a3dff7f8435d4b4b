package io.polymq.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;

/**
 * mq9 through the doors that clients use: a NATS connection, the admin port, and other protocols.
 */
class Mq9EndToEndTest {

    /** A NATS client of the fewest lines. */
    private static final class Nats implements AutoCloseable {
        private final Socket socket;
        private final InputStream in;
        private final StringBuilder received = new StringBuilder();

        Nats(int port, String login) throws IOException {
            socket = new Socket("127.0.0.1", port);
            socket.setSoTimeout(20_000);
            in = socket.getInputStream();
            send(
                    "CONNECT {\"verbose\":false,\"headers\":true,\"no_responders\":true"
                            + login
                            + "}\r\nSUB inbox 1\r\n");
        }

        void send(String text) throws IOException {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        }

        String ask(String subject, String body) throws IOException {
            send("PUB " + subject + " inbox " + body.length() + "\r\n" + body + "\r\n");
            return until("\"error\"");
        }

        /** Up to the end of the line in which that comes. */
        String until(String text) throws IOException {
            byte[] bytes = new byte[65_536];
            for (; ; ) {
                int found = received.indexOf(text);
                int end = found < 0 ? -1 : received.indexOf("\r\n", found);
                if (end >= 0) {
                    String all = received.substring(0, end);
                    received.delete(0, end + 2);
                    return all.substring(all.lastIndexOf('\n') + 1);
                }
                int count = in.read(bytes);
                assertThat(count).as("closed after " + received).isPositive();
                received.append(new String(bytes, 0, count, StandardCharsets.UTF_8));
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @Test
    void anUnmodifiedNatsConnectionSendsAndFetchesMail() throws Exception {
        try (EmbeddedPolyMq broker = EmbeddedPolyMq.start();
                Nats nats = new Nats(broker.port("nats"), "")) {
            assertThat(nats.ask("$mq9.AI.MAILBOX.CREATE", "{\"name\":\"a.b\"}"))
                    .isEqualTo("{\"error\":\"\",\"mail_address\":\"a.b\"}");
            assertThat(nats.ask("$mq9.AI.MSG.SEND.a.b", "hello"))
                    .isEqualTo("{\"error\":\"\",\"msg_id\":0}");
            String block = "NATS/1.0\r\nmq9-priority: critical\r\n\r\n";
            nats.send(
                    "HPUB $mq9.AI.MSG.SEND.a.b inbox "
                            + block.length()
                            + ' '
                            + (block.length() + 2)
                            + "\r\n"
                            + block
                            + "hi\r\n");
            assertThat(nats.until("\"error\"")).isEqualTo("{\"error\":\"\",\"msg_id\":1}");
            assertThat(
                            nats.ask(
                                    "$mq9.AI.MSG.FETCH.a.b",
                                    "{\"group_name\":\"g\",\"deliver\":\"earliest\"}"))
                    .contains(
                            "\"payload\":\"hi\",\"priority\":\"critical\"",
                            "\"payload\":\"hello\"");
        }
    }

    @Test
    void anUnknownSubjectIsAnErrorOfTheProtocol() throws Exception {
        try (EmbeddedPolyMq broker = EmbeddedPolyMq.start();
                Nats nats = new Nats(broker.port("nats"), "")) {
            nats.send("PUB $mq9.AI.WHAT.x inbox 0\r\n\r\n");

            assertThat(nats.until("-ERR"))
                    .isEqualTo("-ERR 'unrecognized mq9 subject: $mq9.AI.WHAT.x'");
        }
    }

    @Test
    void aMailboxIsATopicForKafkaAndMqttClients() throws Exception {
        try (EmbeddedPolyMq broker = EmbeddedPolyMq.start();
                Nats nats = new Nats(broker.port("nats"), "");
                Socket mqtt = new Socket("127.0.0.1", broker.port("mqtt"))) {
            mqtt.setSoTimeout(20_000);
            mqtt.getOutputStream()
                    .write(
                            new byte[] {
                                0x10,
                                14,
                                0,
                                4,
                                'M',
                                'Q',
                                'T',
                                'T',
                                4,
                                2,
                                0,
                                60,
                                0,
                                2,
                                'm',
                                '1',
                                (byte) 0x82,
                                10,
                                0,
                                1,
                                0,
                                5,
                                'm',
                                'q',
                                '9',
                                '/',
                                'a',
                                0
                            });
            assertThat(mqtt.getInputStream().readNBytes(4 + 5)).hasSize(9);
            nats.ask("$mq9.AI.MAILBOX.CREATE", "{\"name\":\"a\"}");
            nats.ask("$mq9.AI.MSG.SEND.a", "hello");

            byte[] publish = mqtt.getInputStream().readNBytes(2 + 2 + 5 + 5);
            assertThat(new String(publish, 4, 10, StandardCharsets.UTF_8)).isEqualTo("mq9/ahello");
            assertThat(kafka(broker.port("kafka"))).isEqualTo("hello");
        }
    }

    private static String kafka(int port) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", "127.0.0.1:" + port);
        settings.put("auto.offset.reset", "earliest");
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(new TopicPartition("mq9.a", 0)));
            for (int i = 0; i < 20; i++) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofSeconds(1))) {
                    return record.value();
                }
            }
        }
        return "nothing";
    }

    @Test
    void mcpIsServedOnTheAdminPortToTheSameUsers() throws Exception {
        try (EmbeddedPolyMq broker =
                        EmbeddedPolyMq.builder()
                                .set("auth.admin.user", "ann")
                                .set("auth.admin.password", "secret")
                                .set("auth.allow_anonymous", "false")
                                .start();
                HttpClient client = HttpClient.newHttpClient()) {
            String create =
                    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":"
                            + "\"mq9_create_mailbox\",\"arguments\":{\"name\":\"m\"}}}";

            assertThat(post(client, broker.adminUri(), create, "nobody:knows").statusCode())
                    .isEqualTo(401);
            HttpResponse<String> made = post(client, broker.adminUri(), create, "ann:secret");

            assertThat(made.statusCode()).isEqualTo(200);
            assertThat(made.body()).contains("mail_address");
            try (Nats nats =
                    new Nats(broker.port("nats"), ",\"user\":\"ann\",\"pass\":\"secret\"")) {
                assertThat(nats.ask("$mq9.AI.MSG.SEND.m", "x")).contains("\"msg_id\":0");
            }
        }
    }

    private static HttpResponse<String> post(
            HttpClient client, URI admin, String body, String login) throws Exception {
        String basic = Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8));
        return client.send(
                HttpRequest.newBuilder(admin.resolve("/mcp"))
                        .header("Content-Type", "application/json")
                        .header("Authorization", "Basic " + basic)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
