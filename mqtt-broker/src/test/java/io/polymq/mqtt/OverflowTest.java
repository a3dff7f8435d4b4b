package io.polymq.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.MqttVersion;
import io.polymq.codec.mqtt.Properties;
import io.polymq.codec.mqtt.Property;
import io.polymq.codec.mqtt.ReasonCode;
import io.polymq.config.MqttConfig;
import io.polymq.config.schema.Defaults;
import io.polymq.conformance.AllowAll;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a full queue gives up, by policy (case 28), and what a client may send unanswered. */
class OverflowTest {

    private static TestServer server(String... settings) throws Exception {
        return new TestServer(
                MqttSettings.of(Defaults.with(MqttConfig.class, settings), Path.of("target")),
                new AllowAll(),
                null,
                0,
                1);
    }

    /** Messages sent to an absent session: "0:x" is x with QoS 0. */
    private static List<String> kept(String overflow, String... sent) throws Exception {
        try (TestServer server =
                server(
                        "max_queued_messages=3",
                        "queue_qos0_offline=true",
                        "sys_interval=0s",
                        "overflow=" + overflow)) {
            try (TestClient subscriber = TestClient.v5(server.port())) {
                subscriber.connect("s", true, 1000);
                subscriber.subscribe("a", 1);
                subscriber.disconnect();
            }
            try (TestClient publisher = TestClient.v5(server.port())) {
                publisher.connect("p", true);
                for (String message : sent) {
                    int qos = message.charAt(0) - '0';
                    publisher.send(
                            TestClient.message(
                                    "a", qos, false, message, qos == 0 ? 0 : publisher.nextId()));
                    if (qos == 1) {
                        publisher.expect(MqttPacket.PubAck.class);
                    }
                }
                publisher.expectNothing();
            }
            return received(server);
        }
    }

    private static List<String> received(TestServer server) {
        List<String> got = new ArrayList<>();
        try (TestClient subscriber = TestClient.v5(server.port())) {
            subscriber.connect("s", false, 1000);
            subscriber.send(new MqttPacket.PingReq());
            MqttPacket packet = subscriber.read();
            while (packet instanceof MqttPacket.Publish publish) {
                got.add(new String(publish.payload(), StandardCharsets.UTF_8));
                packet = subscriber.read();
            }
            assertThat(packet).isInstanceOf(MqttPacket.PingResp.class);
        }
        return got;
    }

    @Test
    void case28TheNewestIsGivenUpButQos0First() throws Exception {
        assertThat(kept("drop_newest", "1:a", "1:b", "1:c", "1:d", "1:e"))
                .containsExactly("1:a", "1:b", "1:c");
        assertThat(kept("drop_newest", "1:a", "0:b", "1:c", "1:d", "0:e", "1:f"))
                .containsExactly("1:a", "1:c", "1:d");
    }

    @Test
    void case28TheOldestIsGivenUpButQos0First() throws Exception {
        assertThat(kept("drop_oldest", "1:a", "1:b", "1:c", "1:d", "1:e"))
                .containsExactly("1:c", "1:d", "1:e");
        assertThat(kept("drop_oldest", "1:a", "0:b", "1:c", "1:d", "0:e"))
                .containsExactly("1:a", "1:c", "1:d");
        assertThat(kept("drop_oldest", "0:a", "0:b", "0:c", "0:d"))
                .containsExactly("0:b", "0:c", "0:d");
    }

    @Test
    void case28TheOldestGoesAlsoBehindOneThatIsNeverAcknowledged() throws Exception {
        try (TestServer server =
                server("max_queued_messages=3", "overflow=drop_oldest", "max_inflight=1")) {
            try (TestClient subscriber = TestClient.v5(server.port())) {
                subscriber.connect("s", true, 1000);
                subscriber.subscribe("a", 1);
                try (TestClient publisher = TestClient.v5(server.port())) {
                    publisher.connect("p", true);
                    for (int i = 0; i < 1_000; i++) {
                        publisher.publish("a", 1, "m" + i);
                    }
                }
                MqttPacket.Publish first = subscriber.expectMessage("a", "m0");
                subscriber.ack(first);
                for (int i = 997; i < 1_000; i++) {
                    subscriber.ack(subscriber.expectMessage("a", "m" + i));
                }
                subscriber.expectNothing();
            }
        }
    }

    @Test
    void case21AnOlderClientIsSlowedDownAndNotClosedForSendingManyAtOnce() throws Exception {
        try (TestServer server = server("receive_maximum=10");
                TestClient client = TestClient.v4(server.port())) {
            client.connect("c", true);
            client.subscribe("a", 0);
            for (int i = 1; i <= 100; i++) {
                client.send(TestClient.message("b", 2, false, "m", i));
            }
            for (int i = 1; i <= 100; i++) {
                assertThat(client.expect(MqttPacket.PubRec.class).packetId()).isEqualTo(i);
            }
        }
    }

    @Test
    void case21AMessageOfQos2CountsOnceUntilItsPubcomp() throws Exception {
        try (TestServer server = server("receive_maximum=4");
                TestClient client = TestClient.v5(server.port())) {
            client.connect("c", true);
            for (int i = 1; i <= 4; i++) {
                client.send(TestClient.message("b", 2, false, "m", i));
                client.expect(MqttPacket.PubRec.class);
            }
            client.send(TestClient.message("b", 2, false, "m", 5));
            client.expectDisconnect(ReasonCode.RECEIVE_MAXIMUM_EXCEEDED);
        }
    }

    @Test
    void longTopicsAreRefusedWhereThereIsALimit() throws Exception {
        try (TestServer server = server("max_topic_length=10");
                TestClient client = TestClient.v5(server.port())) {
            client.connect("c", true);
            assertThat(client.subscribe("0123456789", 0)).containsExactly(ReasonCode.SUCCESS);
            assertThat(client.subscribe("0123456789a", 0))
                    .containsExactly(ReasonCode.TOPIC_FILTER_INVALID);
            client.send(TestClient.message("0123456789a", 0, false, "", 0));
            client.expectDisconnect(ReasonCode.TOPIC_NAME_INVALID);
        }
    }

    @Test
    void case19TheSameQos2PublishForEverEndsTheConnection() throws Exception {
        try (TestServer server = server();
                TestClient client = TestClient.v5(server.port())) {
            client.connect("c", true);
            client.send(TestClient.message("b", 2, false, "m", 1));
            client.expect(MqttPacket.PubRec.class);
            client.send(TestClient.message("b", 2, false, "m", 1));
            client.expect(MqttPacket.PubRec.class);
            client.send(TestClient.message("b", 2, false, "m", 1));
            client.expectDisconnect(ReasonCode.PROTOCOL_ERROR);
        }
    }

    @Test
    void case19AClientThatNeverAnswersHoldsNoMoreThanItsQueue() throws Exception {
        try (TestServer server = server("max_queued_messages=5", "max_inflight=2");
                TestClient silent = TestClient.v5(server.port());
                TestClient publisher = TestClient.v5(server.port())) {
            silent.connect("silent", true, 1000);
            silent.subscribe("a", 2);
            publisher.connect("p", true);
            for (int i = 0; i < 100; i++) {
                publisher.publish("a", 2, "m" + i);
            }
            silent.expectMessage("a", "m0");
            silent.expectMessage("a", "m1");
            silent.expectNothing();
            String about =
                    new String(
                            server.admin("GET", "/sessions/silent", "").body(),
                            StandardCharsets.UTF_8);
            assertThat(about).contains("\"waiting\":7");
        }
    }

    @Test
    void case56ReasonStringsAreForThoseWhoWantThem() throws Exception {
        try (TestServer server = server()) {
            for (int wanted = 0; wanted < 2; wanted++) {
                Properties properties =
                        Properties.builder()
                                .number(Property.REQUEST_PROBLEM_INFORMATION, wanted)
                                .text(Property.AUTHENTICATION_METHOD, "none such")
                                .build();
                try (TestClient client = TestClient.v5(server.port())) {
                    MqttPacket.ConnAck refused =
                            client.connect(
                                    TestClient.connect(
                                            MqttVersion.V5, "c", true, properties, null));
                    assertThat(refused.code())
                            .isEqualTo(ReasonCode.BAD_AUTHENTICATION_METHOD.code());
                    assertThat(refused.properties().has(Property.REASON_STRING))
                            .isEqualTo(wanted == 1);
                }
            }
        }
    }

    @Test
    void case57AShutdownIsToldToVersion5() throws Exception {
        try (TestServer server = server();
                TestClient five = TestClient.v5(server.port());
                TestClient three = TestClient.v4(server.port())) {
            five.connect("five", true);
            three.connect("three", true);
            server.close();
            five.expectDisconnect(ReasonCode.SERVER_SHUTTING_DOWN);
            three.expectClosed();
        }
    }
}
