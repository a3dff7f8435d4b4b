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
import java.nio.ByteBuffer;
import java.util.Arrays;
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

    /** AMQP 1.0 by its frames: one session, and links with handles of their own. */
    static final class Amqp1 implements AutoCloseable {
        private static final int OPEN = 0x10;
        private static final int BEGIN = 0x11;
        private static final int ATTACH = 0x12;
        private static final int FLOW = 0x13;
        private static final int TRANSFER = 0x14;
        private static final int DISPOSITION = 0x15;
        private static final int DETACH = 0x16;
        private static final int TARGET = 0x29;
        private static final byte[] NOTHING = {0x40};
        private final Socket socket;
        private final DataInputStream in;

        Amqp1(EmbeddedPolyMq broker) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), broker.port("amqp"));
            socket.setSoTimeout(10_000);
            in = new DataInputStream(socket.getInputStream());
            socket.getOutputStream().write(new byte[] {'A', 'M', 'Q', 'P', 0, 1, 0, 0});
            in.readNBytes(8);
            send(list(OPEN, text("quotas"), text("localhost")));
        }

        /** The first frame of that kind, as text. */
        String until(int kind) throws IOException {
            while (true) {
                byte[] frame = in.readNBytes(in.readInt() - 4);
                if (frame.length > 7 && frame[6] == kind) {
                    return new String(frame, ISO_8859_1);
                }
            }
        }

        /** Why the connection was closed. */
        String closed() throws IOException {
            return until(0x18);
        }

        /** Opens a link that sends. */
        void sender(int handle, String address) throws IOException {
            if (handle == 0) {
                send(list(BEGIN, NOTHING, number(0), number(1000), number(1000)));
            }
            byte[] target = list(TARGET, text(address));
            byte[] sends = {0x42};
            send(
                    list(
                            ATTACH,
                            text("link" + handle),
                            number(handle),
                            sends,
                            NOTHING,
                            NOTHING,
                            list(0x28),
                            target,
                            NOTHING,
                            NOTHING,
                            number(0)));
            until(ATTACH);
        }

        /** Opens a link that receives, and gives it credit. */
        void receiver(int handle, String address) throws IOException {
            if (handle == 0) {
                send(list(BEGIN, NOTHING, number(0), number(1000), number(1000)));
            }
            byte[] receives = {0x41};
            send(
                    list(
                            ATTACH,
                            text("link" + handle),
                            number(handle),
                            receives,
                            NOTHING,
                            NOTHING,
                            list(0x28, text(address)),
                            list(TARGET)));
            until(ATTACH);
            send(
                    list(
                            FLOW,
                            number(0),
                            number(1000),
                            number(0),
                            number(1000),
                            number(handle),
                            number(0),
                            number(100)));
        }

        /** The next message that comes. */
        String received() throws IOException {
            return until(TRANSFER);
        }

        void detach(int handle) throws IOException {
            byte[] closed = {0x41};
            send(list(DETACH, number(handle), closed));
        }

        /** Sends a message and waits for its outcome, which it returns as text. */
        String publish(int handle, int id) throws IOException {
            byte[] body = {0, 0x53, 0x75, (byte) 0xa0, 1, 'x'};
            byte[] tag = {(byte) 0xa0, 1, (byte) id};
            byte[] transfer = list(TRANSFER, number(handle), number(id), tag, number(0));
            byte[] both = Arrays.copyOf(transfer, transfer.length + body.length);
            System.arraycopy(body, 0, both, transfer.length, body.length);
            send(both);
            return until(DISPOSITION);
        }

        /** Why the next link that is detached is. */
        String detached() throws IOException {
            return until(DETACH);
        }

        private void send(byte[] performative) throws IOException {
            ByteArrayOutputStream frame = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(frame);
            out.writeInt(8 + performative.length);
            out.writeInt(0x0200_0000);
            out.write(performative);
            socket.getOutputStream().write(frame.toByteArray());
        }

        private static byte[] list(int descriptor, byte[]... fields) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            int size = Arrays.stream(fields).mapToInt(field -> field.length).sum();
            byte[] head = {0, 0x53, (byte) descriptor, (byte) 0xc0};
            all.writeBytes(head);
            all.write(size + 1);
            all.write(fields.length);
            for (byte[] field : fields) {
                all.writeBytes(field);
            }
            return all.toByteArray();
        }

        private static byte[] text(String text) {
            byte[] utf8 = text.getBytes(UTF_8);
            byte[] bytes = new byte[utf8.length + 2];
            bytes[0] = (byte) 0xa1;
            bytes[1] = (byte) utf8.length;
            System.arraycopy(utf8, 0, bytes, 2, utf8.length);
            return bytes;
        }

        private static byte[] number(int value) {
            return ByteBuffer.allocate(5).put((byte) 0x70).putInt(value).array();
        }

        @Override
        public void close() throws IOException {
            socket.close();
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
