package io.polymq.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NatsMonitorTest {

    private final HttpClient http = HttpClient.newHttpClient();
    private TestNats nats;

    @BeforeEach
    void start() {
        nats =
                TestNats.configured(
                        "server_name: watched\nhttp: \"127.0.0.1:-1\"\naccounts { A { users: [{user: a,"
                                + " password: a}] } SYS {} }\nsystem_account: SYS\nno_auth_user: a");
    }

    @AfterEach
    void stop() throws Exception {
        nats.close();
        http.close();
    }

    private HttpResponse<String> ask(String path) throws IOException, InterruptedException {
        InetSocketAddress at = Objects.requireNonNull(nats.broker.monitorAddress());
        return http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + at.getPort() + path))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private JsonNode report(String path) throws IOException, InterruptedException {
        HttpResponse<String> answer = ask(path);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return new ObjectMapper().readTree(answer.body());
    }

    @Test
    void varzHasTheServersFactsAndCounts() throws Exception {
        try (WireClient client = WireClient.connected(nats.address(), "")) {
            client.send("SUB a 1\r\nPUB a 5\r\nhello\r\n").untilPong();
            JsonNode varz = report("/varz");
            assertThat(varz.path("server_id").asText()).isEqualTo("NTESTSERVER");
            assertThat(varz.path("version").asText()).startsWith("2.12.");
            assertThat(varz.path("max_payload").asInt()).isEqualTo(1 << 20);
            assertThat(varz.path("connections").asInt()).isEqualTo(1);
            assertThat(varz.path("in_msgs").asInt()).isEqualTo(1);
            assertThat(varz.path("out_bytes").asInt()).isEqualTo(5);
            assertThat(varz.path("subscriptions").asInt()).isEqualTo(1);
            assertThat(varz.path("http_req_stats").path("/varz").asInt()).isEqualTo(1);
            for (String key :
                    new String[] {
                        "proto",
                        "go",
                        "host",
                        "port",
                        "max_connections",
                        "ping_interval",
                        "ping_max",
                        "http_host",
                        "http_port",
                        "auth_timeout",
                        "max_control_line",
                        "max_pending",
                        "cluster",
                        "gateway",
                        "leaf",
                        "mqtt",
                        "websocket",
                        "jetstream",
                        "tls_timeout",
                        "write_deadline",
                        "start",
                        "now",
                        "uptime",
                        "mem",
                        "cores",
                        "gomaxprocs",
                        "cpu",
                        "total_connections",
                        "routes",
                        "remotes",
                        "leafnodes",
                        "out_msgs",
                        "in_bytes",
                        "slow_consumers",
                        "config_load_time",
                        "system_account",
                        "slow_consumer_stats"
                    }) {
                assertThat(varz.has(key)).as(key).isTrue();
            }
        }
    }

    @Test
    void connzListsOpenAndClosedClientsWithWhatIsAsked() throws Exception {
        try (WireClient client = WireClient.connected(nats.address(), ",\"name\":\"me\"")) {
            client.send("SUB a.b q 7\r\n").untilPong();
            JsonNode plain = report("/connz");
            assertThat(plain.path("num_connections").asInt()).isEqualTo(1);
            JsonNode one = plain.path("connections").get(0);
            assertThat(one.path("name").asText()).isEqualTo("me");
            assertThat(one.path("subscriptions").asInt()).isEqualTo(1);
            assertThat(one.has("account")).isFalse();
            JsonNode detailed =
                    report("/connz?subs=detail&auth=true&sort=subs&acc=A")
                            .path("connections")
                            .get(0);
            assertThat(detailed.path("account").asText()).isEqualTo("A");
            assertThat(detailed.path("authorized_user").asText()).isEqualTo("a");
            JsonNode sub = detailed.path("subscriptions_list_detail").get(0);
            assertThat(sub.path("subject").asText()).isEqualTo("a.b");
            assertThat(sub.path("qgroup").asText()).isEqualTo("q");
            assertThat(
                            report("/connz?subs=1")
                                    .path("connections")
                                    .get(0)
                                    .path("subscriptions_list")
                                    .get(0)
                                    .asText())
                    .isEqualTo("a.b");
            assertThat(report("/connz?acc=B").path("total").asInt()).isZero();
            client.send("nonsense\r\n");
            client.untilClosed();
        }
        JsonNode closed = null;
        // the client may see the end of its connection before the broker has noted it
        for (long end = System.nanoTime() + 20_000_000_000L;
                closed == null && System.nanoTime() < end; ) {
            closed = report("/connz?state=closed&sort=stop").path("connections").get(0);
        }
        assertThat(closed).isNotNull();
        assertThat(closed.path("reason").asText()).isEqualTo("Protocol Violation");
        assertThat(ask("/connz?sort=nothing").statusCode()).isEqualTo(400);
        assertThat(ask("/connz?sort=stop").statusCode()).isEqualTo(400);
    }

    @Test
    void theOtherReportsAreThere() throws Exception {
        assertThat(report("/healthz").path("status").asText()).isEqualTo("ok");
        assertThat(report("/routez").path("num_routes").asInt()).isZero();
        assertThat(report("/subsz").has("num_subscriptions")).isTrue();
        assertThat(report("/accountz").path("accounts").size()).isEqualTo(3);
        assertThat(report("/accountz?acc=A").path("account_detail").path("account_name").asText())
                .isEqualTo("A");
        assertThat(report("/accstatz?unused=1").path("account_statz").size()).isEqualTo(3);
        assertThat(report("/jsz").path("disabled").asBoolean()).isTrue();
        assertThat(report("/gatewayz").has("outbound_gateways")).isTrue();
        assertThat(report("/leafz").path("leafnodes").asInt()).isZero();
        assertThat(ask("/varz?callback=cb").body()).startsWith("cb({").endsWith("})");
        assertThat(ask("/nothing").statusCode()).isEqualTo(404);
        assertThat(ask("/").body()).contains("/varz");
    }

    @Test
    void monitoringSpeaksTlsWhenItIsAskedTo(@TempDir Path folder) throws Exception {
        X509Bundle made =
                new CertificateBuilder()
                        .subject("CN=localhost")
                        .ecp256()
                        .addSanIpAddress("127.0.0.1")
                        .setIsCertificateAuthority(true)
                        .buildSelfSigned();
        Path certificate = folder.resolve("server.crt");
        Path key = folder.resolve("server.key");
        Files.writeString(certificate, made.getCertificatePEM());
        Files.writeString(key, made.getPrivateKeyPEM());
        SSLContext trusting = SSLContext.getInstance("TLS");
        trusting.init(null, made.toTrustManagerFactory().getTrustManagers(), null);
        String tls = "tls { cert_file: \"" + certificate + "\", key_file: \"" + key + "\" }\n";
        try (TestNats secure = TestNats.configured("https: \"127.0.0.1:-1\"\n" + tls);
                HttpClient client = HttpClient.newBuilder().sslContext(trusting).build()) {
            int port = Objects.requireNonNull(secure.broker.monitorAddress()).getPort();
            HttpResponse<String> answer =
                    client.send(
                            HttpRequest.newBuilder(
                                            URI.create("https://127.0.0.1:" + port + "/varz"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).contains("\"server_id\"");
        }
        assertThatThrownBy(() -> TestNats.configured("https: \"127.0.0.1:-1\"\n"))
                .hasMessageContaining("TLS cert and key required for HTTPS");
        assertThatThrownBy(
                        () ->
                                TestNats.configured(
                                        "http: \"127.0.0.1:-1\"\nhttps: \"127.0.0.1:-1\"\n" + tls))
                .hasMessageContaining("both HTTP and HTTPS");
    }
}
