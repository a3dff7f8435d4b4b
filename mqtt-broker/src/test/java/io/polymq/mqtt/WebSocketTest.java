package io.polymq.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.polymq.codec.mqtt.MqttCodecException;
import io.polymq.codec.mqtt.MqttDecoder;
import io.polymq.codec.mqtt.MqttEncoder;
import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.MqttVersion;
import io.polymq.codec.mqtt.Properties;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** MQTT on WebSockets with the JDK's client (6). */
class WebSocketTest extends ServerTest {

    private final HttpClient http = HttpClient.newHttpClient();

    @AfterAll
    void forget() {
        http.shutdownNow();
    }

    /** Collects packets, and how the connection ended. */
    private static final class Received implements WebSocket.Listener {

        final LinkedBlockingQueue<MqttPacket> packets = new LinkedBlockingQueue<>();
        final CompletableFuture<Integer> closed = new CompletableFuture<>();
        final CompletableFuture<String> pong = new CompletableFuture<>();
        private final ByteBuf bytes = Unpooled.buffer();
        private final MqttDecoder decoder = new MqttDecoder();

        @Override
        public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
            bytes.writeBytes(data);
            try {
                MqttPacket packet = decoder.decode(bytes, MqttVersion.V5);
                while (packet != null) {
                    packets.add(packet);
                    packet = decoder.decode(bytes, MqttVersion.V5);
                }
            } catch (MqttCodecException e) {
                closed.completeExceptionally(e);
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onPong(WebSocket socket, ByteBuffer message) {
            pong.complete(java.nio.charset.StandardCharsets.UTF_8.decode(message).toString());
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
            closed.complete(status);
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            closed.completeExceptionally(error);
        }

        <P extends MqttPacket> P next(Class<P> type) throws InterruptedException {
            MqttPacket packet = packets.poll(5, TimeUnit.SECONDS);
            assertThat(packet).isInstanceOf(type);
            return type.cast(packet);
        }
    }

    private WebSocket open(Received into, String... headers) throws Exception {
        WebSocket.Builder builder = http.newWebSocketBuilder().subprotocols("other", "mqtt");
        for (int i = 0; i < headers.length; i += 2) {
            builder.header(headers[i], headers[i + 1]);
        }
        return builder.buildAsync(URI.create("ws://127.0.0.1:" + webSocketPort() + "/mqtt"), into)
                .get(10, TimeUnit.SECONDS);
    }

    private static byte[] bytes(MqttPacket... packets) {
        ByteBuf out = Unpooled.buffer();
        for (MqttPacket packet : packets) {
            MqttEncoder.encode(packet, MqttVersion.V5, out);
        }
        return ByteBufUtil.getBytes(out);
    }

    private static MqttPacket.Connect connect(String id) {
        return TestClient.connect(MqttVersion.V5, id, true, Properties.NONE, null);
    }

    @Test
    void case54PacketsAndFramesHaveNothingToDoWithEachOther() throws Exception {
        Received got = new Received();
        WebSocket socket = open(got);
        assertThat(socket.getSubprotocol()).isEqualTo("mqtt");
        byte[] wire = bytes(connect("c54"), new MqttPacket.PingReq(), new MqttPacket.PingReq());
        // one message of three fragments, the last of which ends in the middle of nothing
        socket.sendBinary(ByteBuffer.wrap(wire, 0, 3), false).get(5, TimeUnit.SECONDS);
        socket.sendPing(ByteBuffer.wrap(new byte[] {'p'})).get(5, TimeUnit.SECONDS);
        socket.sendBinary(ByteBuffer.wrap(wire, 3, 4), false).get(5, TimeUnit.SECONDS);
        socket.sendBinary(ByteBuffer.wrap(wire, 7, wire.length - 7), true).get(5, TimeUnit.SECONDS);
        got.next(MqttPacket.ConnAck.class);
        got.next(MqttPacket.PingResp.class);
        got.next(MqttPacket.PingResp.class);
        assertThat(got.pong.get(5, TimeUnit.SECONDS)).isEqualTo("p");
        // a packet that takes two messages
        byte[] ping = bytes(new MqttPacket.PingReq());
        socket.sendBinary(ByteBuffer.wrap(Arrays.copyOf(ping, 1)), true).get(5, TimeUnit.SECONDS);
        socket.sendBinary(ByteBuffer.wrap(ping, 1, 1), true).get(5, TimeUnit.SECONDS);
        got.next(MqttPacket.PingResp.class);
        socket.abort();
    }

    @Test
    void case54WithoutItsSubprotocolThereIsNoMqtt() {
        assertThatThrownBy(
                        () ->
                                http.newWebSocketBuilder()
                                        .subprotocols("other")
                                        .buildAsync(
                                                URI.create("ws://127.0.0.1:" + webSocketPort()),
                                                new Received())
                                        .get(10, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(java.net.http.WebSocketHandshakeException.class);
    }

    @Test
    void case54ATextFrameClosesTheConnection() throws Exception {
        Received got = new Received();
        WebSocket socket = open(got);
        socket.sendBinary(ByteBuffer.wrap(bytes(connect("c54t"))), true).get(5, TimeUnit.SECONDS);
        got.next(MqttPacket.ConnAck.class);
        socket.sendText("text", true).get(5, TimeUnit.SECONDS);
        assertThat(got.closed.get(5, TimeUnit.SECONDS)).isEqualTo(1003);
    }
}
