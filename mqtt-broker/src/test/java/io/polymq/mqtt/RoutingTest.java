package io.polymq.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.MqttVersion;
import io.polymq.codec.mqtt.Properties;
import io.polymq.codec.mqtt.Property;
import io.polymq.codec.mqtt.ReasonCode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class RoutingTest extends ServerTest {

    @Test
    void case5And10PropertiesTravelInTheirOrder() {
        try (TestClient client = v5()) {
            client.connect("r5", true);
            client.subscribe("r5", 0);
            Properties properties =
                    Properties.builder()
                            .number(Property.PAYLOAD_FORMAT_INDICATOR, 1)
                            .text(Property.CONTENT_TYPE, "text/plain")
                            .text(Property.RESPONSE_TOPIC, "r5/back")
                            .data(Property.CORRELATION_DATA, new byte[] {1, 2, 3})
                            .user("b", "1")
                            .user("a", "2")
                            .user("b", "3")
                            .build();
            MqttPacket.Publish bad =
                    new MqttPacket.Publish(
                            false, 0, false, "r5", 0, properties, new byte[] {(byte) 0xFF});
            client.send(bad);
            assertThat(client.expect(MqttPacket.Publish.class).properties()).isEqualTo(properties);
        }
    }

    @Test
    void case32WildcardsSeeNothingThatBeginsWithADollar() {
        try (TestClient client = v5()) {
            client.connect("r32", true);
            client.subscribe("#", 0);
            client.subscribe("+/r32", 0);
            client.subscribe("$share/g/#", 0);
            client.publish("$r32/r32", 1, "hidden");
            client.publish("$r32", 1, "hidden");
            client.expectNothing();
            client.subscribe("$r32/#", 0);
            client.send(TestClient.message("$r32/r32", 0, false, "seen", 0));
            client.expectMessage("$r32/r32", "seen");
            client.send(TestClient.message("$SYS/mine", 1, false, "no", 9));
            assertThat(client.expect(MqttPacket.PubAck.class).reason())
                    .isEqualTo(ReasonCode.NOT_AUTHORIZED);
        }
    }

    @Test
    void case33EmptyLevelsAndParentsMatch() {
        try (TestClient client = v5()) {
            client.connect("r33", true);
            client.subscribe("r33/sport/#", 0);
            client.subscribe("/r33", 0);
            client.subscribe("r33//+", 0);
            client.send(TestClient.message("r33/sport", 0, false, "1", 0));
            client.send(TestClient.message("/r33", 0, false, "2", 0));
            client.send(TestClient.message("r33//", 0, false, "3", 0));
            client.expectMessage("r33/sport", "1");
            client.expectMessage("/r33", "2");
            client.expectMessage("r33//", "3");
            client.expectNothing();
        }
    }

    @Test
    void case34ATopicOf65535BytesAnd32kLevelsIsDelivered() {
        try (TestClient client = v5()) {
            client.connect("r34", true);
            client.subscribe("r34/#", 0);
            String topic = "r34" + "/a".repeat(32_766);
            client.send(TestClient.message(topic, 0, false, "deep", 0));
            client.expectMessage(topic, "deep");
        }
    }

    @Test
    void case35SubscribingAgainReplacesTheOptions() {
        try (TestClient client = v5()) {
            client.connect("r35", true);
            client.publish("r35", 1, true, "kept");
            assertThat(client.subscribe("r35", 0, false, false, 1, 3))
                    .containsExactly(ReasonCode.SUCCESS);
            client.expectMessage("r35", "kept");
            client.subscribe("r35", 1, false, false, 1, 4);
            client.expectNothing();
            client.subscribe("r35", 1, false, false, 0, 5);
            MqttPacket.Publish kept = client.expectMessage("r35", "kept");
            assertThat(kept.retain()).isTrue();
            assertThat(kept.properties().subscriptionIdentifiers()).containsExactly(5);
            client.ack(kept);
            client.send(TestClient.message("r35", 1, false, "live", 77));
            MqttPacket.Publish live = client.expectMessage("r35", "live");
            assertThat(live.qos()).isEqualTo(1);
            client.expect(MqttPacket.PubAck.class);
            client.ack(live);
            client.expectNothing();
            client.publish("r35", 0, true, "");
        }
    }

    @Test
    void case36OverlappingSubscriptionsEachGetTheirOwn() {
        try (TestClient client = v5();
                TestClient publisher = v5()) {
            client.connect("r36", true);
            publisher.connect("r36p", true);
            client.subscribe("r36/#", 0, false, true, 0, 1);
            client.subscribe("r36/a", 1, false, false, 0, 2);
            publisher.publish("r36/a", 1, true, "m");
            MqttPacket.Publish one = client.expectMessage("r36/a", "m");
            MqttPacket.Publish other = client.expectMessage("r36/a", "m");
            MqttPacket.Publish zero = one.qos() == 0 ? one : other;
            MqttPacket.Publish first = one.qos() == 0 ? other : one;
            assertThat(zero.properties().subscriptionIdentifiers()).containsExactly(1);
            assertThat(zero.retain()).isTrue();
            assertThat(first.properties().subscriptionIdentifiers()).containsExactly(2);
            assertThat(first.retain()).isFalse();
            publisher.publish("r36/a", 0, true, "");
        }
    }

    @Test
    void case37RetainedMessagesComeAndGo() {
        try (TestClient publisher = v4();
                TestClient client = v5()) {
            publisher.connect("r37p", true);
            publisher.publish("r37/a", 2, true, "one");
            client.connect("r37", true);
            client.subscribe("r37/+", 1);
            MqttPacket.Publish retained = client.expectMessage("r37/a", "one");
            assertThat(retained.retain()).isTrue();
            assertThat(retained.qos()).isEqualTo(1);
            client.ack(retained);
            publisher.publish("r37/a", 1, true, "");
            MqttPacket.Publish gone = client.expectMessage("r37/a", "");
            assertThat(gone.retain()).isFalse();
            client.ack(gone);
            client.unsubscribe("r37/+");
            client.subscribe("r37/+", 1);
            client.subscribe("$share/g/r37/+", 1);
            client.expectNothing();
        }
    }

    @Test
    void case37ManyRetainedMessagesAllArriveAndOthersAreServedMeanwhile() {
        try (TestClient publisher = v4();
                TestClient client = v4()) {
            publisher.connect("r37mp", true);
            int count = 5_000;
            for (int i = 0; i < count; i++) {
                publisher.send(TestClient.message("r37m/" + i, 0, true, "v", 0));
            }
            publisher.expectNothing();
            client.connect("r37m", true);
            client.subscribe("r37m/#", 1);
            for (int i = 0; i < count; i++) {
                assertThat(client.expect(MqttPacket.Publish.class).retain()).isTrue();
            }
            client.expectNothing();
        }
    }

    @Test
    void case38UnsubscribingThePlainFilterLeavesTheSharedOne() {
        try (TestClient client = v5();
                TestClient publisher = v5()) {
            client.connect("r38", true);
            publisher.connect("r38p", true);
            client.subscribe("$share/g/r38", 0);
            client.subscribe("r38", 0);
            client.unsubscribe("r38");
            publisher.publish("r38", 1, "shared");
            client.expectMessage("r38", "shared");
            client.expectNothing();
            client.send(new MqttPacket.Unsubscribe(9, Properties.NONE, List.of("r38")));
            assertThat(client.expect(MqttPacket.UnsubAck.class).reasons())
                    .containsExactly(ReasonCode.NO_SUBSCRIPTION_EXISTED);
        }
    }

    @Test
    void case39WhatASharedMemberDidNotAcknowledgeGoesToAnother() {
        try (TestClient publisher = v5();
                TestClient other = v5()) {
            publisher.connect("r39p", true);
            TestClient first = v5();
            first.connect("r39a", true);
            first.subscribe("$share/g/r39", 1);
            for (int i = 0; i < 10; i++) {
                publisher.publish("r39", 1, "m" + i);
            }
            for (int i = 0; i < 10; i++) {
                first.expectMessage("r39", "m" + i);
            }
            other.connect("r39b", true);
            other.subscribe("$share/g/r39", 1);
            first.close();
            for (int i = 0; i < 10; i++) {
                other.ack(other.expectMessage("r39", "m" + i));
            }
            other.expectNothing();
        }
    }

    @Test
    void case39SharedMessagesGoToOneMemberEachAndNotToThoseAway() {
        try (TestClient publisher = v5();
                TestClient one = v5();
                TestClient two = v5()) {
            try (TestClient away = v5()) {
                away.connect("r39away", true, 100);
                away.subscribe("$share/h/r39x", 1);
                away.disconnect();
            }
            publisher.connect("r39xp", true);
            one.connect("r39x1", true);
            two.connect("r39x2", true);
            one.subscribe("$share/h/r39x", 1);
            two.subscribe("$share/h/r39x", 1);
            for (int i = 0; i < 100; i++) {
                publisher.publish("r39x", 1, "m");
            }
            int ones = 0;
            int twos = 0;
            for (int round = 0; round < 1_000 && ones + twos < 100; round++) {
                ones += drain(one);
                twos += drain(two);
            }
            assertThat(ones + twos).isEqualTo(100);
            assertThat(ones).isBetween(25, 75);
        }
    }

    private static int drain(TestClient client) {
        client.send(new MqttPacket.PingReq());
        int count = 0;
        while (client.read() instanceof MqttPacket.Publish publish) {
            client.ack(publish);
            count++;
        }
        return count;
    }

    @Test
    void case40AliasesBelongToTheConnection() {
        try (TestClient client = v5()) {
            client.connect("r40", true);
            client.subscribe("r40", 0);
            Properties alias = Properties.builder().number(Property.TOPIC_ALIAS, 1).build();
            client.send(TestClient.message("r40", 0, false, "a", 0, alias));
            client.send(TestClient.message("", 0, false, "b", 0, alias));
            client.expectMessage("r40", "a");
            client.expectMessage("r40", "b");
        }
        try (TestClient client = v5()) {
            client.connect("r40", true);
            Properties alias = Properties.builder().number(Property.TOPIC_ALIAS, 1).build();
            client.send(TestClient.message("", 0, false, "b", 0, alias));
            client.expectDisconnect(ReasonCode.PROTOCOL_ERROR);
        }
        try (TestClient client = v5()) {
            client.connect("r40", true);
            Properties alias = Properties.builder().number(Property.TOPIC_ALIAS, 11).build();
            client.send(TestClient.message("r40", 0, false, "b", 0, alias));
            client.expectDisconnect(ReasonCode.TOPIC_ALIAS_INVALID);
        }
    }

    @Test
    void case41AClientMayNotSendASubscriptionIdentifier() {
        try (TestClient client = v5()) {
            client.connect("r41", true);
            client.subscribe("r41", 0, false, false, 0, 268_435_455);
            client.send(TestClient.message("r41", 0, false, "m", 0));
            assertThat(client.expectMessage("r41", "m").properties().subscriptionIdentifiers())
                    .containsExactly(268_435_455);
            Properties id =
                    Properties.builder().number(Property.SUBSCRIPTION_IDENTIFIER, 1).build();
            client.send(TestClient.message("r41", 0, false, "m", 0, id));
            client.expectDisconnect(ReasonCode.PROTOCOL_ERROR);
        }
    }

    private static MqttPacket.Connect withWill(String id, long delay, long expiry) {
        Properties properties =
                Properties.builder().number(Property.SESSION_EXPIRY_INTERVAL, expiry).build();
        MqttPacket.Will will =
                new MqttPacket.Will(
                        Properties.builder().number(Property.WILL_DELAY_INTERVAL, delay).build(),
                        "will/" + id,
                        "gone".getBytes(StandardCharsets.UTF_8),
                        0,
                        false);
        return TestClient.connect(MqttVersion.V5, id, false, properties, will);
    }

    @Test
    void case42AWillWaitsItsDelayAndIsCancelledByReturn() {
        try (TestClient watcher = v5()) {
            watcher.connect("r42w", true);
            watcher.subscribe("will/#", 0);
            try (TestClient client = v5()) {
                client.connect(withWill("r42a", 100, 0));
            }
            watcher.expectMessage("will/r42a", "gone");
            try (TestClient client = v5()) {
                client.connect(withWill("r42b", 100, 100));
            }
            try (TestClient client = v5()) {
                client.connect("r42b", false, 100);
                client.disconnect();
            }
            watcher.expectNothing();
            try (TestClient client = v5()) {
                client.connect(withWill("r42c", 1, 100));
            }
            watcher.expectMessage("will/r42c", "gone");
            try (TestClient client = v5()) {
                client.connect(withWill("r42d", 100, 100));
            }
            try (TestClient client = v5()) {
                client.connect("r42d", true, 0);
                watcher.expectMessage("will/r42d", "gone");
            }
        }
    }

    @Test
    void case43DisconnectDecidesAboutTheWill() {
        try (TestClient watcher = v5()) {
            watcher.connect("r43w", true);
            watcher.subscribe("will/#", 0);
            try (TestClient client = v5()) {
                client.connect(withWill("r43a", 0, 0));
                client.disconnect();
            }
            try (TestClient client = v5()) {
                client.connect(withWill("r43b", 0, 0));
                client.send(
                        new MqttPacket.Disconnect(
                                ReasonCode.DISCONNECT_WITH_WILL, Properties.NONE));
                client.expectClosed();
            }
            watcher.expectMessage("will/r43b", "gone");
            watcher.expectNothing();
        }
    }

    @Test
    void messagesOfOnePublisherKeepTheirOrderAcrossLoops() {
        try (TestClient publisher = v5();
                TestClient one = v5();
                TestClient two = v5()) {
            publisher.connect("rop", true);
            one.connect("ro1", true);
            two.connect("ro2", true);
            one.subscribe("ro", 1);
            two.subscribe("ro", 2);
            int count = 900;
            for (int i = 0; i < count; i++) {
                publisher.send(TestClient.message("ro", 1, false, "m" + i, i + 1));
            }
            for (int i = 0; i < count; i++) {
                one.ack(one.expectMessage("ro", "m" + i));
                two.ack(two.expectMessage("ro", "m" + i));
            }
        }
    }
}
