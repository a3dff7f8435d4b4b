package io.polymq.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.MqttVersion;
import io.polymq.codec.mqtt.Properties;
import io.polymq.codec.mqtt.Property;
import io.polymq.codec.mqtt.ReasonCode;
import io.polymq.config.MqttConfig;
import io.polymq.config.schema.Defaults;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What Mosquitto's users may have set: small packets and payloads, and QoS that is not lowered. */
class MosquittoSettingsTest extends ServerTest {

    @Override
    MqttSettings settings() {
        return MqttSettings.of(
                Defaults.with(
                        MqttConfig.class,
                        "max_packet_size=60",
                        "max_payload_size=10",
                        "upgrade_outgoing_qos=true",
                        "assign_client_ids=false"),
                Path.of("target"));
    }

    @Test
    void aLimitOfAFewBytesIsToldAndHeld() {
        try (TestClient client = v5()) {
            Properties told = client.connect("p1", true).properties();
            assertThat(told.number(Property.MAXIMUM_PACKET_SIZE, 0)).isEqualTo(60);
            client.send(TestClient.message("p1/" + "x".repeat(60), 0, false, "m", 0));
            client.expectDisconnect(ReasonCode.PACKET_TOO_LARGE);
        }
    }

    @Test
    void aPayloadThatIsTooLargeIsDroppedAndItsClientStays() {
        try (TestClient client = v5();
                TestClient old = v4()) {
            client.connect("p2", true);
            client.subscribe("p2", 0);
            client.send(TestClient.message("p2", 1, false, "elevenbytes", 1));
            assertThat(client.expect(MqttPacket.PubAck.class).reason())
                    .isEqualTo(ReasonCode.QUOTA_EXCEEDED);
            client.send(TestClient.message("p2", 2, false, "elevenbytes", 2));
            assertThat(client.expect(MqttPacket.PubRec.class).reason())
                    .isEqualTo(ReasonCode.QUOTA_EXCEEDED);
            old.connect("p2-old", true);
            old.publish("p2", 1, "elevenbytes");
            old.publish("p2", 2, "elevenbytes");
            client.expectNothing();
            old.publish("p2", 1, "tenbytes..");
            client.expectMessage("p2", "tenbytes..");
        }
    }

    @Test
    void aWillThatIsTooLargeIsRefused() {
        MqttPacket.Will will =
                new MqttPacket.Will(
                        Properties.NONE,
                        "p3",
                        "elevenbytes".getBytes(StandardCharsets.UTF_8),
                        0,
                        false);
        try (TestClient client = v5();
                TestClient old = v4()) {
            assertThat(
                            client.connect(
                                            TestClient.connect(
                                                    MqttVersion.V5,
                                                    "p3",
                                                    true,
                                                    Properties.NONE,
                                                    will))
                                    .code())
                    .isEqualTo(ReasonCode.PACKET_TOO_LARGE.code());
            assertThat(
                            old.connect(
                                            TestClient.connect(
                                                    MqttVersion.V3_1_1,
                                                    "p3",
                                                    true,
                                                    Properties.NONE,
                                                    will))
                                    .code())
                    .isEqualTo(5);
        }
    }

    @Test
    void messagesComeWithTheQosOfTheSubscription() {
        try (TestClient client = v5()) {
            client.connect("p4", true);
            client.publish("p4/kept", 0, true, "kept");
            client.subscribe("p4/#", 1);
            MqttPacket.Publish kept = client.expectMessage("p4/kept", "kept");
            assertThat(kept.qos()).isEqualTo(1);
            client.ack(kept);
            client.publish("p4/live", 0, "live");
            MqttPacket.Publish live = client.expectMessage("p4/live", "live");
            assertThat(live.qos()).isEqualTo(1);
            client.ack(live);
            client.subscribe("p4/live", 0);
            client.unsubscribe("p4/#");
            client.send(TestClient.message("p4/live", 1, false, "low", 9));
            assertThat(client.expect(MqttPacket.Publish.class).qos()).isZero();
        }
    }

    @Test
    void aClientWithoutAnIdentifierIsRefusedWhereItIsToHaveOne() {
        try (TestClient client = v5();
                TestClient old = v4()) {
            assertThat(client.connect("", true).code())
                    .isEqualTo(ReasonCode.CLIENT_IDENTIFIER_NOT_VALID.code());
            assertThat(old.connect("", true).code()).isEqualTo(2);
        }
    }
}
