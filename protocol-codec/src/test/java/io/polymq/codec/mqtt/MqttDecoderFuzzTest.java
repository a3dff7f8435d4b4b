package io.polymq.codec.mqtt;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Tag;

/** Whatever comes in, the decoder answers with a packet, with "more", or with its own exception. */
@Tag("fuzz")
class MqttDecoderFuzzTest {

    @FuzzTest(maxDuration = "1h")
    void decoderNeverThrowsAnythingElse(byte[] data) {
        for (MqttVersion version : MqttVersion.values()) {
            ByteBuf in = Unpooled.wrappedBuffer(data);
            MqttDecoder decoder = new MqttDecoder();
            try {
                MqttPacket packet = decoder.decode(in, version);
                while (packet != null) {
                    ByteBuf out = Unpooled.buffer();
                    MqttVersion spoken =
                            packet instanceof MqttPacket.Connect c ? c.version() : version;
                    MqttEncoder.encode(packet, spoken, out);
                    MqttPacket again = decoder.decode(out, spoken);
                    if (again == null || !again.getClass().equals(packet.getClass())) {
                        throw new AssertionError("not what was encoded: " + packet);
                    }
                    packet = decoder.decode(in, version);
                }
            } catch (MqttCodecException expected) {
                if (!expected.reason().isError()) {
                    throw new AssertionError("not an error: " + expected.reason(), expected);
                }
            }
        }
    }
}
