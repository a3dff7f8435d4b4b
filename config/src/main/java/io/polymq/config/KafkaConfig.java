package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.DefaultPorts;
import io.polymq.config.schema.Defaults;
import io.polymq.config.schema.Doc;
import java.util.List;

/** {@code [kafka_runtime]}. */
@Doc("The Kafka protocol.")
public record KafkaConfig(
        @Doc("Whether the protocol is served.") @Default("true") boolean enabled,
        @DefaultPorts(tcp = 9092, tls = 9093) TransportPorts ports,
        @Doc("Addresses to listen on; empty: those of `network.bind`.") List<String> bind,
        LoopConfig network)
        implements RuntimeConfig {

    public static final KafkaConfig DEFAULT = Defaults.of(KafkaConfig.class);

    public KafkaConfig {
        bind = List.copyOf(bind);
    }
}
