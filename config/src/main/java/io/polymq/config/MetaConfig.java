package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.Defaults;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.OneOf;
import io.polymq.config.schema.Secret;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code [meta]}: where topics, users and rules are kept. */
@Doc("Where topics, users, rules and the like are kept.")
public record MetaConfig(
        @Doc("embedded lives under data_path; memory forgets; etcd is a service.")
                @OneOf({"embedded", "memory", "etcd"})
                @Default("embedded")
                String driver,
        @Doc("etcd's addresses, host:port.") List<String> endpoints,
        @Doc("Put before every key in etcd, so that clusters can share one.") @Default("polymq/")
                String keyPrefix,
        @Doc(value = "Our user in etcd, when it asks for one.", example = "\"polymq\"")
                @Nullable String user,
        @Doc(value = "Its password.", example = "\"...\"") @Nullable Secret password,
        @Doc("Whether etcd is talked to over TLS; so it is with any of the files below.")
                @Default("false")
                boolean tls,
        @Doc(
                        value = "PEM file with the authorities that sign etcd's certificates.",
                        example = "\"etcd-ca.crt\"")
                @Nullable Path authorities,
        @Doc(value = "PEM file with our certificate for etcd.", example = "\"etcd-client.crt\"")
                @Nullable Path certificate,
        @Doc(value = "PEM file with its private key.", example = "\"etcd-client.key\"")
                @Nullable Path key) {

    public static final MetaConfig DEFAULT = Defaults.of(MetaConfig.class);

    public MetaConfig {
        endpoints = List.copyOf(endpoints);
        if (driver.equals("etcd") && endpoints.isEmpty()) {
            throw new IllegalArgumentException("has driver = \"etcd\", which needs endpoints");
        }
        if ((user == null) != (password == null)) {
            throw new IllegalArgumentException("needs user and password together");
        }
        if ((certificate == null) != (key == null)) {
            throw new IllegalArgumentException("needs certificate and key together");
        }
    }
}
