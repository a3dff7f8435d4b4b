package io.polymq.codec.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Netty's MQTT codec as an oracle: what both understand they understand alike. */
class NettyDifferentialTest {

    private static final String CONNECT_311 = "100d00044d51545404020000000141";
    private static final String CONNECT_5 = "100e00044d5154540502000000000141";

    private static byte[] encoded(MqttPacket packet, MqttVersion version) {
        ByteBuf out = Unpooled.buffer();
        io.polymq.codec.mqtt.MqttEncoder.encode(packet, version, out);
        return ByteBufUtil.getBytes(out);
    }

    /** Netty's decoder learns the version from a CONNECT, its encoder from a CONNACK or CONNECT. */
    private static EmbeddedChannel channel(MqttVersion version) {
        EmbeddedChannel channel =
                new EmbeddedChannel(new MqttDecoder(1 << 20, 65_535), MqttEncoder.INSTANCE);
        String connect = version == MqttVersion.V5 ? CONNECT_5 : CONNECT_311;
        channel.writeInbound(Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(connect)));
        Object first = channel.readInbound();
        channel.writeOutbound(first);
        channel.<ByteBuf>readOutbound().release();
        return channel;
    }

    @Test
    void whatWeEncodeNettyDecodesAndEncodesBackToTheSamePacket() throws MqttCodecException {
        int compared = 0;
        for (long seed = 0; seed < 3_000; seed++) {
            RandomPackets packets = new RandomPackets(seed);
            MqttVersion version = packets.version();
            MqttPacket packet = packets.next(version);
            boolean bridge = packet instanceof MqttPacket.Connect c && c.bridge();
            if (bridge || packet instanceof MqttPacket.ConnAck) {
                continue;
            }
            EmbeddedChannel channel = channel(version);
            channel.writeInbound(Unpooled.wrappedBuffer(encoded(packet, version)));
            MqttMessage theirs = channel.readInbound();
            assertThat(theirs).as("seed %d %s", seed, packet).isNotNull();
            if (theirs.decoderResult().isFailure()) {
                channel.close();
                continue;
            }
            if (theirs instanceof MqttPublishMessage publish) {
                assertThat(publish.variableHeader().topicName())
                        .isEqualTo(((MqttPacket.Publish) packet).topic());
            }
            if (theirs instanceof MqttConnectMessage connect) {
                assertThat(connect.payload().clientIdentifier())
                        .isEqualTo(((MqttPacket.Connect) packet).clientId());
            }
            channel.writeOutbound(theirs);
            ByteBuf back = channel.readOutbound();
            MqttPacket again = new io.polymq.codec.mqtt.MqttDecoder().decode(back, version);
            assertThat(again).as("seed %d", seed).usingRecursiveComparison().isEqualTo(packet);
            back.release();
            channel.close();
            compared++;
        }
        assertThat(compared).isGreaterThan(1_500);
    }

    @Test
    void whatNettyRefusesInBrokenPacketsNeverMakesUsThrowAnythingElse() {
        Random random = new Random(42);
        io.polymq.codec.mqtt.MqttDecoder decoder = new io.polymq.codec.mqtt.MqttDecoder();
        for (long seed = 0; seed < 5_000; seed++) {
            RandomPackets packets = new RandomPackets(seed);
            MqttVersion version = packets.version();
            byte[] bytes = encoded(packets.next(version), version);
            for (int i = 0; i < 3; i++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            ByteBuf in = Unpooled.wrappedBuffer(bytes);
            try {
                decoder.decode(in, version);
            } catch (MqttCodecException e) {
                assertThat(e.reason().isError()).isTrue();
            }
        }
    }
}
