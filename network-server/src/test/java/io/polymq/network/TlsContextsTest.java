package io.polymq.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.RevocationServer;
import io.netty.pkitesting.X509Bundle;
import io.polymq.config.TlsConfig;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
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
        return new TlsConfig(
                certificate, key, null, ca, null, clientAuth, List.of("TLSv1.3", "TLSv1.2"));
    }

    private SSLSocket connect(TestNetwork network, String version) throws Exception {
        return connect(network, version, null);
    }

    private SSLSocket connect(TestNetwork network, String version, @Nullable X509Bundle client)
            throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        KeyManager[] keys = client == null ? null : client.toKeyManagerFactory().getKeyManagers();
        context.init(keys, new TrustManager[] {authority.toTrustManager()}, null);
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
    void theAuthoritiesOfAChainThatIsNotInItsFileAreSentFromClientCa() throws Exception {
        X509Bundle between =
                new CertificateBuilder()
                        .subject("CN=between")
                        .setIsCertificateAuthority(true)
                        .ecp256()
                        .buildIssuedBy(authority);
        X509Bundle server = TestNetwork.issued(between, "server");
        Files.writeString(certificate, server.getCertificatePEM());
        Files.writeString(key, server.getPrivateKeyPEM());
        Path all =
                Files.writeString(
                        folder.resolve("all.crt"),
                        between.getCertificatePEM() + authority.getRootCertificatePEM());
        TlsConfig config =
                new TlsConfig(certificate, key, null, all, null, "none", List.of("TLSv1.3"));
        try (TestNetwork network = new TestNetwork(new Settings().build(), config);
                SSLSocket socket = connect(network, "TLSv1.3")) {
            assertThat(socket.getSession().getPeerCertificates())
                    .as("the root is not sent: clients trust their own copy of it")
                    .containsExactly(server.getCertificate(), between.getCertificate());
        }
    }

    @Test
    void aRevokedCertificateIsRefusedAsSoonAsTheListIsReadAgain() throws Exception {
        X509Bundle client = TestNetwork.issued(authority, "client");
        RevocationServer revocations = RevocationServer.getInstance();
        revocations.register(authority);
        Path lists = folder.resolve("revoked.pem");
        writeLists(lists, revocations);
        TlsConfig plain = config("required");
        TlsConfig config =
                new TlsConfig(
                        certificate,
                        key,
                        null,
                        plain.clientCa(),
                        lists,
                        "required",
                        List.of("TLSv1.3", "TLSv1.2"));
        try (TestNetwork network = new TestNetwork(new Settings().build(), config)) {
            try (SSLSocket socket = connect(network, "TLSv1.2", client);
                    LineClient in = new LineClient(socket)) {
                assertThat(in.ask("ECHO still good")).isEqualTo("still good");
            }
            revocations.revoke(client, Instant.now().minusSeconds(60));
            writeLists(lists, revocations);
            network.server.reloadTls();
            assertThatThrownBy(() -> connect(network, "TLSv1.2", client))
                    .as(
                            "an alert, or a broken pipe when the server was quicker than our last write")
                    .isInstanceOf(IOException.class);
            X509Bundle other = TestNetwork.issued(authority, "other");
            try (SSLSocket socket = connect(network, "TLSv1.3", other);
                    LineClient in = new LineClient(socket)) {
                assertThat(in.ask("ECHO let in")).isEqualTo("let in");
            }
        }
    }

    @Test
    void withListsACertificateWhoseSignerHasNoneIsRefused() throws Exception {
        X509Bundle stranger = TestNetwork.authority();
        RevocationServer revocations = RevocationServer.getInstance();
        revocations.register(stranger);
        Path lists = folder.resolve("revoked.pem");
        try (InputStream in = revocations.getCrlUri(stranger).toURL().openStream()) {
            Files.writeString(lists, pem(in.readAllBytes()));
        }
        X509ExtendedTrustManager trust =
                new RevocationLists(
                        PemFiles.trusting(List.of(authority.getCertificate())),
                        lists,
                        InstantSource.system());
        X509Certificate[] shown = {TestNetwork.issued(authority, "client").getCertificate()};
        assertThatThrownBy(() -> trust.checkClientTrusted(shown, "EC"))
                .as("the list's issuer has the same name but another key")
                .isInstanceOf(CertificateException.class)
                .hasMessageContaining("no list of revoked certificates");
        X509Certificate[] strangers = {TestNetwork.issued(stranger, "client").getCertificate()};
        X509ExtendedTrustManager aged =
                new RevocationLists(
                        PemFiles.trusting(List.of(stranger.getCertificate())),
                        lists,
                        InstantSource.fixed(Instant.now().plus(Duration.ofHours(1))));
        assertThatThrownBy(() -> aged.checkClientTrusted(strangers, "EC"))
                .as("the list is out of date")
                .hasMessageContaining("no list of revoked certificates");
        Path nonsense = Files.writeString(folder.resolve("nonsense.pem"), "nonsense");
        TlsConfig broken =
                new TlsConfig(
                        certificate,
                        key,
                        null,
                        config("none").clientCa(),
                        nonsense,
                        "none",
                        List.of("TLSv1.3"));
        assertThatThrownBy(() -> contexts(broken))
                .hasMessage("tls.crl: " + nonsense + " is no PEM list of revoked certificates");
    }

    private void writeLists(Path file, RevocationServer revocations) throws Exception {
        try (InputStream in = revocations.getCrlUri(authority).toURL().openStream()) {
            Files.writeString(file, pem(in.readAllBytes()));
        }
    }

    private static String pem(byte[] list) {
        return "-----BEGIN X509 CRL-----\n"
                + Base64.getMimeEncoder().encodeToString(list)
                + "\n-----END X509 CRL-----\n";
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
        return new TlsConfig(certificate, key, null, null, null, "none", List.of("TLSv1.3"));
    }

    private static TlsContexts contexts(TlsConfig config) {
        return new TlsContexts(config, InstantSource.system());
    }
}
