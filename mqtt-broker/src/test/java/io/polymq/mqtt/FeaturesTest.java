package io.polymq.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.ReasonCode;
import io.polymq.config.MqttConfig;
import io.polymq.config.schema.Defaults;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What MQTT brokers offer beyond the standard. */
class FeaturesTest extends ServerTest {

    @Override
    MqttSettings settings() {
        return MqttSettings.of(
                Defaults.with(
                        MqttConfig.class,
                        "outbound_alias_maximum=10",
                        "queue_qos0_offline=true",
                        "server_keep_alive=30",
                        "max_topic_levels=8",
                        "max_subscriptions=5",
                        "denied_publish=close",
                        "sys_interval=200ms",
                        "client_events=true",
                        "auto_subscribe=inbox/%c/%u 1",
                        "rewrite=publish old/# ^old/(.+)$ new/$1,"
                                + " subscribe mine/# ^mine/(.+)$ of/%c/$1",
                        "flapping_count=3"),
                Path.of("target"));
    }

    @Test
    void aDelayedMessageComesLater() {
        try (TestClient client = v5()) {
            client.connect("f1", true);
            client.subscribe("f1", 1);
            long begun = System.nanoTime();
            client.publish("$delayed/1/f1", 1, "later");
            client.expectNothing();
            MqttPacket.Publish late = client.expectMessage("f1", "later");
            assertThat(System.nanoTime() - begun).isGreaterThan(900_000_000L);
            client.ack(late);
            client.send(TestClient.message("$delayed/x/f1", 0, false, "", 0));
            client.expectDisconnect(ReasonCode.TOPIC_NAME_INVALID);
        }
    }

    @Test
    void anExclusiveFilterHasOneOwnerAtATime() {
        try (TestClient one = v5();
                TestClient two = v5()) {
            one.connect("f2a", true);
            two.connect("f2b", true);
            assertThat(one.subscribe("$exclusive/f2", 0)).containsExactly(ReasonCode.SUCCESS);
            assertThat(two.subscribe("$exclusive/f2", 0))
                    .containsExactly(ReasonCode.QUOTA_EXCEEDED);
            two.send(TestClient.message("f2", 0, false, "m", 0));
            one.expectMessage("f2", "m");
            one.unsubscribe("$exclusive/f2");
            assertThat(two.subscribe("$exclusive/f2", 0)).containsExactly(ReasonCode.SUCCESS);
        }
    }

    @Test
    void autoSubscriptionsFillInWhoItIs() {
        try (TestClient client = v5();
                TestClient other = v5()) {
            client.connect("f3/+", true);
            other.connect("f3o", true);
            other.publish("inbox/f3__/anonymous", 1, "hello");
            client.ack(client.expectMessage("inbox/f3__/anonymous", "hello"));
        }
    }

    @Test
    void case48TopicsAndFiltersAreRewritten() {
        try (TestClient client = v5()) {
            client.connect("f4", true);
            client.subscribe("new/+", 0);
            client.subscribe("mine/a", 0);
            client.send(TestClient.message("old/x", 0, false, "1", 0));
            client.expectMessage("new/x", "1");
            client.send(TestClient.message("of/f4/a", 0, false, "2", 0));
            client.expectMessage("of/f4/a", "2");
            client.unsubscribe("mine/a");
            client.send(TestClient.message("of/f4/a", 0, false, "3", 0));
            client.expectNothing();
        }
    }

    @Test
    void clientsThatComeAndGoAllTheTimeAreBanned() {
        for (int i = 0; i < 3; i++) {
            try (TestClient client = v5()) {
                assertThat(client.connect("f5", true).code()).isZero();
                client.disconnect();
            }
        }
        try (TestClient client = v5()) {
            assertThat(client.connect("f5", true).code()).isEqualTo(ReasonCode.BANNED.code());
            client.expectClosed();
        }
    }

    @Test
    void figuresAndEventsArePublished() {
        try (TestClient watcher = v5()) {
            watcher.connect("f6", true);
            watcher.subscribe("$SYS/broker/clients/connected", 0);
            MqttPacket.Publish count = watcher.expect(MqttPacket.Publish.class);
            assertThat(Integer.parseInt(new String(count.payload(), StandardCharsets.UTF_8)))
                    .isGreaterThanOrEqualTo(0);
        }
        try (TestClient watcher = v5();
                TestClient client = v5()) {
            watcher.connect("f6e", true);
            watcher.subscribe("$SYS/brokers/+/clients/f6c/+", 0);
            client.connect("f6c", true);
            assertThat(watcher.expect(MqttPacket.Publish.class).topic()).endsWith("/connected");
            client.disconnect();
        }
    }

    @Test
    void offlineQos0WaitsWhenItIsToldTo() {
        try (TestClient client = v5()) {
            client.connect("f7", true, 100);
            client.subscribe("f7", 0);
            client.disconnect();
        }
        try (TestClient publisher = v5()) {
            publisher.connect("f7p", true);
            publisher.publish("f7", 0, "zero");
            publisher.expectNothing();
        }
        try (TestClient client = v5()) {
            client.connect("f7", false, 100);
            client.expectMessage("f7", "zero");
        }
    }

    @Test
    void limitsOnLevelsAndSubscriptionsHold() {
        try (TestClient client = v5()) {
            client.connect("f8", true);
            assertThat(client.subscribe("a/b/c/d/e/f/g/h/i", 0))
                    .containsExactly(ReasonCode.TOPIC_FILTER_INVALID);
            for (int i = 0; i < 4; i++) {
                assertThat(client.subscribe("f8/" + i, 0)).containsExactly(ReasonCode.SUCCESS);
            }
            assertThat(client.subscribe("f8/x", 0)).containsExactly(ReasonCode.QUOTA_EXCEEDED);
            client.send(TestClient.message("a/b/c/d/e/f/g/h/i", 0, false, "", 0));
            client.expectDisconnect(ReasonCode.TOPIC_NAME_INVALID);
        }
    }

    @Test
    void topicAliasesAreUsedTowardsClientsThatAllowThem() {
        try (TestClient client = v5()) {
            client.connect(
                    TestClient.connect(
                            io.polymq.codec.mqtt.MqttVersion.V5,
                            "f9",
                            true,
                            io.polymq.codec.mqtt.Properties.builder()
                                    .number(io.polymq.codec.mqtt.Property.TOPIC_ALIAS_MAXIMUM, 1)
                                    .build(),
                            null));
            client.subscribe("f9/+", 0);
            client.send(TestClient.message("f9/a", 0, false, "1", 0));
            MqttPacket.Publish first = client.expectMessage("f9/a", "1");
            assertThat(first.properties().number(io.polymq.codec.mqtt.Property.TOPIC_ALIAS, 0))
                    .isEqualTo(1);
            client.send(TestClient.message("f9/a", 0, false, "2", 0));
            client.expectMessage("", "2");
            client.send(TestClient.message("f9/b", 0, false, "3", 0));
            client.expectMessage("f9/b", "3");
        }
    }
}
