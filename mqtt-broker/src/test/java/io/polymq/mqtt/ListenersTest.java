package io.polymq.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.MqttVersion;
import io.polymq.codec.mqtt.Properties;
import io.polymq.codec.mqtt.ReasonCode;
import io.polymq.config.MqttConfig;
import io.polymq.config.load.ConfigException;
import io.polymq.config.load.ConfigLoader;
import io.polymq.config.load.ConfigSources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Listeners with settings of their own, beside one without. */
class ListenersTest extends ServerTest {

    private static final String LISTENERS =
            """
            [[mqtt_runtime.listeners]]
            port = 0
            mount_point = "site/a/"

            [[mqtt_runtime.listeners]]
            port = 0
            login_required = true
            tenant = "guests"
            """;

    @Override
    MqttSettings settings() {
        return MqttSettings.of(config(LISTENERS), Path.of("target"));
    }

    private static MqttConfig config(String toml) {
        try {
            Path file = Files.createTempFile("listeners", ".toml");
            Files.writeString(file, toml);
            return ConfigLoader.load(new ConfigSources(file, Map.of(), List.of()))
                    .config()
                    .mqttRuntime();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ConfigException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private TestClient mounted() {
        return TestClient.v5(furtherPort(0));
    }

    @Test
    void aMountPointStandsInFrontOfWhatItsClientsPublish() {
        try (TestClient plain = v4();
                TestClient inside = mounted()) {
            plain.connect("m1", true);
            plain.subscribe("site/a/m1/#", 1);
            inside.connect("m1-inside", true);
            inside.publish("m1/x", 1, "up");
            plain.expectMessage("site/a/m1/x", "up");
            inside.publish("m1/y", 2, "twice");
            plain.expectMessage("site/a/m1/y", "twice");
        }
    }

    @Test
    void itsClientsDoNotSeeTheMountPoint() {
        try (TestClient plain = v4();
                TestClient inside = mounted();
                TestClient old = TestClient.v4(furtherPort(0))) {
            plain.connect("m2", true);
            plain.publish("site/a/m2/kept", 1, true, "kept");
            inside.connect("m2-inside", true);
            inside.subscribe("m2/#", 1);
            inside.ack(inside.expectMessage("m2/kept", "kept"));
            old.connect("m2-old", true);
            old.subscribe("+/live", 0);
            plain.publish("site/a/m2/live", 1, "down");
            inside.ack(inside.expectMessage("m2/live", "down"));
            old.expectMessage("m2/live", "down");
            plain.publish("site/b/m2/live", 1, "elsewhere");
            plain.publish("m2/live", 1, "outside");
            inside.expectNothing();
            old.expectNothing();
        }
    }

    @Test
    void sharedAndExclusiveFiltersAndDelaysKeepTheirPrefix() {
        try (TestClient plain = v4();
                TestClient inside = mounted()) {
            plain.connect("m3", true);
            inside.connect("m3-inside", true);
            assertThat(inside.subscribe("$share/g/m3/shared", 0))
                    .containsExactly(ReasonCode.SUCCESS);
            assertThat(inside.subscribe("$exclusive/m3/only", 0))
                    .containsExactly(ReasonCode.SUCCESS);
            plain.publish("site/a/m3/shared", 1, "one of us");
            inside.expectMessage("m3/shared", "one of us");
            plain.publish("site/a/m3/only", 1, "me");
            inside.expectMessage("m3/only", "me");
            plain.subscribe("site/a/m3/late", 0);
            inside.publish("$delayed/1/m3/late", 1, "later");
            plain.expectMessage("site/a/m3/late", "later");
        }
    }

    @Test
    void aFilterOfAllReachesNoFurtherThanTheMountPointAndUnsubscribes() {
        try (TestClient plain = v4();
                TestClient inside = mounted()) {
            plain.connect("m4", true);
            inside.connect("m4-inside", true);
            inside.subscribe("#", 0);
            plain.publish("site/b/m4", 1, "no");
            plain.publish("site/a/m4", 1, "yes");
            while (!(inside.read() instanceof MqttPacket.Publish got && got.topic().equals("m4"))) {
                // retained ones of the other tests may come first
            }
            inside.unsubscribe("#");
            plain.publish("site/a/m4", 1, "no longer");
            inside.expectNothing();
        }
    }

    @Test
    void aWillIsMountedToo() {
        try (TestClient plain = v4()) {
            plain.connect("m5", true);
            plain.subscribe("site/a/m5/gone", 0);
            MqttPacket.Will will =
                    new MqttPacket.Will(
                            Properties.NONE,
                            "m5/gone",
                            "lost".getBytes(StandardCharsets.UTF_8),
                            0,
                            false);
            try (TestClient inside = mounted()) {
                inside.connect(
                        TestClient.connect(MqttVersion.V5, "m5-in", true, Properties.NONE, will));
            }
            plain.expectMessage("site/a/m5/gone", "lost");
        }
    }

    @Test
    void aListenerMayAskForALoginWhereOthersDoNot() {
        try (TestClient nobody = TestClient.v5(furtherPort(1));
                TestClient known = TestClient.v5(furtherPort(1));
                TestClient elsewhere = v5()) {
            assertThat(nobody.connect("n", true).code())
                    .isEqualTo(ReasonCode.NOT_AUTHORIZED.code());
            assertThat(
                            known.connect(
                                            new MqttPacket.Connect(
                                                    MqttVersion.V5,
                                                    false,
                                                    true,
                                                    60,
                                                    Properties.NONE,
                                                    "k",
                                                    null,
                                                    "somebody",
                                                    new byte[] {'x'}))
                                    .code())
                    .isZero();
            elsewhere.connect("k", true);
            elsewhere.subscribe("rooms/#", 0);
            known.publish("rooms/1", 0, "in the tenant of the listener");
            elsewhere.expectNothing();
        }
    }
}
