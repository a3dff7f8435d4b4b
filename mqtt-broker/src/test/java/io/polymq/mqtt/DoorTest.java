package io.polymq.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.MqttVersion;
import io.polymq.codec.mqtt.Properties;
import io.polymq.codec.mqtt.ReasonCode;
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
        security =
                new SecurityBuilder(
                                ConfigLoader.load(new ConfigSources(file, Map.of(), List.of()))
                                        .config()
                                        .auth(),
                                cache,
                                loopbackOnly,
                                Clock.systemUTC(),
                                new SecureRandom(),
                                new PrometheusRegistry())
                        .build();
        server = new TestServer(MqttSettings.DEFAULT, security, null, 0, 1);
        return server;
    }

    private static MqttPacket.Connect login(String id, @Nullable String user, String password) {
        return new MqttPacket.Connect(
                MqttVersion.V5,
                false,
                true,
                60,
                Properties.NONE,
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

    private ReasonCode code(MqttPacket.Connect connect) {
        try (TestClient client = TestClient.v5(server.port())) {
            int code = client.connect(connect).code();
            ReasonCode reason = ReasonCode.of(code);
            assertThat(reason).isNotNull();
            return reason;
        }
    }
}
