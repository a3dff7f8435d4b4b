package io.polymq.config.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigErrorsTest {
    @TempDir Path folder;

    private List<String> errors(String name, String text, String... settings) throws Exception {
        return errors(Files.writeString(folder.resolve(name), text), settings);
    }

    private List<String> errors(Path file, String... settings) {
        ConfigException refused =
                catchThrowableOfType(
                        ConfigException.class,
                        () ->
                                ConfigLoader.load(
                                        new ConfigSources(file, Map.of(), List.of(settings))));
        assertThat(refused).as("the configuration is refused").isNotNull();
        return Objects.requireNonNull(refused.getMessage())
                .replace(folder + "/", "")
                .lines()
                .toList();
    }

    @Test
    void allErrorsOfATomlFileAreToldAtOnceWithTheirLines() throws Exception {
        assertThat(
                        errors(
                                "a.toml",
                                """
                                cluster_nam = "x"

                                [network]
                                login_timeout = 30
                                transport = "kqueue"
                                [mqtt_runtime]
                                # a comment
                                tcp_prot = 1883
                                websocket_port = 70_000
                                network.queue_size = "many"
                                [kafka_runtime]
                                enabled = "yes"
                                """))
                .containsExactly(
                        "a.toml:1: cluster_nam is not a known key; did you mean cluster_name?",
                        "a.toml:4: network.login_timeout must be a duration such as \"500ms\","
                                + " \"30s\" or \"1h30m\", but is the number 30",
                        "a.toml:5: network.transport must be one of auto, epoll, io_uring, nio, but is"
                                + " \"kqueue\"",
                        "a.toml:8: mqtt_runtime.tcp_prot is not a known key; did you mean"
                                + " mqtt_runtime.tcp_port?",
                        "a.toml:9: mqtt_runtime.websocket_port must be between 0 and 65535, but is"
                                + " 70000",
                        "a.toml:10: mqtt_runtime.network.queue_size must be a whole number, but is"
                                + " the text \"many\"",
                        "a.toml:12: kafka_runtime.enabled must be true or false, but is the text"
                                + " \"yes\"");
    }

    @Test
    void allErrorsOfAYamlFileAreToldAtOnceWithTheirLines() throws Exception {
        assertThat(
                        errors(
                                "a.yaml",
                                """
                                cluster_nam: x
                                network:
                                  login_timeout: 30
                                mqtt_runtime:
                                  # a comment
                                  tcp_port: "1883"
                                  websocket_port: [1]
                                kafka_runtime: 5
                                """))
                .containsExactly(
                        "a.yaml:1: cluster_nam is not a known key; did you mean cluster_name?",
                        "a.yaml:3: network.login_timeout must be a duration such as \"500ms\","
                                + " \"30s\" or \"1h30m\", but is the number 30",
                        "a.yaml:6: mqtt_runtime.tcp_port must be a whole number, but is the text"
                                + " \"1883\"",
                        "a.yaml:7: mqtt_runtime.websocket_port must be a whole number, but is a list",
                        "a.yaml:8: kafka_runtime must be a section, but is the number 5");
    }

    @Test
    void aKeyInTheWrongSectionIsSentToTheRightOne() throws Exception {
        assertThat(errors("a.toml", "[network]\nprotect_metrics = true\n"))
                .containsExactly(
                        "a.toml:2: network.protect_metrics is not a known key; did you mean"
                                + " admin.protect_metrics?");
    }

    @Test
    void aKeyLikeNoOtherStillGetsTheNearest() throws Exception {
        assertThat(errors("a.toml", "[metrics]\nxyzzyxyzzy = true\n"))
                .containsExactly(
                        "a.toml:2: metrics.xyzzyxyzzy is not a known key; the nearest known key is"
                                + " metrics.enabled");
    }

    @Test
    void aFurtherListenerOfMqttClashesToo() throws Exception {
        assertThat(
                        errors(
                                "a.toml",
                                "[[mqtt_runtime.listeners]]\nport = 9092\n"
                                        + "[[mqtt_runtime.listeners]]\nport = 8886\ntransport = \"tls\"\n"))
                .anyMatch(line -> line.contains("mqtt_runtime.listeners[0].port"))
                .anyMatch(
                        line ->
                                line.contains(
                                        "mqtt_runtime.listeners[1].port needs a certificate"));
        assertThat(
                        errors(
                                "a.toml",
                                "[[mqtt_runtime.listeners]]\nport = 1884\nmount_point = \"a/#/\"\n"))
                .singleElement()
                .asString()
                .contains("has to be a topic that ends in a slash");
    }

    @Test
    void portClashesNameBothKeysAndTheLine() throws Exception {
        assertThat(errors("a.toml", "[mqtt_runtime]\ntcp_port = 9092\n[admin]\nport = 4222\n"))
                .containsExactly(
                        "a.toml:2: mqtt_runtime.tcp_port is port 9092, which kafka_runtime.tcp_port"
                                + " uses as well",
                        "a.toml:4: admin.port is port 4222, which nats_runtime.tcp_port uses as"
                                + " well");
    }

    @Test
    void onePortOnTwoAddressesIsNoClash() throws Exception {
        Path file =
                Files.writeString(
                        folder.resolve("a.toml"),
                        "[kafka_runtime]\nbind = \"127.0.0.2\"\ntcp_port = 1883\n");

        assertThat(ConfigLoader.load(new ConfigSources(file, Map.of(), List.of())).config())
                .isNotNull();
    }

    @Test
    void anEncryptedPortNeedsACertificate() throws Exception {
        assertThat(errors("a.toml", "[kafka_runtime]\ntls_port = 9093\n"))
                .containsExactly(
                        "a.toml:2: kafka_runtime.tls_port needs a certificate: set tls.certificate and"
                                + " tls.key");
    }

    @Test
    void whatATlsSectionLacksIsTold() throws Exception {
        assertThat(errors("a.toml", "[tls]\ncertificate = \"c\"\n"))
                .containsExactly("a.toml:1: tls.key must be given");
        assertThat(
                        errors(
                                "a.toml",
                                "[tls]\ncertificate=\"c\"\nkey=\"k\"\nclient_auth=\"required\"\n"))
                .containsExactly(
                        "a.toml:1: tls has client_auth = \"required\", which needs client_ca");
    }

    @Test
    void malformedFilesNameTheLine() throws Exception {
        assertThat(errors("a.toml", "data_path = \"x\"\n[network\n").getFirst())
                .startsWith("a.toml:2: is not valid TOML: ");
        assertThat(errors("a.yaml", "network:\n  - a\n  b: c\n").getFirst())
                .startsWith("a.yaml:3: is not valid YAML: ");
    }

    @Test
    void aKeyWrittenTwiceIsRefused() throws Exception {
        assertThat(errors("a.toml", "data_path = \"x\"\ndata_path = \"y\"\n").getFirst())
                .startsWith("a.toml:2: is not valid TOML: ");
        assertThat(errors("a.yaml", "data_path: x\nbroker_id: 2\ndata_path: y\n"))
                .containsExactly("a.yaml:3: data_path is written twice, first in line 1");
        assertThat(errors("a.toml", "bind = \"::1\"\nnetwork.bind = \"::1\"\n"))
                .containsExactly("a.toml:1: bind is the same setting as network.bind; keep one");
    }

    @Test
    void aFileThatCannotBeReadIsOneSentence() throws Exception {
        assertThat(errors(folder.resolve("none.toml")))
                .containsExactly("none.toml: there is no such file");
        assertThat(errors("a.conf", ""))
                .containsExactly(
                        "a.conf: the name of a configuration file ends in .toml, .yaml or .yml");
        assertThat(errors(Files.createDirectory(folder.resolve("d.toml"))))
                .containsExactly("d.toml: is a folder, not a configuration file");
        Path latin1 = folder.resolve("latin1.toml");
        Files.write(latin1, "broker_id = 1\n# caf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(errors(latin1))
                .containsExactly("latin1.toml:2: is not UTF-8 (byte 0xE9 in this line)");
        Path big = Files.writeString(folder.resolve("big.toml"), "#".repeat((4 << 20) + 1));
        assertThat(errors(big)).containsExactly("big.toml: is larger than 4 MiB");
    }

    @Test
    void settingsAreCheckedLikeTheFile() throws Exception {
        assertThat(
                        errors(
                                (Path) null,
                                "mqtt_runtime.tcp_prot=1",
                                "network.max_connections=few",
                                "oops"))
                .containsExactly(
                        "--set mqtt_runtime.tcp_prot: mqtt_runtime.tcp_prot is not a known key; did"
                                + " you mean mqtt_runtime.tcp_port?",
                        "--set network.max_connections: network.max_connections must be a whole"
                                + " number, but is the text \"few\"",
                        "--set oops: must look like key=value");
        assertThat(errors((Path) null, "broker_id=2", "broker_id.x=1"))
                .containsExactly(
                        "--set broker_id.x: broker_id.x cannot be set, because a part of it is no"
                                + " section");
    }

    @Test
    void deeplyNestedFilesAreRefusedWithoutHarm() throws Exception {
        assertThat(errors("a.yaml", "network: " + "[".repeat(200) + "]".repeat(200)).getFirst())
                .startsWith("a.yaml:1: network");
        assertThat(errors("a.toml", "network = " + "[".repeat(20_000) + "]".repeat(20_000)))
                .isNotEmpty();
    }

    @Test
    void moreThanOneDocumentIsRefused() throws Exception {
        assertThat(errors("a.yaml", "broker_id: 1\n---\nbroker_id: 2\n"))
                .containsExactly("a.yaml:3: holds more than one document");
        assertThat(errors("a.yaml", "just words\n"))
                .containsExactly(
                        "a.yaml:1: must hold keys and values, but is the text \"just words\"");
    }
}
