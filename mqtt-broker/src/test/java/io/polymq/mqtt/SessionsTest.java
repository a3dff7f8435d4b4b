package io.polymq.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.MqttVersion;
import io.polymq.codec.mqtt.Properties;
import io.polymq.codec.mqtt.Property;
import io.polymq.codec.mqtt.ReasonCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionsTest extends ServerTest {

    private static Properties number(Property property, long value) {
        return Properties.builder().number(property, value).build();
    }

    @Test
    void case2AFirstPacketThatIsNoConnectIsClosedBeforeItsLengthMatters() {
        try (TestClient client = v5()) {
            client.sendHex("30ffffff7f");
            client.expectClosed();
        }
    }

    @Test
    void case3ASecondConnectEndsTheConnectionAndSendsTheWill() {
        try (TestClient watcher = v5();
                TestClient client = v5()) {
            watcher.connect("c3w", true);
            watcher.subscribe("c3/will", 0);
            MqttPacket.Will will =
                    new MqttPacket.Will(
                            Properties.NONE,
                            "c3/will",
                            "x".getBytes(StandardCharsets.UTF_8),
                            0,
                            false);
            MqttPacket.Connect connect =
                    TestClient.connect(MqttVersion.V5, "c3", true, Properties.NONE, will);
            client.connect(connect);
            client.send(connect);
            client.expectDisconnect(ReasonCode.PROTOCOL_ERROR);
            watcher.expectMessage("c3/will", "x");
        }
    }

    @Test
    void case15PacketsOfServersAreProtocolErrors() {
        for (String hex : List.of("20030000 00", "90040001 0000", "b0040001 0000", "d000")) {
            try (TestClient client = v5()) {
                client.connect("c15", true);
                client.sendHex(hex);
                client.expectDisconnect(ReasonCode.PROTOCOL_ERROR);
            }
        }
    }

    @Test
    void case17AcknowledgementsOfNothingAreIgnored() {
        try (TestClient client = v5()) {
            client.connect("c17", true);
            client.sendHex("40020009");
            client.sendHex("70020009");
            client.expectNothing();
        }
    }

    @Test
    void case18ARepeatedQos2PublishIsDeliveredOnceAlsoAfterReconnect() {
        try (TestClient subscriber = v5()) {
            subscriber.connect("c18s", true);
            subscriber.subscribe("c18", 2);
            try (TestClient publisher = v5()) {
                publisher.connect("c18p", true, 100);
                publisher.send(TestClient.message("c18", 2, false, "m", 5));
                publisher.expect(MqttPacket.PubRec.class);
                publisher.send(TestClient.message("c18", 2, false, "m", 5));
                publisher.expect(MqttPacket.PubRec.class);
            }
            try (TestClient publisher = v5()) {
                assertThat(publisher.connect("c18p", false, 100).sessionPresent()).isTrue();
                publisher.send(TestClient.message("c18", 2, false, "m", 5));
                publisher.expect(MqttPacket.PubRec.class);
                publisher.send(new MqttPacket.PubRel(5, ReasonCode.SUCCESS, Properties.NONE));
                publisher.expect(MqttPacket.PubComp.class);
            }
            subscriber.expectMessage("c18", "m");
            subscriber.expectNothing();
        }
    }

    @Test
    void case20TheClientsReceiveMaximumHoldsAcrossReconnects() {
        try (TestClient first = v5();
                TestClient publisher = v5()) {
            Properties two =
                    Properties.builder()
                            .number(Property.RECEIVE_MAXIMUM, 2)
                            .number(Property.SESSION_EXPIRY_INTERVAL, 100)
                            .build();
            first.connect(TestClient.connect(MqttVersion.V5, "c20", true, two, null));
            first.subscribe("c20", 1);
            publisher.connect("c20p", true);
            for (int i = 0; i < 6; i++) {
                publisher.publish("c20", 1, "m" + i);
            }
            first.expectMessage("c20", "m0");
            first.expectMessage("c20", "m1");
            first.expectNothing();
            try (TestClient second = v5()) {
                second.connect(TestClient.connect(MqttVersion.V5, "c20", false, two, null));
                MqttPacket.Publish m0 = second.expectMessage("c20", "m0");
                MqttPacket.Publish m1 = second.expectMessage("c20", "m1");
                assertThat(m0.dup()).isTrue();
                second.expectNothing();
                second.ack(m1);
                MqttPacket.Publish m2 = second.expectMessage("c20", "m2");
                assertThat(m2.dup()).isFalse();
                second.expectNothing();
                second.ack(m0);
                second.expectMessage("c20", "m3");
                second.expectNothing();
            }
        }
    }

    @Test
    void case21MoreThanTheServersReceiveMaximumIsRefused() {
        try (TestClient client = v5()) {
            client.connect("c21", true);
            int limit = settings().receiveMaximum();
            for (int i = 1; i <= limit + 1; i++) {
                client.send(TestClient.message("c21", 2, false, "", i));
            }
            for (int i = 1; i <= limit; i++) {
                client.expect(MqttPacket.PubRec.class);
            }
            client.expectDisconnect(ReasonCode.RECEIVE_MAXIMUM_EXCEEDED);
        }
    }

    @Test
    void case22RedeliveryKeepsIdentifiersAndOrder() {
        try (TestClient publisher = v5()) {
            publisher.connect("c22p", true);
            try (TestClient client = v5()) {
                client.connect("c22", true, 100);
                client.subscribe("c22", 2);
                publisher.publish("c22", 2, "a");
                publisher.publish("c22", 1, "b");
                MqttPacket.Publish a = client.expectMessage("c22", "a");
                client.expectMessage("c22", "b");
                client.send(
                        new MqttPacket.PubRec(a.packetId(), ReasonCode.SUCCESS, Properties.NONE));
                client.expect(MqttPacket.PubRel.class);
                client.disconnect();
            }
            publisher.publish("c22", 1, "c");
            try (TestClient client = v5()) {
                client.connect("c22", false, 100);
                assertThat(client.expect(MqttPacket.PubRel.class).packetId()).isEqualTo(1);
                MqttPacket.Publish b = client.expectMessage("c22", "b");
                assertThat(b.dup()).isTrue();
                assertThat(b.packetId()).isEqualTo(2);
                MqttPacket.Publish c = client.expectMessage("c22", "c");
                assertThat(c.dup()).isFalse();
                assertThat(c.packetId()).isEqualTo(3);
            }
        }
    }

    @Test
    void case23ATakeOverTellsTheOldConnectionAndLosesNothing() {
        try (TestClient old = v5();
                TestClient now = v5();
                TestClient publisher = v5()) {
            old.connect("c23", true, 100);
            old.subscribe("c23", 1);
            publisher.connect("c23p", true);
            publisher.publish("c23", 1, "a");
            old.expectMessage("c23", "a");
            assertThat(now.connect("c23", false, 100).sessionPresent()).isTrue();
            old.expectDisconnect(ReasonCode.SESSION_TAKEN_OVER);
            now.ack(now.expectMessage("c23", "a"));
            now.expectNothing();
        }
    }

    @Test
    void case23ATakeOverStormLeavesOneConnection() {
        List<TestClient> clients = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            TestClient client = v5();
            clients.add(client);
            client.send(
                    TestClient.connect(
                            MqttVersion.V5,
                            "c23storm",
                            i % 3 == 0,
                            number(Property.SESSION_EXPIRY_INTERVAL, 10),
                            null));
        }
        int alive = 0;
        for (TestClient client : clients) {
            MqttPacket packet = client.read();
            if (packet instanceof MqttPacket.ConnAck) {
                client.send(new MqttPacket.PingReq());
                packet = client.read();
            }
            alive += packet instanceof MqttPacket.PingResp ? 1 : 0;
        }
        assertThat(alive).isBetween(1, 100);
        int answering = 0;
        for (TestClient client : clients) {
            try {
                client.send(new MqttPacket.PingReq());
                MqttPacket packet = client.read();
                answering += packet instanceof MqttPacket.PingResp ? 1 : 0;
            } catch (java.io.UncheckedIOException closed) {
                assertThat(closed).isNotNull();
            }
            client.close();
        }
        assertThat(answering).isEqualTo(1);
    }

    @Test
    void case24DisconnectMayChangeTheExpiryButNotFromZero() {
        try (TestClient client = v5()) {
            client.connect("c24", true, 100);
            client.send(
                    new MqttPacket.Disconnect(
                            ReasonCode.SUCCESS, number(Property.SESSION_EXPIRY_INTERVAL, 0)));
            client.expectClosed();
        }
        try (TestClient client = v5()) {
            assertThat(client.connect("c24", false, 0).sessionPresent()).isFalse();
            client.send(
                    new MqttPacket.Disconnect(
                            ReasonCode.SUCCESS, number(Property.SESSION_EXPIRY_INTERVAL, 5)));
            client.expectDisconnect(ReasonCode.PROTOCOL_ERROR);
        }
    }

    @Test
    void case25CleanStartLeavesNothingOfTheOldSession() {
        try (TestClient client = v4()) {
            client.connect("c25", false);
            client.subscribe("c25", 1);
            client.disconnect();
        }
        try (TestClient publisher = v4()) {
            publisher.connect("c25p", true);
            publisher.publish("c25", 1, "lost");
            try (TestClient client = v4()) {
                assertThat(client.connect("c25", true).sessionPresent()).isFalse();
                client.expectNothing();
                publisher.publish("c25", 1, "not subscribed");
                client.expectNothing();
                client.disconnect();
            }
        }
        try (TestClient client = v4()) {
            assertThat(client.connect("c25", false).sessionPresent()).isFalse();
        }
    }

    @Test
    void case27ExpiryCountsDownWhileAMessageWaits() throws IOException {
        ManualClock clock = new ManualClock();
        try (TestServer server = new TestServer(MqttSettings.DEFAULT, clock)) {
            try (TestClient client = TestClient.v5(server.port())) {
                client.connect("c27", true, 100);
                client.subscribe("c27", 1);
                client.disconnect();
            }
            try (TestClient publisher = TestClient.v5(server.port())) {
                publisher.connect("c27p", true);
                publishWithExpiry(publisher, "short", 1);
                publishWithExpiry(publisher, "long", 60);
            }
            clock.pass(Duration.ofMillis(1_100));
            try (TestClient client = TestClient.v5(server.port())) {
                client.connect("c27", false, 100);
                MqttPacket.Publish message = client.expectMessage("c27", "long");
                assertThat(message.properties().number(Property.MESSAGE_EXPIRY_INTERVAL, 0))
                        .isBetween(58L, 59L);
                client.expectNothing();
            }
        }
    }

    private static void publishWithExpiry(TestClient publisher, String payload, int seconds) {
        publisher.send(
                TestClient.message(
                        "c27",
                        1,
                        false,
                        payload,
                        seconds,
                        number(Property.MESSAGE_EXPIRY_INTERVAL, seconds)));
        publisher.expect(MqttPacket.PubAck.class);
    }

    @Test
    void case28OfflineQos0IsNotQueued() {
        try (TestClient client = v5()) {
            client.connect("c28", true, 100);
            client.subscribe("c28", 1);
            client.disconnect();
        }
        try (TestClient publisher = v5()) {
            publisher.connect("c28p", true);
            publisher.publish("c28", 0, "zero");
            publisher.publish("c28", 1, "one");
        }
        try (TestClient client = v5()) {
            client.connect("c28", false, 100);
            client.expectMessage("c28", "one");
            client.expectNothing();
        }
    }

    @Test
    void case29AMessageLargerThanTheReceiverTakesIsDroppedForItAlone() {
        try (TestClient small = v5();
                TestClient large = v5()) {
            small.connect(
                    TestClient.connect(
                            MqttVersion.V5,
                            "c29s",
                            true,
                            number(Property.MAXIMUM_PACKET_SIZE, 50),
                            null));
            small.subscribe("c29", 1);
            large.connect("c29l", true);
            large.subscribe("c29", 1);
            large.send(TestClient.message("c29", 1, false, "x".repeat(100), 1));
            large.send(TestClient.message("c29", 1, false, "y", 2));
            for (int i = 0; i < 4; i++) {
                MqttPacket packet = large.read();
                if (packet instanceof MqttPacket.Publish publish) {
                    large.ack(publish);
                }
            }
            MqttPacket.Publish y = small.expectMessage("c29", "y");
            small.ack(y);
            small.expectNothing();
        }
    }

    @Test
    void case31AnAckRightBeforeTheCloseCounts() {
        try (TestClient publisher = v5()) {
            publisher.connect("c31p", true);
            try (TestClient client = v5()) {
                client.connect("c31", true, 100);
                client.subscribe("c31", 1);
                publisher.publish("c31", 1, "m");
                client.ack(client.expectMessage("c31", "m"));
            }
            try (TestClient client = v5()) {
                assertThat(client.connect("c31", false, 100).sessionPresent()).isTrue();
                client.expectNothing();
            }
        }
    }

    @Test
    void case30TheKeepAliveIsOneAndAHalfTimesAndHalfAPacketIsNoLife() throws Exception {
        try (TestClient client = v5()) {
            client.connect(
                    new MqttPacket.Connect(
                            MqttVersion.V5,
                            false,
                            true,
                            1,
                            Properties.NONE,
                            "c30",
                            null,
                            null,
                            null));
            client.sendHex("30ffffff01");
            while (!client.hasAnswer(Duration.ofMillis(300))) {
                client.sendHex("00");
            }
            client.expectDisconnect(ReasonCode.KEEP_ALIVE_TIMEOUT);
        }
    }

    @Test
    void case55AnEmptyClientIdentifierIsAssignedOneIn5() {
        try (TestClient client = v5()) {
            MqttPacket.ConnAck ack = client.connect("", true);
            assertThat(ack.properties().text(Property.ASSIGNED_CLIENT_IDENTIFIER)).isNotEmpty();
        }
        try (TestClient client = v4()) {
            assertThat(client.connect("", false).code()).isEqualTo(2);
            client.expectClosed();
        }
    }
}
