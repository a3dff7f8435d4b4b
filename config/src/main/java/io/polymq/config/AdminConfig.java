package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.Defaults;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.Within;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code [admin]}: the HTTP port for health, metrics and administration. */
@Doc("The HTTP port for health, metrics and administration.")
public record AdminConfig(
        @Doc("The port; 0 lets the system pick, off has none.")
                @Within(min = 0, max = 65_535)
                @Default("9600")
                @Nullable Integer port,
        @Doc("Addresses to listen on; empty: those of `network.bind`.") List<String> bind,
        @Doc("Whether `/metrics` is for administrators only; `/health` never is.") @Default("false")
                boolean protectMetrics,
        @Doc(
                        value =
                                "The folder that backups are written into; without one, `backups`"
                                        + " in the data path.",
                        example = "\"/var/backups/polymq\"")
                @Nullable Path backupPath) {

    public static final AdminConfig DEFAULT = Defaults.of(AdminConfig.class);

    public AdminConfig {
        bind = List.copyOf(bind);
    }
}
