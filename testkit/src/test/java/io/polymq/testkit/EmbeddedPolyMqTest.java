package io.polymq.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.network.BoundAddress;
import io.polymq.network.TransportKind;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedPolyMqTest {

    private static String greeting(int port) throws Exception {
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            client.setSoTimeout(10_000);
            return new String(client.getInputStream().readNBytes(4), StandardCharsets.US_ASCII);
        }
    }

    private static String get(EmbeddedPolyMq broker, String path) throws Exception {
        try (InputStream body = broker.adminUri().resolve(path).toURL().openStream()) {
            return new String(body.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void twoBrokersLiveSideBySide() throws Exception {
        try (EmbeddedPolyMq one = EmbeddedPolyMq.start();
                EmbeddedPolyMq other = EmbeddedPolyMq.start()) {
            assertThat(greeting(one.port("nats"))).isEqualTo("INFO");
            assertThat(greeting(other.port("nats"))).isEqualTo("INFO");
            assertThat(one.port("mqtt")).isNotEqualTo(other.port("mqtt"));
        }
    }

    @Test
    void aStartedBrokerIsReadyAndCountsConnections() throws Exception {
        try (EmbeddedPolyMq broker = EmbeddedPolyMq.start()) {
            greeting(broker.port("nats"));

            assertThat(get(broker, "/health/ready")).contains("\"status\":\"ready\"");
            assertThat(get(broker, "/metrics"))
                    .contains("polymq_network_accepted_connections_total")
                    .contains("listener=\"nats-tcp\"");
        }
    }

    @Test
    void aRestartKeepsThePorts() throws Exception {
        try (EmbeddedPolyMq broker = EmbeddedPolyMq.start()) {
            List<BoundAddress> before = broker.server().addresses();

            broker.restart();

            assertThat(broker.server().addresses()).isEqualTo(before);
            assertThat(greeting(broker.port("nats"))).isEqualTo("INFO");
        }
    }

    @Test
    void whatIsOnDiskOutlivesARestartAndNotTheTest() throws Exception {
        Path data;
        try (EmbeddedPolyMq broker = EmbeddedPolyMq.builder().onDisk().start()) {
            data = broker.dataPath();
            assertThat(data).isNotEmptyDirectory();
            broker.restart();
            assertThat(greeting(broker.port("nats"))).isEqualTo("INFO");
        }
        assertThat(data).doesNotExist();
    }

    @Test
    void aStoppedBrokerTakesNoConnections() {
        try (EmbeddedPolyMq broker = EmbeddedPolyMq.start()) {
            int port = broker.port("nats");

            broker.stop();

            assertThatThrownBy(() -> greeting(port)).isInstanceOf(ConnectException.class);
        }
    }

    @Test
    void withTlsTheEncryptedPortsAreOpen() {
        try (EmbeddedPolyMq broker = EmbeddedPolyMq.builder().withTls().start()) {
            assertThat(broker.port("mqtt", TransportKind.TLS)).isPositive();
            assertThat(broker.port("mqtt", TransportKind.WEBSOCKET_TLS)).isPositive();
            assertThat(broker.port("mqtt", TransportKind.QUIC)).isPositive();
            assertThat(broker.certificates().authority()).exists();
        }
    }

    @Test
    void whatCannotBeUsedIsToldInOneSentence() {
        assertThatThrownBy(
                        () ->
                                EmbeddedPolyMq.builder()
                                        .set("tls.certificate", "/nowhere.crt")
                                        .set("tls.key", "/nowhere.key")
                                        .set("mqtt_runtime.tls_port", 0)
                                        .set("mqtt_runtime.websockets_port", 0)
                                        .set("mqtt_runtime.quic_port", 0)
                                        .set("kafka_runtime.tls_port", 0)
                                        .set("amqp_runtime.tls_port", 0)
                                        .start())
                .hasMessageContaining("/nowhere.crt")
                .hasMessageNotContaining("\n");
    }

    @Test
    void anExpiredCertificateIsRefused(@TempDir Path folder) {
        TestCertificates certificates = TestCertificates.create(folder);
        certificates.renewServer(Duration.ofDays(-1));

        assertThatThrownBy(
                        () ->
                                EmbeddedPolyMq.builder()
                                        .set("tls.certificate", certificates.serverCertificate())
                                        .set("tls.key", certificates.serverKey())
                                        .set("mqtt_runtime.tls_port", 0)
                                        .set("mqtt_runtime.websockets_port", 0)
                                        .set("mqtt_runtime.quic_port", 0)
                                        .set("kafka_runtime.tls_port", 0)
                                        .set("amqp_runtime.tls_port", 0)
                                        .start())
                .hasMessageContaining("expired")
                .hasMessageNotContaining("\n");
    }
}
