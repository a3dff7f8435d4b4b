package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.OneOf;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code [tls]}: the server's certificate and what it asks of clients. */
@Doc(
        "The server's certificate. With one, MQTT, Kafka and AMQP open their encrypted ports and NATS"
                + " offers its upgrade.")
public record TlsConfig(
        @Doc(value = "PEM file with the certificate chain.", example = "\"server.crt\"")
                Path certificate,
        @Doc(value = "PEM file with the private key.", example = "\"server.key\"") Path key,
        @Doc(value = "The key's password.", example = "\"...\"") @Nullable String keyPassword,
        @Doc(
                        value =
                                "PEM file with the authorities that sign client certificates. Those that lead"
                                        + " from the server's certificate to its root are sent with it.",
                        example = "\"clients-ca.crt\"")
                @Nullable Path clientCa,
        @Doc(
                        value =
                                "PEM file with their lists of revoked certificates. With one, a client"
                                        + " certificate gets in only when a list of its signer that is"
                                        + " not out of date does not have it. Read again with the"
                                        + " certificates.",
                        example = "\"revoked.pem\"")
                @Nullable Path crl,
        @Doc("Whether clients must show a certificate; anything but none needs client_ca.")
                @OneOf({"none", "optional", "required"})
                @Default("none")
                String clientAuth,
        @Doc("Protocol versions offered.")
                @OneOf({"TLSv1.2", "TLSv1.3"})
                @Default("TLSv1.2, TLSv1.3")
                List<String> versions) {

    public TlsConfig {
        versions = List.copyOf(versions);
        if (versions.isEmpty()) {
            throw new IllegalArgumentException(
                    "needs at least one of TLSv1.2, TLSv1.3 in versions");
        }
        if (!clientAuth.equals("none") && clientCa == null) {
            throw new IllegalArgumentException(
                    "has client_auth = \"" + clientAuth + "\", which needs client_ca");
        }
        if (crl != null && clientCa == null) {
            throw new IllegalArgumentException("has crl, which needs client_ca");
        }
    }

    @Override
    public String toString() {
        return "TlsConfig[certificate="
                + certificate
                + ", key="
                + key
                + ", clientCa="
                + clientCa
                + ", crl="
                + crl
                + ", clientAuth="
                + clientAuth
                + ", versions="
                + versions
                + "]";
    }
}
