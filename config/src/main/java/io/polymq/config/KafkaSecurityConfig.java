package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.Defaults;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.OneOf;
import java.time.Duration;
import java.util.List;

/** {@code [kafka_runtime.security]}. */
@Doc("How Kafka clients log in, and who may do everything.")
public record KafkaSecurityConfig(
        @Doc("The ways to log in by SASL that are offered; none: SASL is not possible.")
                @OneOf({"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"})
                @Default("PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER")
                List<String> mechanisms,
        @Doc(
                        "Users that may do everything by Kafka's protocol, besides administrators, who"
                                + " may anyway.")
                List<String> superUsers,
        @Doc(
                        "How long a SASL login lasts before the client has to repeat it on the same"
                                + " connection; 0s: as long as its credentials.")
                @Default("0s")
                Duration reauthenticateAfter,
        @Doc("The longest life of a delegation token.") @Default("7d") Duration tokenMaxLifetime,
        @Doc("How long a delegation token lives unless it is renewed.") @Default("1d")
                Duration tokenExpiry) {

    public static final KafkaSecurityConfig DEFAULT = Defaults.of(KafkaSecurityConfig.class);

    public KafkaSecurityConfig {
        mechanisms = List.copyOf(mechanisms);
        superUsers = List.copyOf(superUsers);
        if (!tokenMaxLifetime.isPositive() || !tokenExpiry.isPositive()) {
            throw new IllegalArgumentException("has a delegation token that lives for no time");
        }
    }
}
