package io.polymq.config;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code [tls]}: the server's certificate and what it asks of clients.
 *
 * @param certificate PEM file with the chain
 * @param key PEM file with the private key
 * @param keyPassword its password; null when it has none
 * @param clientCa PEM file with the authorities that sign client certificates; null: none are asked
 *     for
 * @param clientAuth {@code none}, {@code optional} or {@code required}
 * @param versions protocol versions offered
 */
public record TlsConfig(
        Path certificate,
        Path key,
        @Nullable String keyPassword,
        @Nullable Path clientCa,
        String clientAuth,
        List<String> versions) {

    public TlsConfig {
        versions = List.copyOf(versions);
    }

    @Override
    public String toString() {
        return "TlsConfig[certificate="
                + certificate
                + ", key="
                + key
                + ", clientCa="
                + clientCa
                + ", clientAuth="
                + clientAuth
                + ", versions="
                + versions
                + "]";
    }
}
