package io.polymq.network;

import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.polymq.config.TlsConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLException;

/**
 * The TLS contexts made of the configured PEM files, one per list of ALPN names. {@link #reload}
 * reads the files again: new handshakes use what it finds, connections that stand keep what they
 * have; when the files are faulty everything stays as it is. Shared zone.
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

    /** What was read at one time. */
    private final class Loaded {

        private final ConcurrentHashMap<List<String>, SslContext> contexts =
                new ConcurrentHashMap<>();
        private final ConcurrentHashMap<List<String>, QuicSslContext> quicContexts =
                new ConcurrentHashMap<>();

        Loaded() {
            checkReadable(config.certificate(), "certificate");
            checkReadable(config.key(), "key");
            checkValidity(config.certificate());
            if (config.clientCa() != null) {
                checkReadable(config.clientCa(), "client_ca");
            }
            try {
                TlsSelfCheck.check(
                        config.certificate().toFile(), config.key().toFile(), config.keyPassword());
            } catch (SSLException | IllegalArgumentException e) {
                throw unusable(e);
            }
            forAlpn(List.of());
        }

        SslContext forAlpn(List<String> alpnNames) {
            return contexts.computeIfAbsent(alpnNames, this::build);
        }

        private SslContext build(List<String> alpnNames) {
            try {
                SslContextBuilder builder =
                        SslContextBuilder.forServer(
                                        config.certificate().toFile(),
                                        config.key().toFile(),
                                        config.keyPassword())
                                .sslProvider(SslProvider.JDK)
                                .protocols(config.versions())
                                .clientAuth(clientAuth(config));
                if (config.clientCa() != null) {
                    builder.trustManager(config.clientCa().toFile());
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
                        QuicSslContextBuilder.forServer(
                                        config.key().toFile(),
                                        config.keyPassword(),
                                        config.certificate().toFile())
                                .applicationProtocols(alpnNames.toArray(String[]::new))
                                .clientAuth(clientAuth(config));
                if (config.clientCa() != null) {
                    builder.trustManager(config.clientCa().toFile());
                }
                return builder.build();
            } catch (IllegalArgumentException | IllegalStateException e) {
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

    private void checkValidity(Path file) {
        try (var in = Files.newInputStream(file)) {
            for (var found : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                if (found instanceof X509Certificate certificate) {
                    certificate.checkValidity(Date.from(clock.instant()));
                }
            }
        } catch (CertificateExpiredException e) {
            throw new NetworkException("tls.certificate: " + file + " has expired", e);
        } catch (CertificateNotYetValidException e) {
            throw new NetworkException("tls.certificate: " + file + " is not valid yet", e);
        } catch (CertificateException e) {
            throw new NetworkException("tls.certificate: " + file + " is no PEM certificate", e);
        } catch (IOException e) {
            throw new NetworkException("tls.certificate: cannot read " + file, e);
        }
    }

    private static String rootMessage(Exception failure) {
        Throwable telling = failure.getMessage() == null ? failure.getCause() : failure;
        return telling == null ? failure.toString() : String.valueOf(telling.getMessage());
    }
}
