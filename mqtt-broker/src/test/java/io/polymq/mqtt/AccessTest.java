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
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What happens where rules say no. */
class AccessTest {

    /** Denies what begins with {@code secret}; a user called nobody has a wrong password. */
    private static final class Rules extends AllowAll {
        final AtomicLong generation = new AtomicLong();
        volatile String denied = "secret";
        volatile String unwritable = "unwritable";

        @Override
        public CompletionStage<AuthResult> authenticate(Credentials credentials) {
            if (credentials instanceof Credentials.Password p && p.user().equals("nobody")) {
                return CompletableFuture.supplyAsync(
                        () -> new AuthResult.Refused(Reason.BAD_CREDENTIALS, "wrong"));
            }
            return super.authenticate(credentials)
                    .thenCompose(result -> CompletableFuture.supplyAsync(() -> result));
        }

        @Override
        public boolean allows(
                Principal principal, Credentials.Peer peer, Action action, Resource resource) {
            boolean writes = action == Action.WRITE && resource.name().startsWith(unwritable);
            return !writes && !resource.name().startsWith(denied);
        }

        @Override
        public Coverage coverage(
                Principal principal, Credentials.Peer peer, Filter filter, String group) {
            try {
                Filter secret = Dialect.MQTT.parse(denied + "/#");
                return secret.covers(filter)
                        ? Coverage.NONE
                        : secret.overlaps(filter) ? Coverage.EXCEPT : Coverage.ALL;
            } catch (InvalidSubjectException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public long generation() {
            return generation.get();
        }
    }

    private final Rules rules = new Rules();
    private TestServer server;

    @BeforeEach
    void start() throws IOException {
        server = new TestServer(MqttSettings.DEFAULT, rules, null, 0, 1);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private TestClient v5() {
        return TestClient.v5(server.port());
    }

    @Test
    void case44AWillThatIsNotAllowedIsNotSent() {
        try (TestClient watcher = v5()) {
            watcher.connect("w", true);
            watcher.subscribe("#", 0);
            for (String topic : new String[] {"secret/will", "open/will"}) {
                try (TestClient client = v5()) {
                    MqttPacket.Will will =
                            new MqttPacket.Will(
                                    Properties.NONE,
                                    topic,
                                    "x".getBytes(StandardCharsets.UTF_8),
                                    0,
                                    false);
                    client.connect(
                            TestClient.connect(MqttVersion.V5, "m", true, Properties.NONE, will));
                }
            }
            watcher.expectMessage("open/will", "x");
        }
        try (TestClient client = v5()) {
            MqttPacket.Will will =
                    new MqttPacket.Will(Properties.NONE, "$SYS/x", new byte[0], 0, false);
            assertThat(
                            client.connect(
                                            TestClient.connect(
                                                    MqttVersion.V5,
                                                    "m",
                                                    true,
                                                    Properties.NONE,
                                                    will))
                                    .code())
                    .isEqualTo(ReasonCode.NOT_AUTHORIZED.code());
        }
    }

    @Test
    void case45And47AWideFilterDeliversNothingThatIsDeniedAndRightsMayChange() {
        try (TestClient client = v5()) {
            client.connect("c", true);
            assertThat(client.subscribe("secret/a", 0)).containsExactly(ReasonCode.NOT_AUTHORIZED);
            client.subscribe("#", 0);
            rules.denied = "closed";
            rules.generation.incrementAndGet();
            client.send(TestClient.message("secret/a", 0, false, "seen", 0));
            client.expectMessage("secret/a", "seen");
            client.send(TestClient.message("closed/a", 0, false, "not", 0));
            client.expectNothing();
        }
    }

    @Test
    void case47QueuedAndRetainedMessagesHeedRightsThatWereTakenAway() {
        try (TestClient client = v5()) {
            client.connect("q", true, 100);
            client.subscribe("open/#", 1);
            client.disconnect();
        }
        try (TestClient publisher = v5()) {
            publisher.connect("p", true);
            publisher.publish("open/a", 1, true, "1");
        }
        rules.denied = "open";
        rules.generation.incrementAndGet();
        try (TestClient client = v5()) {
            assertThat(client.connect("q", false, 100).sessionPresent()).isTrue();
            client.expectNothing();
            client.subscribe("#", 0);
            client.expectNothing();
        }
    }

    @Test
    void case49AnotherUserGetsNeitherTheSessionNorItsPlace() {
        try (TestClient owner = v5();
                TestClient thief = v5()) {
            owner.connect(as("alice", "id"));
            assertThat(thief.connect(as("mallory", "id")).code())
                    .isEqualTo(ReasonCode.NOT_AUTHORIZED.code());
            owner.expectNothing();
        }
    }

    private static MqttPacket.Connect as(String user, String id) {
        return new MqttPacket.Connect(
                MqttVersion.V5,
                false,
                true,
                60,
                Properties.builder().number(Property.SESSION_EXPIRY_INTERVAL, 100).build(),
                id,
                null,
                user,
                new byte[] {1});
    }

    @Test
    void case50ADeniedPublishIsToldIn5AndKeptFromEveryoneIn3() {
        try (TestClient five = v5();
                TestClient four = TestClient.v4(server.port())) {
            five.connect("five", true);
            five.send(TestClient.message("secret/a", 1, false, "x", 1));
            assertThat(five.expect(MqttPacket.PubAck.class).reason())
                    .isEqualTo(ReasonCode.NOT_AUTHORIZED);
            five.send(TestClient.message("secret/a", 2, false, "x", 2));
            assertThat(five.expect(MqttPacket.PubRec.class).reason())
                    .isEqualTo(ReasonCode.NOT_AUTHORIZED);
            four.connect("four", true);
            four.publish("secret/a", 1, true, "x");
            rules.denied = "nothing";
            rules.generation.incrementAndGet();
            five.subscribe("secret/#", 0);
            five.expectNothing();
        }
    }

    @Test
    void case51AuthWithoutAMethodIsAProtocolError() {
        try (TestClient client = v5()) {
            client.connect("c", true);
            client.sendHex("f000");
            client.expectDisconnect(ReasonCode.PROTOCOL_ERROR);
        }
    }

    @Test
    void case53PacketsRightBehindConnectWaitForTheAnswer() {
        try (TestClient client = v5()) {
            client.send(TestClient.connect(MqttVersion.V5, "early", true, Properties.NONE, null));
            client.send(new MqttPacket.PingReq());
            client.expect(MqttPacket.ConnAck.class);
            client.expect(MqttPacket.PingResp.class);
        }
    }

    @Test
    void aWrongPasswordIsRefusedInEachVersionsWords() {
        try (TestClient client = v5()) {
            assertThat(client.connect(as("nobody", "n")).code())
                    .isEqualTo(ReasonCode.BAD_USER_NAME_OR_PASSWORD.code());
            client.expectClosed();
        }
        try (TestClient client = TestClient.v4(server.port())) {
            MqttPacket.Connect connect =
                    new MqttPacket.Connect(
                            MqttVersion.V3_1_1,
                            false,
                            true,
                            60,
                            Properties.NONE,
                            "n",
                            null,
                            "nobody",
                            new byte[] {1});
            assertThat(client.connect(connect).code()).isEqualTo(5);
        }
    }

    @Test
    void aRetainedMessageIsHeldBackOnceItsPublisherMayNoLongerPublishIt() throws IOException {
        for (String checked : new String[] {"true", "false"}) {
            MqttSettings settings =
                    MqttSettings.of(
                            Defaults.with(MqttConfig.class, "check_retain_source=" + checked),
                            Path.of("target"));
            Rules publishersOnly = new Rules();
            try (TestServer checking = new TestServer(settings, publishersOnly, null, 0, 1)) {
                try (TestClient client = TestClient.v5(checking.port())) {
                    client.connect("source", true);
                    Properties expiry =
                            Properties.builder()
                                    .number(Property.MESSAGE_EXPIRY_INTERVAL, 100)
                                    .build();
                    client.send(
                            new MqttPacket.Publish(
                                    false,
                                    1,
                                    true,
                                    "kept",
                                    1,
                                    expiry,
                                    "m".getBytes(StandardCharsets.UTF_8)));
                    client.expect(MqttPacket.PubAck.class);
                    client.subscribe("kept", 0);
                    MqttPacket.Publish kept = client.expectMessage("kept", "m");
                    assertThat(kept.properties().number(Property.MESSAGE_EXPIRY_INTERVAL, 0))
                            .isBetween(98L, 100L);
                }
                publishersOnly.unwritable = "kept";
                publishersOnly.generation.incrementAndGet();
                try (TestClient client = TestClient.v5(checking.port())) {
                    client.connect("later", true);
                    client.subscribe("kept", 0);
                    if (checked.equals("true")) {
                        client.expectNothing();
                    } else {
                        client.expectMessage("kept", "m");
                    }
                }
            }
        }
    }
}
