package io.polymq.config;

import io.polymq.config.schema.Defaults;
import io.polymq.config.schema.Doc;

/** {@code [limits]}: how much may come in. */
@Doc("How much may come in, over all protocols. Read again on SIGHUP.")
public record LimitsConfig(
        RateConfig broker, RateConfig tenant, RateConfig user, RateConfig client) {

    public static final LimitsConfig DEFAULT = Defaults.of(LimitsConfig.class);
}
