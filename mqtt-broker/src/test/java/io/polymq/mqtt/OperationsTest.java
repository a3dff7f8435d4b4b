package io.polymq.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.MqttVersion;
import io.polymq.codec.mqtt.Properties;
import io.polymq.codec.mqtt.ReasonCode;
import io.polymq.config.MqttConfig;
import io.polymq.config.schema.Defaults;
import io.polymq.conformance.AllowAll;
import io.polymq.core.admin.AdminAnswer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What those who run the broker see and choose: traces, tenants, slow subscribers, figures. */
class OperationsTest {

    @TempDir private Path folder;

    private TestServer server(String... settings) throws IOException {
        return new TestServer(
                MqttSettings.of(Defaults.with(MqttConfig.class, settings), folder),
                new AllowAll(),
                null,
                0,
                1);
    }

    private String traceOnce(Predicate<String> complete) throws Exception {
        Path file = folder.resolve("mqtt-trace.log");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        String text = "";
        while (!complete.test(text)) {
            assertThat(System.nanoTime()).as(text).isLessThan(end);
            Thread.onSpinWait();
            text = Files.exists(file) ? Files.readString(file) : "";
        }
        return text;
    }

    @Test
    void packetsOfAClientAndOfATopicAreWrittenDownAndNobodyElses() throws Exception {
        try (TestServer server = server("trace=client traced, topic seen/#");
                TestClient traced = TestClient.v5(server.port());
                TestClient other = TestClient.v5(server.port())) {
            traced.connect("traced", true);
            other.connect("other", true);
            traced.subscribe("a", 1);
            other.publish("a", 1, "for the traced");
            traced.ack(traced.expectMessage("a", "for the traced"));
            other.publish("unseen", 1, "x");
            other.publish("seen/it", 1, "y");
            traced.disconnect();
            String text = traceOnce(t -> t.contains("closed"));
            assertThat(text)
                    .contains("received CONNECT version=V5 client=\"traced\"")
                    .contains("received SUBSCRIBE id=1 \"a\" qos=1")
                    .contains("sent PUBLISH topic=\"a\" qos=1")
                    .contains("received PUBACK")
                    .contains("received PUBLISH topic=\"seen/it\"")
                    .doesNotContain("unseen")
                    .doesNotContain("client=\"other\"");
        }
    }

    @Test
    void whatAClientChoseCannotForgeALineOfTheTrace() throws Exception {
        try (TestServer server = server("trace=address 127.0.0.1");
                TestClient client = TestClient.v5(server.port())) {
            client.connect("x\" forged", true);
            assertThat(traceOnce(t -> t.contains("CONNECT"))).contains("client=\"x\\\" forged\"");
        }
    }

    @Test
    void tenantsComeFromAPropertyWhereTheUserHasNone() throws Exception {
        try (TestServer server = server("tenant_property=tenant");
                TestClient acme = TestClient.v5(server.port());
                TestClient nobody = TestClient.v5(server.port())) {
            Properties named = Properties.builder().user("tenant", "acme").build();
            acme.connect(TestClient.connect(MqttVersion.V5, "c", true, named, null));
            nobody.connect("c", true);
            acme.subscribe("t", 0);
            nobody.subscribe("t", 0);
            nobody.publish("t", 0, "default's");
            nobody.expectMessage("t", "default's");
            acme.expectNothing();
            acme.publish("t", 0, "acme's");
            acme.expectMessage("t", "acme's");
            nobody.expectNothing();
        }
    }

    @Test
    void whoAcknowledgesLateIsListed() throws Exception {
        ManualClock clock = new ManualClock();
        MqttSettings settings =
                MqttSettings.of(
                        Defaults.with(
                                MqttConfig.class, "slow_threshold=50ms", "sys_interval=100ms"),
                        folder);
        try (TestServer server = new TestServer(settings, clock);
                TestClient slow = TestClient.v5(server.port());
                TestClient watcher = TestClient.v5(server.port())) {
            slow.connect("slowpoke", true);
            slow.subscribe("a", 1);
            watcher.connect("w", true);
            watcher.publish("a", 1, "m");
            MqttPacket.Publish message = slow.expectMessage("a", "m");
            clock.pass(Duration.ofMillis(80));
            slow.ack(message);
            watcher.subscribe("$SYS/brokers/polymq/slow_subscribers", 0);
            String listed =
                    new String(
                            watcher.expect(MqttPacket.Publish.class).payload(),
                            StandardCharsets.UTF_8);
            assertThat(listed).startsWith("slowpoke 80 1");
        }
    }

    @Test
    void mosquittosFiguresAreThere() throws Exception {
        try (TestServer server = server("sys_interval=100ms");
                TestClient watcher = TestClient.v5(server.port())) {
            watcher.connect("w", true);
            Set<String> missing =
                    new HashSet<>(
                            Set.of(
                                    "version",
                                    "uptime",
                                    "clients/maximum",
                                    "clients/expired",
                                    "bytes/received",
                                    "store/messages/count",
                                    "retained messages/count",
                                    "shared_subscriptions/count",
                                    "load/messages/received/1min",
                                    "load/connections/15min",
                                    "heap/current"));
            watcher.subscribe("$SYS/broker/#", 0);
            for (int i = 0; i < 1_000 && !missing.isEmpty(); i++) {
                MqttPacket.Publish figure = watcher.expect(MqttPacket.Publish.class);
                assertThat(figure.payload()).as(figure.topic()).isNotEmpty();
                missing.remove(figure.topic().substring("$SYS/broker/".length()));
            }
            assertThat(missing).isEmpty();
        }
    }

    @Test
    void administratorsSeeSessionsEndThemAndTraceThem() throws Exception {
        try (TestServer server = server();
                TestClient client = TestClient.v5(server.port())) {
            client.connect("seen", true, 100);
            assertThat(text(server.admin("GET", "/sessions/seen", "")))
                    .contains("\"client_id\":\"seen\"", "\"connected\":true");
            assertThat(text(server.admin("GET", "/sessions", ""))).contains("\"seen\"");
            assertThat(server.admin("PUT", "/traces", "{\"rules\":[\"client seen\"]}").status())
                    .isEqualTo(200);
            assertThat(server.admin("PUT", "/traces", "{\"rules\":[\"planet Mars\"]}").status())
                    .isEqualTo(400);
            client.expectNothing();
            assertThat(traceOnce(t -> t.contains("PINGREQ"))).contains("\"seen\"");
            assertThat(server.admin("DELETE", "/sessions/seen", "").status()).isEqualTo(204);
            client.expectDisconnect(ReasonCode.ADMINISTRATIVE_ACTION);
            assertThat(server.admin("DELETE", "/sessions/none", "").status()).isEqualTo(404);
        }
    }

    private static String text(AdminAnswer answer) {
        return new String(answer.body(), StandardCharsets.UTF_8);
    }
}
