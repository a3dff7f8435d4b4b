package io.polymq.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.polymq.codec.mqtt.MqttCodecException;
import io.polymq.codec.mqtt.MqttDecoder;
import io.polymq.codec.mqtt.MqttEncoder;
import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.MqttVersion;
import io.polymq.codec.mqtt.Properties;
import io.polymq.codec.mqtt.Property;
import io.polymq.codec.mqtt.ReasonCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A client that sends what it is told, answers nothing by itself, and hands out what comes. */
final class TestClient implements AutoCloseable {

    private final Socket socket = new Socket();
    private final ByteBuf received = Unpooled.buffer();
    private final MqttDecoder decoder = new MqttDecoder();
    private final MqttVersion version;
    private int nextId;

    TestClient(int port, MqttVersion version) {
        this.version = version;
        try {
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress("127.0.0.1", port), 5_000);
            socket.setSoTimeout(5_000);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static TestClient v5(int port) {
        return new TestClient(port, MqttVersion.V5);
    }

    static TestClient v4(int port) {
        return new TestClient(port, MqttVersion.V3_1_1);
    }

    void send(MqttPacket packet) {
        ByteBuf out = Unpooled.buffer();
        MqttEncoder.encode(packet, version, out);
        sendBytes(ByteBufUtil.getBytes(out));
    }

    void sendHex(String hex) {
        sendBytes(ByteBufUtil.decodeHexDump(hex.replace(" ", "")));
    }

    void sendBytes(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends nothing any more, but goes on reading. */
    void endOutput() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next packet; null when the connection was closed instead. */
    @Nullable MqttPacket read() {
        try {
            while (true) {
                MqttPacket packet = decoder.decode(received, version);
                if (packet != null) {
                    return packet;
                }
                byte[] chunk = new byte[8192];
                int count = socket.getInputStream().read(chunk);
                if (count < 0) {
                    return null;
                }
                received.discardReadBytes();
                received.writeBytes(chunk, 0, count);
            }
        } catch (SocketTimeoutException e) {
            throw new AssertionError("nothing came in five seconds", e);
        } catch (IOException e) {
            return null;
        } catch (MqttCodecException e) {
            throw new AssertionError("the broker sent something malformed", e);
        }
    }

    /** Whether anything comes within that time. */
    boolean hasAnswer(Duration within) throws IOException {
        int patience = socket.getSoTimeout();
        socket.setSoTimeout((int) within.toMillis());
        try {
            byte[] chunk = new byte[8192];
            int count = socket.getInputStream().read(chunk);
            received.writeBytes(chunk, 0, Math.max(0, count));
            return true;
        } catch (SocketTimeoutException nothing) {
            return false;
        } finally {
            socket.setSoTimeout(patience);
        }
    }

    <P extends MqttPacket> P expect(Class<P> type) {
        MqttPacket packet = read();
        assertThat(packet).isInstanceOf(type);
        return type.cast(packet);
    }

    void expectClosed() {
        MqttPacket packet = read();
        assertThat(packet).as("after the close").isNull();
    }

    void expectDisconnect(ReasonCode reason) {
        assertThat(expect(MqttPacket.Disconnect.class).reason()).isEqualTo(reason);
        expectClosed();
    }

    /** Nothing else is on its way: the next that comes is the answer to a ping. */
    void expectNothing() {
        send(new MqttPacket.PingReq());
        expect(MqttPacket.PingResp.class);
    }

    static MqttPacket.Connect connect(
            MqttVersion version,
            String id,
            boolean clean,
            Properties properties,
            MqttPacket.@Nullable Will will) {
        return new MqttPacket.Connect(version, false, clean, 60, properties, id, will, null, null);
    }

    MqttPacket.ConnAck connect(String id, boolean clean) {
        return connect(id, clean, clean ? 0 : Session.FOREVER);
    }

    MqttPacket.ConnAck connect(String id, boolean clean, long expiry) {
        Properties properties =
                version == MqttVersion.V5 && expiry > 0
                        ? Properties.builder()
                                .number(Property.SESSION_EXPIRY_INTERVAL, expiry)
                                .build()
                        : Properties.NONE;
        return connect(connect(version, id, clean, properties, null));
    }

    MqttPacket.ConnAck connect(MqttPacket.Connect packet) {
        send(packet);
        return expect(MqttPacket.ConnAck.class);
    }

    List<ReasonCode> subscribe(String filter, int qos) {
        return subscribe(filter, qos, false, false, 0, 0);
    }

    List<ReasonCode> subscribe(
            String filter, int qos, boolean noLocal, boolean rap, int handling, int id) {
        Properties properties =
                id == 0
                        ? Properties.NONE
                        : Properties.builder().number(Property.SUBSCRIPTION_IDENTIFIER, id).build();
        send(
                new MqttPacket.Subscribe(
                        nextId(),
                        properties,
                        List.of(
                                new MqttPacket.Subscribe.Request(
                                        filter, qos, noLocal, rap, handling))));
        return expect(MqttPacket.SubAck.class).reasons();
    }

    void unsubscribe(String filter) {
        send(new MqttPacket.Unsubscribe(nextId(), Properties.NONE, List.of(filter)));
        expect(MqttPacket.UnsubAck.class);
    }

    int nextId() {
        nextId = nextId % 65_535 + 1;
        return nextId;
    }

    static MqttPacket.Publish message(
            String topic, int qos, boolean retain, String payload, int id) {
        return message(topic, qos, retain, payload, id, Properties.NONE);
    }

    static MqttPacket.Publish message(
            String topic, int qos, boolean retain, String payload, int id, Properties properties) {
        return new MqttPacket.Publish(
                false,
                qos,
                retain,
                topic,
                id,
                properties,
                payload.getBytes(StandardCharsets.UTF_8));
    }

    /** Publishes and goes through with it. */
    void publish(String topic, int qos, String payload) {
        publish(topic, qos, false, payload);
    }

    void publish(String topic, int qos, boolean retain, String payload) {
        int id = qos == 0 ? 0 : nextId();
        send(message(topic, qos, retain, payload, id));
        if (qos == 1) {
            assertThat(expect(MqttPacket.PubAck.class).reason().isError()).isFalse();
        } else if (qos == 2) {
            assertThat(expect(MqttPacket.PubRec.class).reason().isError()).isFalse();
            send(new MqttPacket.PubRel(id, ReasonCode.SUCCESS, Properties.NONE));
            expect(MqttPacket.PubComp.class);
        }
    }

    MqttPacket.Publish expectMessage(String topic, String payload) {
        MqttPacket.Publish publish = expect(MqttPacket.Publish.class);
        assertThat(publish.topic()).isEqualTo(topic);
        assertThat(new String(publish.payload(), StandardCharsets.UTF_8)).isEqualTo(payload);
        return publish;
    }

    void ack(MqttPacket.Publish publish) {
        send(new MqttPacket.PubAck(publish.packetId(), ReasonCode.SUCCESS, Properties.NONE));
    }

    void disconnect() {
        send(new MqttPacket.Disconnect(ReasonCode.SUCCESS, Properties.NONE));
        expectClosed();
        close();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
