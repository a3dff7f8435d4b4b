package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.Defaults;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.OneOf;
import java.util.Map;

/** {@code [log]}: what is written to standard error. */
@Doc("What is written to standard error.")
public record LogConfig(
        @Doc("The least important lines to write.")
                @OneOf({"error", "warn", "info", "debug", "trace"})
                @Default("info")
                String level,
        @Doc("text for people, json for machines: one object a line.")
                @OneOf({"text", "json"})
                @Default("text")
                String format,
        @Doc(value = "Levels of single loggers.", example = "{ \"io.polymq.network\" = \"debug\" }")
                @OneOf({"error", "warn", "info", "debug", "trace"})
                Map<String, String> levels) {

    public static final LogConfig DEFAULT = Defaults.of(LogConfig.class);

    public LogConfig {
        levels = Map.copyOf(levels);
    }
}
