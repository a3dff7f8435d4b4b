package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.Defaults;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.OneOf;
import java.util.List;

/** {@code [meta]}: where topics, users and rules are kept. */
@Doc("Where topics, users, rules and the like are kept.")
public record MetaConfig(
        @Doc("embedded lives under data_path; memory forgets; etcd is a service.")
                @OneOf({"embedded", "memory", "etcd"})
                @Default("embedded")
                String driver,
        @Doc("etcd's addresses, host:port.") List<String> endpoints) {

    public static final MetaConfig DEFAULT = Defaults.of(MetaConfig.class);

    public MetaConfig {
        endpoints = List.copyOf(endpoints);
        if (driver.equals("etcd") && endpoints.isEmpty()) {
            throw new IllegalArgumentException("has driver = \"etcd\", which needs endpoints");
        }
    }
}
