package io.polymq.config;

import io.polymq.config.schema.Bytes;
import io.polymq.config.schema.Default;
import io.polymq.config.schema.Defaults;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.Within;

/** Rates that hold for the broker, or for each tenant, user or client id; 0 is no limit. */
@Doc("Rates; 0 is no limit.")
public record RateConfig(
        @Doc("New connections a second.") @Within(min = 0) @Default("0") long connectionsPerSecond,
        @Doc("Published messages a second.") @Within(min = 0) @Default("0") long messagesPerSecond,
        @Doc("Published bytes a second.") @Bytes @Within(min = 0) @Default("0")
                long bytesPerSecond) {

    public static final RateConfig UNLIMITED = Defaults.of(RateConfig.class);
}
