package io.polymq.testkit;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An authority made for one test, and certificates that it signed, as PEM files. The server's is
 * for {@code localhost} and the loopback addresses.
 */
public final class TestCertificates {
    private final Path folder;
    private final X509Bundle authority;
    private final AtomicInteger clients = new AtomicInteger();

    private TestCertificates(Path folder, X509Bundle authority) {
        this.folder = folder;
        this.authority = authority;
    }

    /** A certificate and its key. */
    public record Identity(Path certificate, Path key) {}

    public static TestCertificates create(Path folder) {
        try {
            Files.createDirectories(folder);
            X509Bundle authority =
                    new CertificateBuilder()
                            .subject("CN=PolyMQ test authority")
                            .ecp256()
                            .setIsCertificateAuthority(true)
                            .buildSelfSigned();
            Files.writeString(folder.resolve("ca.crt"), authority.getCertificatePEM());
            TestCertificates certificates = new TestCertificates(folder, authority);
            certificates.renewServer(Duration.ofDays(1));
            return certificates;
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        } catch (Exception failed) {
            throw new IllegalStateException("the authority cannot be made", failed);
        }
    }

    /** Writes a new server certificate in place of the old one; it may have expired already. */
    public void renewServer(Duration validFor) {
        write(
                "server",
                new CertificateBuilder()
                        .subject("CN=localhost")
                        .ecp256()
                        .notBefore(Instant.now().minus(Duration.ofDays(30)))
                        .notAfter(Instant.now().plus(validFor))
                        .addSanDnsName("localhost")
                        .addSanIpAddress("127.0.0.1")
                        .addSanIpAddress("::1"));
    }

    /** A client's certificate with this common name. */
    public Identity client(String commonName) {
        String name = "client-" + clients.incrementAndGet();
        write(name, new CertificateBuilder().subject("CN=" + commonName).ecp256());
        return new Identity(folder.resolve(name + ".crt"), folder.resolve(name + ".key"));
    }

    private void write(String name, CertificateBuilder builder) {
        try {
            X509Bundle signed = builder.buildIssuedBy(authority);
            Files.writeString(folder.resolve(name + ".crt"), signed.getCertificatePathPEM());
            Files.writeString(folder.resolve(name + ".key"), signed.getPrivateKeyPEM());
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        } catch (Exception failed) {
            throw new IllegalStateException("the certificate cannot be signed", failed);
        }
    }

    /** The authority that both sides trust. */
    public Path authority() {
        return folder.resolve("ca.crt");
    }

    public Path serverCertificate() {
        return folder.resolve("server.crt");
    }

    public Path serverKey() {
        return folder.resolve("server.key");
    }
}
