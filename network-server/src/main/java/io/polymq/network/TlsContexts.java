package io.polymq.network;

import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.polymq.config.TlsConfig;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The TLS contexts made of the configured PEM files, one per list of ALPN names. A certificate
 * whose authorities do not stand in its own file is shown with those of {@code client_ca}, as
 * OpenSSL does it, so that clients need to know the root alone. {@link #reload} reads the files
 * again: new handshakes use what it finds, connections that stand keep what they have; when the
 * files are faulty everything stays as it is. Shared zone.
 */
final class TlsContexts {

    private final TlsConfig config;
    private final InstantSource clock;
    private volatile Loaded loaded;

    TlsContexts(TlsConfig config, InstantSource clock) {
        this.config = config;
        this.clock = clock;
        this.loaded = new Loaded();
    }

    SslContext forAlpn(List<String> alpnNames) {
        return loaded.forAlpn(alpnNames);
    }

    QuicSslContext forQuic(List<String> alpnNames) {
        return loaded.forQuic(alpnNames);
    }

    void reload() {
        Loaded fresh = new Loaded();
        loaded.contexts.keySet().forEach(fresh::forAlpn);
        loaded.quicContexts.keySet().forEach(fresh::forQuic);
        loaded = fresh;
    }

    /** What is made of a file with a chain of certificates. */
    private interface FromChain<T> {
        T apply(File chain) throws SSLException;
    }

    /** What was read at one time. */
    private final class Loaded {

        private final ConcurrentHashMap<List<String>, SslContext> contexts =
                new ConcurrentHashMap<>();
        private final ConcurrentHashMap<List<String>, QuicSslContext> quicContexts =
                new ConcurrentHashMap<>();

        private final List<X509Certificate> chain;
        private final List<X509Certificate> lacking;
        private final @Nullable TrustManager clients;

        Loaded() {
            checkReadable(config.certificate(), "certificate");
            checkReadable(config.key(), "key");
            chain = PemFiles.certificates(config.certificate(), "certificate");
            checkValidity();
            if (config.clientCa() == null) {
                lacking = List.of();
                clients = null;
            } else {
                checkReadable(config.clientCa(), "client_ca");
                List<X509Certificate> authorities =
                        PemFiles.certificates(config.clientCa(), "client_ca");
                lacking = PemFiles.missing(chain, authorities);
                clients = clients(authorities);
            }
            try {
                withChain(
                        file -> {
                            TlsSelfCheck.check(file, config.key().toFile(), config.keyPassword());
                            return true;
                        });
            } catch (SSLException | IllegalArgumentException e) {
                throw unusable(e);
            }
            forAlpn(List.of());
        }

        private void checkValidity() {
            try {
                for (X509Certificate certificate : chain) {
                    certificate.checkValidity(Date.from(clock.instant()));
                }
            } catch (CertificateExpiredException e) {
                throw new NetworkException(
                        "tls.certificate: " + config.certificate() + " has expired", e);
            } catch (CertificateNotYetValidException e) {
                throw new NetworkException(
                        "tls.certificate: " + config.certificate() + " is not valid yet", e);
            }
        }

        private TrustManager clients(List<X509Certificate> authorities) {
            try {
                X509ExtendedTrustManager trusting = PemFiles.trusting(authorities);
                Path lists = config.crl();
                return lists == null ? trusting : new RevocationLists(trusting, lists, clock);
            } catch (GeneralSecurityException | IOException e) {
                throw new NetworkException("tls.client_ca: cannot use " + config.clientCa(), e);
            }
        }

        /** Builds with a file that has the whole chain; it is gone when that is done. */
        private <T> T withChain(FromChain<T> build) throws SSLException {
            if (lacking.isEmpty()) {
                return build.apply(config.certificate().toFile());
            }
            StringBuilder whole = new StringBuilder();
            chain.forEach(certificate -> whole.append(PemFiles.text(certificate)));
            lacking.forEach(certificate -> whole.append(PemFiles.text(certificate)));
            try {
                Path file = Files.createTempFile("polymq-chain", ".pem");
                try {
                    Files.writeString(file, whole);
                    return build.apply(file.toFile());
                } finally {
                    Files.delete(file);
                }
            } catch (IOException e) {
                if (e instanceof SSLException unusable) {
                    throw unusable;
                }
                throw new NetworkException("tls.client_ca: the chain cannot be written", e);
            }
        }

        SslContext forAlpn(List<String> alpnNames) {
            return contexts.computeIfAbsent(alpnNames, this::build);
        }

        private SslContext build(List<String> alpnNames) {
            try {
                SslContextBuilder builder =
                        withChain(
                                        file ->
                                                SslContextBuilder.forServer(
                                                        file,
                                                        config.key().toFile(),
                                                        config.keyPassword()))
                                .sslProvider(SslProvider.JDK)
                                .protocols(config.versions())
                                .clientAuth(clientAuth(config));
                if (clients != null) {
                    builder.trustManager(clients);
                }
                if (!alpnNames.isEmpty()) {
                    builder.applicationProtocolConfig(
                            new ApplicationProtocolConfig(
                                    ApplicationProtocolConfig.Protocol.ALPN,
                                    ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                                    ApplicationProtocolConfig.SelectedListenerFailureBehavior
                                            .ACCEPT,
                                    alpnNames));
                }
                return builder.build();
            } catch (SSLException | IllegalArgumentException e) {
                throw unusable(e);
            }
        }

        QuicSslContext forQuic(List<String> alpnNames) {
            return quicContexts.computeIfAbsent(alpnNames, this::buildQuic);
        }

        private QuicSslContext buildQuic(List<String> alpnNames) {
            try {
                QuicSslContextBuilder builder =
                        withChain(
                                        file ->
                                                QuicSslContextBuilder.forServer(
                                                        config.key().toFile(),
                                                        config.keyPassword(),
                                                        file))
                                .applicationProtocols(alpnNames.toArray(String[]::new))
                                .clientAuth(clientAuth(config));
                if (clients != null) {
                    builder.trustManager(clients);
                }
                return builder.build();
            } catch (SSLException | IllegalArgumentException | IllegalStateException e) {
                throw unusable(e);
            }
        }
    }

    private NetworkException unusable(Exception cause) {
        return new NetworkException(
                "tls: cannot use certificate "
                        + config.certificate()
                        + " with key "
                        + config.key()
                        + ": "
                        + rootMessage(cause),
                cause);
    }

    static ClientAuth clientAuth(TlsConfig config) {
        return switch (config.clientAuth()) {
            case "required" -> ClientAuth.REQUIRE;
            case "optional" -> ClientAuth.OPTIONAL;
            default -> ClientAuth.NONE;
        };
    }

    private static void checkReadable(Path file, String key) {
        if (!Files.isReadable(file)) {
            throw new NetworkException("tls." + key + ": cannot read " + file);
        }
    }

    private static String rootMessage(Exception failure) {
        Throwable telling = failure.getMessage() == null ? failure.getCause() : failure;
        return telling == null ? failure.toString() : String.valueOf(telling.getMessage());
    }
}
