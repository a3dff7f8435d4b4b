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
import io.polymq.core.router.TrieRouter;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security;
import io.polymq.storage.ShardStore;
import io.polymq.storage.ShardStores;
import io.polymq.storage.StorageParams;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Parts of corner cases that want settings, clocks or stores of their own. */
class CornerCasesTest {

    private static TestServer server(String... settings) throws IOException {
        return new TestServer(
                MqttSettings.of(Defaults.with(MqttConfig.class, settings), Path.of("target")),
                new AllowAll(),
                null,
                0,
                1);
    }

    private static ShardStore inMemory() {
        return ShardStores.open(
                new StorageParams(
                        Path.of("target"),
                        InMemory.CONFIG,
                        Clock.systemUTC(),
                        new PrometheusRegistry()));
    }

    private static MqttPacket.Connect mortal(String id, int keepAlive, long expiry) {
        MqttPacket.Will will =
                new MqttPacket.Will(
                        Properties.NONE,
                        "will/" + id,
                        "gone".getBytes(StandardCharsets.UTF_8),
                        1,
                        false);
        Properties properties =
                Properties.builder().number(Property.SESSION_EXPIRY_INTERVAL, expiry).build();
        return new MqttPacket.Connect(
                MqttVersion.V5, false, true, keepAlive, properties, id, will, null, null);
    }

    @Test
    void case10APayloadThatIsNotTheTextItClaimsToBeHarmsNobody() throws Exception {
        try (TestServer server = server();
                TestClient publisher = TestClient.v5(server.port());
                TestClient subscriber = TestClient.v5(server.port())) {
            publisher.connect("p", true);
            subscriber.connect("s", true);
            subscriber.subscribe("text", 0);
            Properties text =
                    Properties.builder().number(Property.PAYLOAD_FORMAT_INDICATOR, 1).build();
            byte[] overlong = {(byte) 0xC0, (byte) 0x80};
            publisher.send(new MqttPacket.Publish(false, 1, false, "text", 1, text, overlong));
            publisher.expect(MqttPacket.PubAck.class);
            MqttPacket.Publish as = subscriber.expect(MqttPacket.Publish.class);
            assertThat(as.payload()).isEqualTo(overlong);
            publisher.publish("text", 1, "next");
            subscriber.expectMessage("text", "next");
        }
    }

    @Test
    void case24TheExpiryRunsFromTheDisconnectAcrossARestart() throws Exception {
        ManualClock clock = new ManualClock();
        try (ShardStore shards = inMemory()) {
            try (TestServer server = timed(shards, clock)) {
                for (int expiry : new int[] {10, 100}) {
                    try (TestClient client = TestClient.v5(server.port())) {
                        client.connect("for" + expiry, true, expiry);
                        clock.pass(Duration.ofSeconds(30)); // that it is connected does not count
                        client.disconnect();
                    }
                }
            }
            clock.pass(Duration.ofSeconds(60));
            try (TestServer server = timed(shards, clock);
                    TestClient ten = TestClient.v5(server.port());
                    TestClient hundred = TestClient.v5(server.port())) {
                assertThat(ten.connect("for10", false, 10).sessionPresent()).isFalse();
                assertThat(hundred.connect("for100", false, 100).sessionPresent()).isTrue();
            }
        }
    }

    private static TestServer timed(ShardStore shards, ManualClock clock) throws IOException {
        return new TestServer(
                MqttSettings.DEFAULT,
                new AllowAll(),
                shards,
                new TrieRouter(TrieRouter.Limits.DEFAULT, 42),
                new LaterMessages(),
                clock,
                0,
                1);
    }

    @Test
    void case28ASubscriberThatDoesNotReadHoldsUpNobodyElseOfItsLoop() throws Exception {
        String payload = "x".repeat(100_000);
        int count = 300;
        try (TestServer server = server("max_pending_qos0=64KiB");
                TestClient stalled = TestClient.v5(server.port());
                TestClient other = TestClient.v5(server.port());
                TestClient publisher = TestClient.v5(server.port())) {
            stalled.connect("stalled", true);
            stalled.subscribe("a", 0);
            other.connect("other", true);
            other.subscribe("a", 0);
            publisher.connect("p", true);
            for (int i = 0; i < count; i++) {
                publisher.publish("a", 0, payload);
                other.expectMessage("a", payload);
            }
            stalled.send(new MqttPacket.PingReq());
            int got = 0;
            while (stalled.read() instanceof MqttPacket.Publish) {
                got++;
            }
            assertThat(got).isBetween(1, count - 1);
        }
    }

    @Test
    void case30TheKeepAliveOfTheServerIsToldAndHolds() throws Exception {
        try (TestServer server = server("server_keep_alive=1");
                TestClient client = TestClient.v5(server.port())) {
            Properties told = client.connect("c", true).properties();
            assertThat(told.number(Property.SERVER_KEEP_ALIVE, 0)).isEqualTo(1);
            client.expectDisconnect(ReasonCode.KEEP_ALIVE_TIMEOUT);
        }
    }

    @Test
    void case31WhatWasSentBeforeAHalfCloseIsRead() throws Exception {
        try (TestServer server = server();
                TestClient watcher = TestClient.v5(server.port());
                TestClient client = TestClient.v5(server.port())) {
            watcher.connect("w", true);
            watcher.subscribe("a", 0);
            client.connect("c", true);
            for (int i = 1; i <= 100; i++) {
                client.send(TestClient.message("a", 1, false, "m" + i, i));
            }
            client.endOutput();
            for (int i = 1; i <= 100; i++) {
                watcher.expectMessage("a", "m" + i);
            }
            MqttPacket packet = client.read();
            while (packet != null) {
                assertThat(packet).isInstanceOf(MqttPacket.PubAck.class);
                packet = client.read();
            }
        }
    }

    @Test
    void case32NobodyPublishesToTheTopicsOfTheBroker() throws Exception {
        try (TestServer server = server("sys_interval=0s");
                TestClient client = TestClient.v5(server.port())) {
            client.connect("c", true);
            client.subscribe("$SYS/x", 0);
            client.send(TestClient.message("$SYS/x", 1, true, "forged", 1));
            assertThat(client.expect(MqttPacket.PubAck.class).reason())
                    .isEqualTo(ReasonCode.NOT_AUTHORIZED);
            client.subscribe("$SYS/x", 0);
            client.expectNothing();
        }
    }

    @Test
    void case33NoLocalOnASharedFilterIsAProtocolError() throws Exception {
        try (TestServer server = server();
                TestClient client = TestClient.v5(server.port())) {
            client.connect("c", true);
            client.send(
                    new MqttPacket.Subscribe(
                            1,
                            Properties.NONE,
                            List.of(
                                    new MqttPacket.Subscribe.Request(
                                            "$share/g/a", 1, true, false, 0))));
            client.expectDisconnect(ReasonCode.PROTOCOL_ERROR);
        }
    }

    @Test
    void case39WhatASharedMemberRejectsDoesNotComeAgain() throws Exception {
        try (TestServer server = server();
                TestClient one = TestClient.v5(server.port());
                TestClient two = TestClient.v5(server.port());
                TestClient publisher = TestClient.v5(server.port())) {
            one.connect("one", true);
            one.subscribe("$share/g/a", 1);
            publisher.connect("p", true);
            publisher.publish("a", 1, "poison");
            MqttPacket.Publish poison = one.expectMessage("a", "poison");
            two.connect("two", true);
            two.subscribe("$share/g/a", 1);
            one.send(
                    new MqttPacket.PubAck(
                            poison.packetId(), ReasonCode.UNSPECIFIED_ERROR, Properties.NONE));
            one.expectNothing();
            one.disconnect();
            two.expectNothing();
        }
    }

    @Test
    void case43AProtocolErrorAndSilenceAndAnAdministratorSendTheWill() throws Exception {
        try (TestServer server = server();
                TestClient watcher = TestClient.v5(server.port());
                TestClient wrong = TestClient.v5(server.port());
                TestClient silent = TestClient.v5(server.port());
                TestClient kicked = TestClient.v5(server.port())) {
            watcher.connect("w", true);
            watcher.subscribe("will/#", 0);
            wrong.connect(mortal("wrong", 60, 0));
            wrong.sendHex("d000");
            wrong.expectDisconnect(ReasonCode.PROTOCOL_ERROR);
            watcher.expectMessage("will/wrong", "gone");
            kicked.connect(mortal("kicked", 60, 0));
            assertThat(server.admin("DELETE", "/sessions/kicked", "").status()).isEqualTo(204);
            watcher.expectMessage("will/kicked", "gone");
            silent.connect(mortal("silent", 1, 0));
            watcher.expectMessage("will/silent", "gone");
        }
    }

    @Test
    void case43AShutdownSendsTheWill() throws Exception {
        try (ShardStore shards = inMemory()) {
            try (TestServer server =
                            new TestServer(MqttSettings.DEFAULT, new AllowAll(), shards, 0, 1);
                    TestClient watcher = TestClient.v5(server.port());
                    TestClient mortal = TestClient.v5(server.port())) {
                watcher.connect("w", true, 1000);
                watcher.subscribe("will/#", 1);
                watcher.disconnect();
                mortal.connect(mortal("m", 60, 0));
                server.close();
                mortal.expectDisconnect(ReasonCode.SERVER_SHUTTING_DOWN);
            }
            try (TestServer server =
                            new TestServer(MqttSettings.DEFAULT, new AllowAll(), shards, 0, 1);
                    TestClient watcher = TestClient.v5(server.port())) {
                assertThat(watcher.connect("w", false, 1000).sessionPresent()).isTrue();
                watcher.ack(watcher.expectMessage("will/m", "gone"));
            }
        }
    }

    /** Allows everything, but takes its time with what the broker publishes by itself. */
    private static final class SlowWithWills extends AllowAll {
        @Override
        public boolean allows(
                Principal principal, Credentials.Peer peer, Action action, Resource resource) {
            if (Thread.currentThread().getName().startsWith("mqtt-background")) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(500));
            }
            return true;
        }
    }

    @Test
    void case43AShutdownWaitsForTheWillThatASessionIsOwed() throws Exception {
        Security slow = new SlowWithWills();
        try (ShardStore shards = inMemory()) {
            try (TestServer server = new TestServer(MqttSettings.DEFAULT, slow, shards, 0, 1);
                    TestClient watcher = TestClient.v5(server.port());
                    TestClient mortal = TestClient.v5(server.port())) {
                watcher.connect("w", true, 1000);
                watcher.subscribe("will/#", 1);
                mortal.connect(mortal("m", 60, 0));
                server.close();
                mortal.expectDisconnect(ReasonCode.SERVER_SHUTTING_DOWN);
            }
            try (TestServer server =
                            new TestServer(MqttSettings.DEFAULT, new AllowAll(), shards, 0, 1);
                    TestClient watcher = TestClient.v5(server.port())) {
                assertThat(watcher.connect("w", false, 1000).sessionPresent()).isTrue();
                watcher.ack(watcher.expectMessage("will/m", "gone"));
            }
        }
    }

    @Test
    void case44AWillToAFilterRefusesTheConnection() throws Exception {
        try (TestServer server = server();
                TestClient client = TestClient.v5(server.port())) {
            MqttPacket.Will will =
                    new MqttPacket.Will(Properties.NONE, "a/+", new byte[0], 0, false);
            client.send(TestClient.connect(MqttVersion.V5, "c", true, Properties.NONE, will));
            assertThat(client.expect(MqttPacket.ConnAck.class).code()).isGreaterThan(0x7F);
            client.expectClosed();
        }
    }
}
