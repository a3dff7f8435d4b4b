package io.polymq.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.MqttVersion;
import io.polymq.codec.mqtt.Properties;
import io.polymq.codec.mqtt.Property;
import io.polymq.codec.mqtt.ReasonCode;
import io.polymq.config.MqttConfig;
import io.polymq.config.schema.Defaults;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A broker that offers less than the protocol has. */
class OfferedTest extends ServerTest {

    @Override
    MqttSettings settings() {
        return MqttSettings.of(
                Defaults.with(
                        MqttConfig.class,
                        "retain_available=false",
                        "maximum_qos=1",
                        "wildcard_subscriptions=false",
                        "shared_subscriptions=false"),
                Path.of("target"));
    }

    @Test
    void connackTellsWhatIsNotThere() {
        try (TestClient client = v5()) {
            Properties told = client.connect("o1", true).properties();
            assertThat(told.number(Property.RETAIN_AVAILABLE, 1)).isZero();
            assertThat(told.number(Property.MAXIMUM_QOS, 2)).isEqualTo(1);
            assertThat(told.number(Property.WILDCARD_SUBSCRIPTION_AVAILABLE, 1)).isZero();
            assertThat(told.number(Property.SHARED_SUBSCRIPTION_AVAILABLE, 1)).isZero();
        }
    }

    @Test
    void aPublishToBeRetainedEndsTheConnection() {
        try (TestClient client = v5()) {
            client.connect("o2", true);
            client.send(TestClient.message("o2", 1, true, "m", 1));
            client.expectDisconnect(ReasonCode.RETAIN_NOT_SUPPORTED);
        }
        try (TestClient client = v4()) {
            client.connect("o2", true);
            client.send(TestClient.message("o2", 1, true, "m", 1));
            client.expectClosed();
        }
    }

    @Test
    void aPublishOfAHigherQosEndsTheConnection() {
        try (TestClient client = v5()) {
            client.connect("o3", true);
            client.send(TestClient.message("o3", 2, false, "m", 1));
            client.expectDisconnect(ReasonCode.QOS_NOT_SUPPORTED);
        }
    }

    @Test
    void aWillThatIsNotOfferedRefusesTheConnection() {
        for (MqttPacket.Will will :
                new MqttPacket.Will[] {
                    new MqttPacket.Will(Properties.NONE, "o4", new byte[0], 0, true),
                    new MqttPacket.Will(Properties.NONE, "o4", new byte[0], 2, false)
                }) {
            ReasonCode expected =
                    will.retain() ? ReasonCode.RETAIN_NOT_SUPPORTED : ReasonCode.QOS_NOT_SUPPORTED;
            try (TestClient client = v5()) {
                MqttPacket.Connect connect =
                        TestClient.connect(MqttVersion.V5, "o4", true, Properties.NONE, will);
                assertThat(client.connect(connect).code()).isEqualTo(expected.code());
                client.expectClosed();
            }
        }
    }

    @Test
    void subscriptionsGetWhatThereIs() {
        try (TestClient client = v5()) {
            client.connect("o5", true);
            assertThat(client.subscribe("o5", 2)).containsExactly(ReasonCode.GRANTED_QOS_1);
            assertThat(client.subscribe("o5/+", 0))
                    .containsExactly(ReasonCode.WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED);
            assertThat(client.subscribe("$share/g/o5", 0))
                    .containsExactly(ReasonCode.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED);
            client.send(TestClient.message("o5", 1, false, "m", 1));
            client.ack(client.expectMessage("o5", "m"));
            client.expect(MqttPacket.PubAck.class);
        }
    }
}
