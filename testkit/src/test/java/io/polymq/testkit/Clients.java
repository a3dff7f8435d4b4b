package io.polymq.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.rabbitmq.client.ConnectionFactory;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Base64;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Small clients of every protocol for tests of the whole broker. For one thread each. */
final class Clients {
    private Clients() {}

    /** The admin port's interface, as the administrator {@code admin} with the password s3cret. */
    record Admin(EmbeddedPolyMq broker, HttpClient http) {
        private static final ObjectMapper JSON = new ObjectMapper();

        JsonNode ask(String method, String path, String body) throws Exception {
            String login = Base64.getEncoder().encodeToString("admin:s3cret".getBytes(ISO_8859_1));
            HttpResponse<String> answer =
                    http.send(
                            HttpRequest.newBuilder(
                                            URI.create(
                                                    broker.adminUri().resolve("/")
                                                            + "api/v1/"
                                                            + path))
                                    .method(method, HttpRequest.BodyPublishers.ofString(body))
                                    .header("Authorization", "Basic " + login)
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() / 100 != 2) {
                throw new IOException(answer.statusCode() + " " + answer.body());
            }
            return JSON.readTree(answer.body());
        }

        void quota(String kind, long limit) throws Exception {
            ask("PUT", "tenants/default", "{\"quotas\":{\"" + kind + "\":" + limit + "}}");
        }
    }

    /** NATS by its lines. */
    static final class Nats implements AutoCloseable {
        private final Socket socket;

        Nats(EmbeddedPolyMq broker) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), broker.port("nats"));
            socket.setSoTimeout(10_000);
            line();
            send("CONNECT {\"verbose\":false,\"headers\":true}\r\n");
        }

        void send(String text) throws IOException {
            socket.getOutputStream().write(text.getBytes(UTF_8));
        }

        void publish(String subject, String reply, String payload) throws IOException {
            send(
                    "PUB "
                            + subject
                            + ' '
                            + reply
                            + ' '
                            + payload.length()
                            + "\r\n"
                            + payload
                            + "\r\n");
        }

        /** Skips lines up to the first that begins so. */
        String until(String beginning) throws IOException {
            String line = line();
            while (!line.startsWith(beginning)) {
                line = line();
            }
            return line;
        }

        String line() throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            int b = socket.getInputStream().read();
            while (b >= 0 && b != '\n') {
                line.write(b);
                b = socket.getInputStream().read();
            }
            if (b < 0) {
                throw new IOException("the end, after " + line);
            }
            return line.toString(UTF_8).stripTrailing();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    /** MQTT 5 by its packets. */
    static final class Mqtt implements AutoCloseable {
        private final Socket socket;
        private final DataInputStream in;
        private final int connack;

        Mqtt(EmbeddedPolyMq broker, String clientId) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), broker.port("mqtt"));
            socket.setSoTimeout(10_000);
            in = new DataInputStream(socket.getInputStream());
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(body);
            out.writeUTF("MQTT");
            out.writeByte(5);
            out.writeByte(2);
            out.writeShort(60);
            out.writeByte(0);
            out.writeUTF(clientId);
            send(0x10, body.toByteArray());
            connack = packet(0x20)[1] & 0xff;
        }

        /** The reason code of CONNACK. */
        int connack() {
            return connack;
        }

        /** The reason code of PUBACK. */
        int publish(String topic, String payload, boolean retain) throws IOException {
            return publish(topic, payload, retain, Map.of());
        }

        int publish(String topic, String payload, boolean retain, Map<String, String> properties)
                throws IOException {
            ByteArrayOutputStream user = new ByteArrayOutputStream();
            DataOutputStream users = new DataOutputStream(user);
            for (Map.Entry<String, String> property : properties.entrySet()) {
                users.writeByte(0x26);
                users.writeUTF(property.getKey());
                users.writeUTF(property.getValue());
            }
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(body);
            out.writeUTF(topic);
            out.writeShort(1);
            length(body, user.size());
            user.writeTo(body);
            out.writeBytes(payload);
            send(0x32 | (retain ? 1 : 0), body.toByteArray());
            byte[] puback = packet(0x40);
            return puback.length > 2 ? puback[2] & 0xff : 0;
        }

        /** The reason code of SUBACK. */
        int subscribe(String filter) throws IOException {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(body);
            out.writeShort(2);
            out.writeByte(0);
            out.writeUTF(filter);
            out.writeByte(1);
            send(0x82, body.toByteArray());
            return packet(0x90)[3] & 0xff;
        }

        /** The body of the next packet of a type. */
        byte[] packet(int type) throws IOException {
            while (true) {
                int first = in.readUnsignedByte();
                int length = 0;
                for (int shift = 0; ; shift += 7) {
                    int b = in.readUnsignedByte();
                    length |= (b & 0x7f) << shift;
                    if (b < 0x80) {
                        break;
                    }
                }
                byte[] body = in.readNBytes(length);
                if ((first & 0xf0) == type) {
                    return body;
                }
            }
        }

        private void send(int first, byte[] body) throws IOException {
            ByteArrayOutputStream packet = new ByteArrayOutputStream();
            packet.write(first);
            length(packet, body.length);
            packet.writeBytes(body);
            socket.getOutputStream().write(packet.toByteArray());
        }

        private static void length(ByteArrayOutputStream to, int length) {
            int left = length;
            while (left > 0x7f) {
                to.write(left & 0x7f | 0x80);
                left >>= 7;
            }
            to.write(left);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    static Map<String, Object> kafka(EmbeddedPolyMq broker) {
        return Map.of(
                "bootstrap.servers",
                "127.0.0.1:" + broker.port("kafka"),
                "request.timeout.ms",
                10_000,
                "default.api.timeout.ms",
                10_000);
    }

    static KafkaProducer<byte[], byte[]> producer(EmbeddedPolyMq broker) {
        Map<String, Object> settings = new java.util.HashMap<>(kafka(broker));
        settings.put("delivery.timeout.ms", 12_000);
        settings.put("linger.ms", 0);
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    static com.rabbitmq.client.Connection amqp(EmbeddedPolyMq broker) throws Exception {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setHost("127.0.0.1");
        factory.setPort(broker.port("amqp"));
        factory.setAutomaticRecoveryEnabled(false);
        return factory.newConnection();
    }
}
