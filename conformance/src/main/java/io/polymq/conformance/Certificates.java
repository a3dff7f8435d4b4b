package io.polymq.conformance;

import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.polymq.config.TlsConfig;
import java.util.List;
import javax.net.ssl.SSLException;

/** An authority, a server certificate and a client certificate, made for one run. */
final class Certificates {

    static final String CLIENT = "conformance-client";

    private final X509Bundle authority;
    private final X509Bundle client;
    private final TlsConfig server;

    Certificates() {
        try {
            authority =
                    new CertificateBuilder()
                            .subject("CN=conformance-ca")
                            .setIsCertificateAuthority(true)
                            .ecp256()
                            .buildSelfSigned();
            client =
                    new CertificateBuilder()
                            .subject("CN=" + CLIENT)
                            .ecp256()
                            .buildIssuedBy(authority);
            X509Bundle shown =
                    new CertificateBuilder()
                            .subject("CN=localhost")
                            .addSanDnsName("localhost")
                            .addSanIpAddress("127.0.0.1")
                            .ecp256()
                            .buildIssuedBy(authority);
            server =
                    new TlsConfig(
                            shown.toTempCertChainPem().toPath(),
                            shown.toTempPrivateKeyPem().toPath(),
                            null,
                            authority.toTempRootCertPem().toPath(),
                            null,
                            "optional",
                            List.of("TLSv1.3", "TLSv1.2"));
        } catch (Exception e) {
            throw new AssertionError("no certificates could be made", e);
        }
    }

    TlsConfig server() {
        return server;
    }

    SslContext client(List<String> alpnNames) {
        try {
            SslContextBuilder builder =
                    SslContextBuilder.forClient()
                            .trustManager(authority.getCertificate())
                            .keyManager(
                                    client.getKeyPair().getPrivate(), client.getCertificatePath());
            if (!alpnNames.isEmpty()) {
                builder.applicationProtocolConfig(
                        new ApplicationProtocolConfig(
                                ApplicationProtocolConfig.Protocol.ALPN,
                                ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                                ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                                alpnNames));
            }
            return builder.build();
        } catch (SSLException e) {
            throw new AssertionError("no client context could be made", e);
        }
    }

    QuicSslContext quicClient(List<String> alpnNames) {
        return QuicSslContextBuilder.forClient()
                .trustManager(authority.getCertificate())
                .keyManager(client.getKeyPair().getPrivate(), null, client.getCertificatePath())
                .applicationProtocols(alpnNames.toArray(String[]::new))
                .build();
    }
}
