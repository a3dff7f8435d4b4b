package io.polymq.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.polymq.config.TlsConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class TlsContextsTest {

    @TempDir Path folder;
    private X509Bundle authority;
    private Path certificate;
    private Path key;

    @BeforeEach
    void files() throws Exception {
        authority = TestNetwork.authority();
        certificate = folder.resolve("server.crt");
        key = folder.resolve("server.key");
        write(TestNetwork.issued(authority, "first"));
    }

    private void write(X509Bundle bundle) throws Exception {
        Files.writeString(certificate, bundle.getCertificatePathPEM());
        Files.writeString(key, bundle.getPrivateKeyPEM());
    }

    private TlsConfig config(String clientAuth) throws Exception {
        Path ca = Files.writeString(folder.resolve("ca.crt"), authority.getRootCertificatePEM());
        return new TlsConfig(certificate, key, null, ca, clientAuth, List.of("TLSv1.3", "TLSv1.2"));
    }

    private SSLSocket connect(TestNetwork network, String version) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {authority.toTrustManager()}, null);
        InetSocketAddress to = network.address(TransportKind.TLS);
        SSLSocket socket =
                (SSLSocket) context.getSocketFactory().createSocket(to.getAddress(), to.getPort());
        socket.setEnabledProtocols(new String[] {version});
        socket.startHandshake();
        return socket;
    }

    private static String server(SSLSocket socket) throws Exception {
        X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
        return Certificates.describe(shown).commonName();
    }

    @Test
    void readingTheFilesAgainChangesNewHandshakesOnly() throws Exception {
        try (TestNetwork network = new TestNetwork(new Settings().build(), config("none"));
                SSLSocket before = connect(network, "TLSv1.3");
                LineClient client = new LineClient(before)) {
            assertThat(server(before)).isEqualTo("first");
            write(TestNetwork.issued(authority, "second"));
            network.server.reloadTls();
            try (SSLSocket after = connect(network, "TLSv1.2")) {
                assertThat(server(after)).isEqualTo("second");
            }
            assertThat(client.ask("ECHO still here")).isEqualTo("still here");
            Files.writeString(certificate, "nonsense");
            assertThatThrownBy(network.server::reloadTls).isInstanceOf(NetworkException.class);
            try (SSLSocket after = connect(network, "TLSv1.3")) {
                assertThat(server(after)).isEqualTo("second");
            }
        }
    }

    @Test
    void aClientWithoutCertificateIsRefusedWhereOneIsRequired() throws Exception {
        try (TestNetwork network = new TestNetwork(new Settings().build(), config("required"))) {
            assertThatThrownBy(
                            () -> {
                                try (SSLSocket socket = connect(network, "TLSv1.2")) {
                                    socket.getInputStream().read();
                                }
                            })
                    .as(
                            "an alert, or a broken pipe when the server was quicker than our last write")
                    .isInstanceOf(IOException.class);
            Await.until("it is gone", () -> network.connections.count() == 0);
        }
    }

    @Test
    void whatCannotBeUsedIsToldInOneSentence() throws Exception {
        X509Bundle other = TestNetwork.issued(authority, "other");
        TlsConfig good = config("none");
        assertThatThrownBy(() -> contexts(at(folder.resolve("missing.crt"), key)))
                .hasMessage("tls.certificate: cannot read " + folder.resolve("missing.crt"));
        Path nonsense = Files.writeString(folder.resolve("nonsense.crt"), "nonsense");
        assertThatThrownBy(() -> contexts(at(nonsense, key)))
                .isInstanceOf(NetworkException.class)
                .hasMessageContaining(nonsense.toString());
        Path otherKey = Files.writeString(folder.resolve("other.key"), other.getPrivateKeyPEM());
        assertThatThrownBy(() -> contexts(at(certificate, otherKey)))
                .isInstanceOf(NetworkException.class)
                .hasMessageContaining("tls: cannot use certificate");
        X509Bundle old =
                new CertificateBuilder()
                        .subject("CN=old")
                        .notBefore(Instant.now().minus(Duration.ofDays(20)))
                        .notAfter(Instant.now().minus(Duration.ofDays(10)))
                        .ecp256()
                        .buildIssuedBy(authority);
        write(old);
        assertThatThrownBy(() -> contexts(good))
                .hasMessage("tls.certificate: " + certificate + " has expired");
    }

    private TlsConfig at(Path certificate, Path key) {
        return new TlsConfig(certificate, key, null, null, "none", List.of("TLSv1.3"));
    }

    private static TlsContexts contexts(TlsConfig config) {
        return new TlsContexts(config, InstantSource.system());
    }
}
