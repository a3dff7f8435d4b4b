package io.polymq.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.MqttVersion;
import io.polymq.codec.mqtt.Properties;
import io.polymq.codec.mqtt.Property;
import io.polymq.codec.mqtt.ReasonCode;
import io.polymq.config.PolyMqConfig;
import io.polymq.config.load.ConfigLoader;
import io.polymq.config.load.ConfigSources;
import io.polymq.core.security.BrokerSecurity;
import io.polymq.core.security.SecurityBuilder;
import io.polymq.meta.NodeCache;
import io.polymq.meta.embedded.MemoryMetadata;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets in and what names can do, with users and rules as they are configured. */
class DoorTest {

    private static final String ALICE =
            """
            [[auth.users]]
            name = "alice"
            password = "wonder"
            """;
    private static final String OWN_TOPICS =
            """
            [[auth.rules]]
            match = "mqtt"
            names = ["home/%c/#", "users/%u/#"]
            """;

    @TempDir private Path folder;
    private final MemoryMetadata metadata = new MemoryMetadata();
    private final NodeCache cache = new NodeCache(metadata);
    private @Nullable BrokerSecurity security;
    private @Nullable TestServer server;

    @AfterEach
    void stop() {
        if (server != null) {
            server.close();
        }
        if (security != null) {
            security.close();
        }
        cache.close();
        metadata.close();
    }

    private TestServer serve(boolean loopbackOnly, String... toml) throws Exception {
        Path file = folder.resolve("polymq.toml");
        Files.writeString(
                file, "[auth]\npassword_iterations = 1000\n" + String.join("\n", toml) + "\n");
        PolyMqConfig config =
                ConfigLoader.load(new ConfigSources(file, Map.of(), List.of())).config();
        security =
                new SecurityBuilder(
                                config.auth(),
                                cache,
                                loopbackOnly,
                                Clock.systemUTC(),
                                new SecureRandom(),
                                new PrometheusRegistry())
                        .build();
        server =
                new TestServer(MqttSettings.of(config.mqttRuntime(), folder), security, null, 0, 1);
        return server;
    }

    private static MqttPacket.Connect login(String id, @Nullable String user, String password) {
        return login(id, user, password, Properties.NONE);
    }

    private static MqttPacket.Connect login(
            String id, @Nullable String user, String password, Properties properties) {
        return new MqttPacket.Connect(
                MqttVersion.V5,
                false,
                properties == Properties.NONE,
                60,
                properties,
                id,
                null,
                user,
                user == null ? null : password.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(strings = {"+", "#", "a/+", "a/b", "..", "%u"})
    void case46ANameOfWildcardsWidensNoRule(String name) throws Exception {
        serve(false, "allow_anonymous = true", OWN_TOPICS);
        try (TestClient client = TestClient.v5(server.port())) {
            assertThat(client.connect(name, true).code()).isZero();
            for (String foreign : List.of("home/#", "home/+/x", "home/victim/x", "home/a/x")) {
                assertThat(client.subscribe(foreign, 0))
                        .as(foreign)
                        .containsExactly(ReasonCode.NOT_AUTHORIZED);
            }
            client.send(TestClient.message("home/victim/x", 1, false, "m", 1));
            assertThat(client.expect(MqttPacket.PubAck.class).reason())
                    .isEqualTo(ReasonCode.NOT_AUTHORIZED);
        }
    }

    @Test
    void case46TheSameRuleLetsAnHonestNameIn() throws Exception {
        serve(false, "allow_anonymous = true", OWN_TOPICS);
        try (TestClient client = TestClient.v5(server.port())) {
            client.connect("c.1", true);
            assertThat(client.subscribe("home/c.1/#", 0)).containsExactly(ReasonCode.SUCCESS);
            assertThat(client.subscribe("home/c/1/#", 0))
                    .containsExactly(ReasonCode.NOT_AUTHORIZED);
            client.send(TestClient.message("home/c.1/x", 0, false, "m", 0));
            client.expectMessage("home/c.1/x", "m");
        }
    }

    @Test
    void case52NobodyIsAnonymousWhereOthersCanReachTheBroker() throws Exception {
        serve(false, ALICE);
        assertThat(code(login("c", null, ""))).isEqualTo(ReasonCode.NOT_AUTHORIZED);
        assertThat(code(login("c", "alice", "wrong")))
                .isEqualTo(ReasonCode.BAD_USER_NAME_OR_PASSWORD);
        assertThat(code(login("c", "alice", ""))).isEqualTo(ReasonCode.BAD_USER_NAME_OR_PASSWORD);
        assertThat(code(login("c", "alice", "wonder"))).isEqualTo(ReasonCode.SUCCESS);
    }

    @Test
    void case52OnLoopbackAndWithoutUsersEveryoneMayTryIt() throws Exception {
        serve(true);
        assertThat(code(login("c", null, ""))).isEqualTo(ReasonCode.SUCCESS);
    }

    private static final String TWO_DOORS =
            """
            allow_anonymous = true
            without_rule = "deny"

            [[auth.users]]
            name = "alice"
            password = "wonder"
            groups = ["staff"]

            [[auth.users]]
            name = "bob"
            password = "builder"

            [[auth.rules]]
            users = ["alice"]
            groups = ["inside"]
            match = "mqtt"
            names = ["a/#"]

            [[auth.rules]]
            groups = ["open"]

            [[mqtt_runtime.listeners]]
            port = 0
            login_required = true
            groups = ["inside"]
            user_groups = ["staff"]

            [[mqtt_runtime.listeners]]
            port = 0
            groups = ["open"]
            """;

    @Test
    void aListenerHasUsersAndRulesOfItsOwn() throws Exception {
        serve(false, TWO_DOORS);
        int inside = server.furtherPort(0);
        int open = server.furtherPort(1);
        assertThat(code(inside, login("c", null, ""))).isEqualTo(ReasonCode.NOT_AUTHORIZED);
        assertThat(code(inside, login("c", "bob", "builder"))).isEqualTo(ReasonCode.NOT_AUTHORIZED);
        assertThat(code(open, login("c", "bob", "builder"))).isEqualTo(ReasonCode.SUCCESS);
        try (TestClient alice = TestClient.v5(inside);
                TestClient elsewhere = TestClient.v5(open);
                TestClient main = TestClient.v5(server.port())) {
            alice.connect(login("in", "alice", "wonder"));
            assertThat(alice.subscribe("a/b", 0)).containsExactly(ReasonCode.SUCCESS);
            assertThat(alice.subscribe("b", 0)).containsExactly(ReasonCode.NOT_AUTHORIZED);
            elsewhere.connect(login("out", "alice", "wonder"));
            assertThat(elsewhere.subscribe("b", 0)).containsExactly(ReasonCode.SUCCESS);
            main.connect(login("main", "alice", "wonder"));
            assertThat(main.subscribe("a/b", 0)).containsExactly(ReasonCode.NOT_AUTHORIZED);
        }
    }

    @Test
    void aNameThatIsBelievedIsNoLogin() throws Exception {
        serve(
                false,
                "allow_anonymous = true\nbelieve_names = true",
                "[[mqtt_runtime.listeners]]\nport = 0\nlogin_required = true",
                "[[mqtt_runtime.listeners]]\nport = 0\nuser_groups = [\"staff\"]",
                "[[mqtt_runtime.listeners]]\nport = 0");
        List<ReasonCode> codes = new ArrayList<>();
        for (int listener = 0; listener < 3; listener++) {
            codes.add(code(server.furtherPort(listener), login("c", "alice", "anything")));
        }
        assertThat(codes)
                .containsExactly(
                        ReasonCode.NOT_AUTHORIZED, ReasonCode.NOT_AUTHORIZED, ReasonCode.SUCCESS);
    }

    @Test
    void aSessionHasTheRightsOfTheListenerThatItCameBackBy() throws Exception {
        serve(false, TWO_DOORS);
        Properties kept =
                Properties.builder().number(Property.SESSION_EXPIRY_INTERVAL, 1000).build();
        try (TestClient open = TestClient.v5(server.furtherPort(1))) {
            open.connect(login("s", "alice", "wonder", kept));
            open.subscribe("#", 1);
            open.send(TestClient.message("b", 0, false, "mine", 0));
            open.expectMessage("b", "mine");
            open.disconnect();
        }
        try (TestClient inside = TestClient.v5(server.furtherPort(0));
                TestClient publisher = TestClient.v5(server.furtherPort(1))) {
            assertThat(inside.connect(login("s", "alice", "wonder", kept)).sessionPresent())
                    .isTrue();
            inside.subscribe("a/#", 1);
            publisher.connect("p", true);
            publisher.publish("b", 1, "no longer");
            publisher.publish("a/1", 1, "still");
            inside.ack(inside.expectMessage("a/1", "still"));
            inside.expectNothing();
        }
    }

    private static final String SCRAM = "SCRAM-SHA-256";

    private static Properties step(byte[] data) {
        return Properties.builder()
                .text(Property.AUTHENTICATION_METHOD, SCRAM)
                .data(Property.AUTHENTICATION_DATA, data)
                .build();
    }

    private static byte[] challenge(TestClient client) {
        MqttPacket.Auth auth = client.expect(MqttPacket.Auth.class);
        assertThat(auth.reason()).isEqualTo(ReasonCode.CONTINUE_AUTHENTICATION);
        return auth.properties().data(Property.AUTHENTICATION_DATA);
    }

    private static void answer(TestClient client, byte[] data) {
        client.send(new MqttPacket.Auth(ReasonCode.CONTINUE_AUTHENTICATION, step(data)));
    }

    /** Begins a login; what comes next is the challenge. */
    private TestClient beginning(ScramClient scram) {
        TestClient client = TestClient.v5(server.port());
        client.send(TestClient.connect(MqttVersion.V5, "c", true, step(scram.first()), null));
        return client;
    }

    @Test
    void case51WhoProvesAPasswordIsInAndMayProveItAgain() throws Exception {
        serve(false, ALICE, "[[auth.users]]\nname = \"bob\"\npassword = \"builder\"");
        ScramClient scram = new ScramClient("alice", "wonder");
        try (TestClient client = beginning(scram)) {
            answer(client, scram.last(challenge(client)));
            MqttPacket.ConnAck connected = client.expect(MqttPacket.ConnAck.class);
            assertThat(connected.code()).isZero();
            assertThat(connected.properties().data(Property.AUTHENTICATION_DATA))
                    .asString(StandardCharsets.US_ASCII)
                    .startsWith("v=");
            client.send(new MqttPacket.Auth(ReasonCode.RE_AUTHENTICATE, step(scram.first())));
            answer(client, scram.last(challenge(client)));
            assertThat(client.expect(MqttPacket.Auth.class).reason()).isEqualTo(ReasonCode.SUCCESS);
            client.expectNothing();
            ScramClient bob = new ScramClient("bob", "builder");
            client.send(new MqttPacket.Auth(ReasonCode.RE_AUTHENTICATE, step(bob.first())));
            answer(client, bob.last(challenge(client)));
            client.expectDisconnect(ReasonCode.NOT_AUTHORIZED);
        }
    }

    @Test
    void case51AWrongProofEndsALoginAndAReauthentication() throws Exception {
        serve(false, ALICE);
        ScramClient wrong = new ScramClient("alice", "wander");
        try (TestClient client = beginning(wrong)) {
            answer(client, wrong.last(challenge(client)));
            assertThat(client.expect(MqttPacket.ConnAck.class).code())
                    .isEqualTo(ReasonCode.BAD_USER_NAME_OR_PASSWORD.code());
            client.expectClosed();
        }
        ScramClient right = new ScramClient("alice", "wonder");
        try (TestClient client = beginning(right)) {
            answer(client, right.last(challenge(client)));
            assertThat(client.expect(MqttPacket.ConnAck.class).code()).isZero();
            client.send(new MqttPacket.Auth(ReasonCode.RE_AUTHENTICATE, step(wrong.first())));
            answer(client, wrong.last(challenge(client)));
            client.expectDisconnect(ReasonCode.NOT_AUTHORIZED);
        }
    }

    @Test
    void case51OnlyAuthOfTheSameMethodFollowsBeforeTheAnswer() throws Exception {
        serve(false, ALICE);
        ScramClient scram = new ScramClient("alice", "wonder");
        try (TestClient client = beginning(scram)) {
            challenge(client);
            client.send(TestClient.message("a", 0, false, "too soon", 0));
            assertThat(client.expect(MqttPacket.ConnAck.class).code())
                    .isEqualTo(ReasonCode.PROTOCOL_ERROR.code());
            client.expectClosed();
        }
        try (TestClient client = beginning(scram)) {
            Properties other =
                    Properties.builder()
                            .text(Property.AUTHENTICATION_METHOD, "SCRAM-SHA-512")
                            .data(Property.AUTHENTICATION_DATA, scram.last(challenge(client)))
                            .build();
            client.send(new MqttPacket.Auth(ReasonCode.CONTINUE_AUTHENTICATION, other));
            assertThat(client.expect(MqttPacket.ConnAck.class).code())
                    .isEqualTo(ReasonCode.BAD_AUTHENTICATION_METHOD.code());
            client.expectClosed();
        }
    }

    private ReasonCode code(MqttPacket.Connect connect) {
        return code(server.port(), connect);
    }

    private static ReasonCode code(int port, MqttPacket.Connect connect) {
        try (TestClient client = TestClient.v5(port)) {
            int code = client.connect(connect).code();
            ReasonCode reason = ReasonCode.of(code);
            assertThat(reason).isNotNull();
            return reason;
        }
    }
}
