package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.Defaults;
import io.polymq.config.schema.Doc;

/** {@code [metrics]}: what is measured. */
@Doc("What `/metrics` on the admin port offers.")
public record MetricsConfig(
        @Doc("Whether metrics are offered.") @Default("true") boolean enabled,
        @Doc("Whether those of the Java virtual machine are among them.") @Default("true")
                boolean jvm) {

    public static final MetricsConfig DEFAULT = Defaults.of(MetricsConfig.class);
}
