package io.polymq.benchmarks.network;

import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.polymq.config.TlsConfig;
import java.util.List;

/** One certificate for both sides. */
final class Keys {

    private final X509Bundle bundle;

    Keys() throws Exception {
        bundle =
                new CertificateBuilder()
                        .subject("CN=localhost")
                        .setIsCertificateAuthority(true)
                        .ecp256()
                        .buildSelfSigned();
    }

    TlsConfig config() throws Exception {
        return new TlsConfig(
                bundle.toTempCertChainPem().toPath(),
                bundle.toTempPrivateKeyPem().toPath(),
                null,
                null,
                null,
                "none",
                List.of("TLSv1.3"));
    }

    SslContext server() throws Exception {
        return SslContextBuilder.forServer(
                        bundle.getKeyPair().getPrivate(), bundle.getCertificatePath())
                .build();
    }

    static SslContext client() throws Exception {
        return SslContextBuilder.forClient()
                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                .endpointIdentificationAlgorithm(null)
                .build();
    }

    QuicSslContext quicServer() {
        return QuicSslContextBuilder.forServer(
                        bundle.getKeyPair().getPrivate(), null, bundle.getCertificatePath())
                .applicationProtocols("bench")
                .build();
    }

    static QuicSslContext quicClient() {
        return QuicSslContextBuilder.forClient()
                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                .applicationProtocols("bench")
                .build();
    }
}
