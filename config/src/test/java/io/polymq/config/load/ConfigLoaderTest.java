package io.polymq.config.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.config.PolyMqConfig;
import io.polymq.config.schema.Tree;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigLoaderTest {
    @TempDir Path folder;

    private Path file(String name, String text) throws Exception {
        return Files.writeString(folder.resolve(name), text);
    }

    private static PolyMqConfig load(Path file, String... settings) throws Exception {
        return ConfigLoader.load(new ConfigSources(file, Map.of(), List.of(settings))).config();
    }

    @Test
    void withoutAnySourceTheDocumentedDefaultsHold() throws Exception {
        PolyMqConfig config = ConfigLoader.load(ConfigSources.of()).config();

        assertThat(config).isEqualTo(PolyMqConfig.DEFAULT);
        assertThat(config.mqttRuntime().ports().tcpPort()).isEqualTo(1883);
        assertThat(config.mqttRuntime().ports().websocketPort()).isEqualTo(8083);
        assertThat(config.mqttRuntime().ports().tlsPort()).isNull();
        assertThat(config.kafkaRuntime().ports().tcpPort()).isEqualTo(9092);
        assertThat(config.kafkaRuntime().ports().websocketPort()).isNull();
        assertThat(config.amqpRuntime().ports().tcpPort()).isEqualTo(5672);
        assertThat(config.natsRuntime().ports().tcpPort()).isEqualTo(4222);
        assertThat(config.natsRuntime().ports().websocketPort()).isEqualTo(8081);
        assertThat(config.admin().port()).isEqualTo(9600);
        assertThat(config.network().bind()).containsExactly("127.0.0.1");
        assertThat(config.tls()).isNull();
    }

    @Test
    void aCertificateOpensTheEncryptedPorts() throws Exception {
        PolyMqConfig config =
                load(file("a.toml", "[tls]\ncertificate = \"c.pem\"\nkey = \"k.pem\"\n"));

        assertThat(config.mqttRuntime().ports().tlsPort()).isEqualTo(8883);
        assertThat(config.mqttRuntime().ports().websocketsPort()).isEqualTo(8084);
        assertThat(config.mqttRuntime().ports().quicPort()).isEqualTo(14_567);
        assertThat(config.kafkaRuntime().ports().tlsPort()).isEqualTo(9093);
        assertThat(config.amqpRuntime().ports().tlsPort()).isEqualTo(5671);
        assertThat(config.natsRuntime().ports().tlsPort()).isNull();
    }

    @Test
    void whatSomebodySetIsToldWithWhere() throws Exception {
        Path file = file("a.toml", "cluster_name = \"east\"\n[log]\nlevel = \"warn\"\n");
        LoadedConfig loaded =
                ConfigLoader.load(
                        new ConfigSources(
                                file,
                                Map.of("POLYMQ_ADMIN_PORT", "1"),
                                List.of("broker_id=7", "log.level=info")));

        assertThat(loaded.origins())
                .containsOnly(
                        Map.entry("cluster_name", file + ":1"),
                        Map.entry("log.level", "--set log.level"),
                        Map.entry("admin.port", "POLYMQ_ADMIN_PORT"),
                        Map.entry("broker_id", "--set broker_id"));
    }

    @Test
    void tomlIsRead() throws Exception {
        PolyMqConfig config =
                load(
                        file(
                                "a.toml",
                                """
                                cluster_name = "east"
                                data_path = "/tmp/x"
                                bind = ["127.0.0.1", "::1"]
                                [network]
                                login_timeout = "1m30s"
                                max_packet_before_login = "1KiB"
                                max_packet = 4096
                                [mqtt_runtime]
                                tcp_port = 0
                                websocket_port = "off"
                                [mqtt_runtime.network]
                                accept_thread_num = 2
                                handler_thread_num = 3
                                queue_size = 100
                                [log]
                                levels = { "io.polymq" = "debug" }
                                [limits.user]
                                bytes_per_second = "10MB"
                                """));

        assertThat(config.clusterName()).isEqualTo("east");
        assertThat(config.dataPath()).isEqualTo(Path.of("/tmp/x"));
        assertThat(config.network().bind()).containsExactly("127.0.0.1", "::1");
        assertThat(config.network().loginTimeout()).isEqualTo(Duration.ofSeconds(90));
        assertThat(config.network().maxPacketBeforeLogin()).isEqualTo(1024);
        assertThat(config.network().maxPacket()).isEqualTo(4096);
        assertThat(config.mqttRuntime().ports().tcpPort()).isZero();
        assertThat(config.mqttRuntime().ports().websocketPort()).isNull();
        assertThat(config.mqttRuntime().network().handlerThreadNum()).isEqualTo(3);
        assertThat(config.log().levels()).containsEntry("io.polymq", "debug");
        assertThat(config.limits().user().bytesPerSecond()).isEqualTo(10_000_000);
    }

    @Test
    void yamlIsReadTheSameWay() throws Exception {
        PolyMqConfig config =
                load(
                        file(
                                "a.yml",
                                """
                                cluster_name: east
                                bind: 0.0.0.0
                                network:
                                  login_timeout: 90s
                                mqtt_runtime:
                                  tcp_port: 0
                                  websocket_port: off
                                  network: {queue_size: 100}
                                nats_runtime:
                                log:
                                  levels: {io.polymq: debug}
                                """));

        assertThat(config.clusterName()).isEqualTo("east");
        assertThat(config.network().bind()).containsExactly("0.0.0.0");
        assertThat(config.network().loginTimeout()).isEqualTo(Duration.ofSeconds(90));
        assertThat(config.mqttRuntime().ports().tcpPort()).isZero();
        assertThat(config.mqttRuntime().ports().websocketPort()).isNull();
        assertThat(config.mqttRuntime().network().queueSize()).isEqualTo(100);
        assertThat(config.natsRuntime()).isEqualTo(PolyMqConfig.DEFAULT.natsRuntime());
        assertThat(config.log().levels()).containsEntry("io.polymq", "debug");
    }

    @Test
    void theCommandLineWinsOverTheEnvironmentAndThatOverTheFile() throws Exception {
        Path file =
                file(
                        "a.toml",
                        """
                        [mqtt_runtime]
                        tcp_port = 1
                        websocket_port = 2
                        [kafka_runtime]
                        tcp_port = 3
                        """);
        PolyMqConfig config =
                ConfigLoader.load(
                                new ConfigSources(
                                        file,
                                        Map.of(
                                                "POLYMQ_MQTT_RUNTIME_TCP_PORT", "11",
                                                "POLYMQ_MQTT_RUNTIME_WEBSOCKET_PORT", "12",
                                                "POLYMQ_BIND", "127.0.0.1, ::1"),
                                        List.of(
                                                "mqtt_runtime.tcp_port=21",
                                                "auth.allow_anonymous=true")))
                        .config();

        assertThat(config.mqttRuntime().ports().tcpPort()).isEqualTo(21);
        assertThat(config.mqttRuntime().ports().websocketPort()).isEqualTo(12);
        assertThat(config.kafkaRuntime().ports().tcpPort()).isEqualTo(3);
        assertThat(config.network().bind()).containsExactly("127.0.0.1", "::1");
        assertThat(config.auth().allowAnonymous()).isTrue();
    }

    @Test
    void noTwoKeysShareAnEnvironmentVariable() {
        List<String> paths = Tree.paths(PolyMqConfig.class);

        assertThat(new HashSet<>(paths.stream().map(EnvironmentNames::variable).toList()))
                .hasSameSizeAs(paths);
    }

    @Test
    void anUnknownVariableIsAWarningUnlessKubernetesOrTheLauncherSetsIt() throws Exception {
        LoadedConfig loaded =
                ConfigLoader.load(
                        new ConfigSources(
                                null,
                                Map.of(
                                        "POLYMQ_MQTT_TCP_PROT", "1",
                                        "POLYMQ_JAVA_OPTS", "-Xmx1g",
                                        "POLYMQ_HEAP", "1g",
                                        "POLYMQ_PORT_1883_TCP_ADDR", "10.0.0.1",
                                        "POLYMQ_SERVICE_HOST", "10.0.0.1",
                                        "PATH", "/bin"),
                                List.of()));

        assertThat(loaded.warnings())
                .containsExactly(
                        "The environment variable POLYMQ_MQTT_TCP_PROT sets nothing: no key has that"
                                + " name.");
    }

    @Test
    void secretsAreNeverPrinted() throws Exception {
        PolyMqConfig config =
                ConfigLoader.load(
                                ConfigSources.of(
                                        "auth.admin.password=hunter2",
                                        "tls.certificate=c",
                                        "tls.key=k",
                                        "tls.key_password=hunter2"))
                        .config();

        assertThat(config.auth().admin().password()).isNotNull();
        assertThat(config.toString()).doesNotContain("hunter2");
    }
}
