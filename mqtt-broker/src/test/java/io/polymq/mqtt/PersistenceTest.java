package io.polymq.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.MqttVersion;
import io.polymq.codec.mqtt.Properties;
import io.polymq.codec.mqtt.Property;
import io.polymq.codec.mqtt.ReasonCode;
import io.polymq.conformance.AllowAll;
import io.polymq.storage.ShardStore;
import io.polymq.storage.ShardStores;
import io.polymq.storage.StorageParams;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What sessions keep when the broker ends and begins again on the same store. */
class PersistenceTest {

    private ShardStore shards;
    private TestServer server;

    @BeforeEach
    void start() throws IOException {
        shards =
                ShardStores.open(
                        new StorageParams(
                                Path.of("target"),
                                InMemory.CONFIG,
                                Clock.systemUTC(),
                                new PrometheusRegistry()));
        server = new TestServer(MqttSettings.DEFAULT, new AllowAll(), shards, 0, 1);
    }

    @AfterEach
    void stop() {
        server.close();
        shards.close();
    }

    private void restart() throws IOException {
        server.close();
        server = new TestServer(MqttSettings.DEFAULT, new AllowAll(), shards, 0, 1);
    }

    private TestClient v5() {
        return TestClient.v5(server.port());
    }

    @Test
    void case26SessionPresentAndItsQueueSurviveARestart() throws IOException {
        try (TestClient subscriber = v5()) {
            assertThat(subscriber.connect("s", true, 1000).sessionPresent()).isFalse();
            subscriber.subscribe("a/#", 1, false, false, 0, 7);
            subscriber.disconnect();
        }
        try (TestClient publisher = v5()) {
            publisher.connect("p", true);
            for (int i = 0; i < 500; i++) {
                publisher.publish("a/b", 1, "m" + i);
            }
        }
        restart();
        try (TestClient subscriber = v5()) {
            assertThat(subscriber.connect("s", false, 1000).sessionPresent()).isTrue();
            for (int i = 0; i < 500; i++) {
                MqttPacket.Publish message = subscriber.expectMessage("a/b", "m" + i);
                assertThat(message.dup()).isFalse();
                assertThat(message.properties().subscriptionIdentifiers()).containsExactly(7);
                subscriber.ack(message);
            }
            subscriber.expectNothing();
            subscriber.disconnect();
        }
        restart();
        try (TestClient subscriber = v5()) {
            assertThat(subscriber.connect("s", false, 1000).sessionPresent()).isTrue();
            subscriber.expectNothing();
        }
    }

    @Test
    void case22UnfinishedMessagesComeAgainWithTheirIdentifiersAfterARestart() throws IOException {
        try (TestClient subscriber = v5();
                TestClient publisher = v5()) {
            subscriber.connect("s", true, 1000);
            subscriber.subscribe("a", 2);
            publisher.connect("p", true);
            publisher.publish("a", 2, "one");
            publisher.publish("a", 1, "two");
            publisher.publish("a", 2, "three");
            MqttPacket.Publish one = subscriber.expectMessage("a", "one");
            MqttPacket.Publish two = subscriber.expectMessage("a", "two");
            MqttPacket.Publish three = subscriber.expectMessage("a", "three");
            subscriber.send(
                    new MqttPacket.PubRec(one.packetId(), ReasonCode.SUCCESS, Properties.NONE));
            subscriber.expect(MqttPacket.PubRel.class);
            assertThat(two.packetId()).isEqualTo(2);
            assertThat(three.packetId()).isEqualTo(3);
        }
        restart();
        try (TestClient subscriber = v5()) {
            assertThat(subscriber.connect("s", false, 1000).sessionPresent()).isTrue();
            assertThat(subscriber.expect(MqttPacket.PubRel.class).packetId()).isEqualTo(1);
            MqttPacket.Publish two = subscriber.expectMessage("a", "two");
            MqttPacket.Publish three = subscriber.expectMessage("a", "three");
            assertThat(two.packetId()).isEqualTo(2);
            assertThat(two.dup()).isTrue();
            assertThat(three.packetId()).isEqualTo(3);
            assertThat(three.qos()).isEqualTo(2);
        }
    }

    @Test
    void case18APublishOfQos2ThatWasReceivedIsDeliveredOnceAfterARestart() throws IOException {
        try (TestClient subscriber = v5()) {
            subscriber.connect("s", true, 1000);
            subscriber.subscribe("a", 2);
            subscriber.disconnect();
        }
        try (TestClient publisher = v5()) {
            publisher.connect("p", true, 1000);
            publisher.send(TestClient.message("a", 2, false, "once", 9));
            publisher.expect(MqttPacket.PubRec.class);
        }
        restart();
        try (TestClient publisher = v5()) {
            assertThat(publisher.connect("p", false, 1000).sessionPresent()).isTrue();
            publisher.send(
                    new MqttPacket.Publish(
                            true,
                            2,
                            false,
                            "a",
                            9,
                            Properties.NONE,
                            "once".getBytes(StandardCharsets.UTF_8)));
            publisher.expect(MqttPacket.PubRec.class);
            publisher.send(new MqttPacket.PubRel(9, ReasonCode.SUCCESS, Properties.NONE));
            publisher.expect(MqttPacket.PubComp.class);
            publisher.send(new MqttPacket.PubRel(9, ReasonCode.SUCCESS, Properties.NONE));
            publisher.expect(MqttPacket.PubComp.class);
        }
        try (TestClient subscriber = v5()) {
            subscriber.connect("s", false, 1000);
            subscriber.expectMessage("a", "once");
            subscriber.expectNothing();
        }
    }

    @Test
    void case42ADelayedWillSurvivesARestart() throws IOException {
        try (TestClient watcher = v5()) {
            watcher.connect("w", true, 1000);
            watcher.subscribe("will", 1);
            watcher.disconnect();
        }
        try (TestClient mortal = v5()) {
            MqttPacket.Will will =
                    new MqttPacket.Will(
                            Properties.builder().number(Property.WILL_DELAY_INTERVAL, 1).build(),
                            "will",
                            "gone".getBytes(StandardCharsets.UTF_8),
                            1,
                            false);
            Properties expiry =
                    Properties.builder().number(Property.SESSION_EXPIRY_INTERVAL, 1000).build();
            mortal.connect(TestClient.connect(MqttVersion.V5, "m", true, expiry, will));
        }
        restart();
        try (TestClient watcher = v5()) {
            watcher.connect("w", false, 1000);
            watcher.ack(watcher.expectMessage("will", "gone"));
        }
    }

    @Test
    void aMessageForManySessionsIsOneRecord() throws IOException {
        int sessions = 200;
        for (int i = 0; i < sessions; i++) {
            try (TestClient subscriber = v5()) {
                subscriber.connect("s" + i, true, 1000);
                subscriber.subscribe("news", 1);
                subscriber.disconnect();
            }
        }
        long before = shards.open("mqtt.journal").orElseThrow().statistics().bytes();
        try (TestClient publisher = v5()) {
            publisher.connect("p", true);
            publisher.publish("news", 1, "x".repeat(10_000));
        }
        assertThat(shards.open("mqtt.journal").orElseThrow().statistics().bytes() - before)
                .isBetween(10_000L, 19_999L);
        restart();
        for (int i = 0; i < sessions; i++) {
            try (TestClient subscriber = v5()) {
                subscriber.connect("s" + i, false, 1000);
                subscriber.ack(subscriber.expectMessage("news", "x".repeat(10_000)));
            }
        }
    }
}
