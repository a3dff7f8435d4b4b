package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.DefaultPorts;
import io.polymq.config.schema.Defaults;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.OneOf;
import io.polymq.config.schema.Within;
import java.util.List;

/** {@code [kafka_runtime]}. */
@Doc("The Kafka protocol.")
public record KafkaConfig(
        @Doc("Whether the protocol is served.") @Default("true") boolean enabled,
        @DefaultPorts(tcp = 9092, tls = 9093) TransportPorts ports,
        @Doc("Addresses to listen on; empty: those of `network.bind`.") List<String> bind,
        LoopConfig network,
        @Doc(
                        "The host that clients are told to connect to; empty: the address that they"
                                + " reached.")
                @Default("")
                String advertisedHost,
        @Doc("The port that clients are told to connect to; 0: the one that they reached.")
                @Within(min = 0, max = 65_535)
                @Default("0")
                int advertisedPort,
        @Doc("Whether a topic that a client asks for comes into being.") @Default("true")
                boolean autoCreateTopics,
        @Doc("How many partitions a topic gets when nobody says.")
                @Within(min = 1, max = 10_000)
                @Default("1")
                int defaultPartitions,
        @Doc(
                        "When records count as safe in topics without flush.messages=1: sync is once they"
                                + " are forced to the device, os once the operating system has them, which"
                                + " is Kafka's own default.")
                @OneOf({"sync", "os", "memory"})
                @Default("sync")
                String durability,
        KafkaSecurityConfig security)
        implements RuntimeConfig {

    public static final KafkaConfig DEFAULT = Defaults.of(KafkaConfig.class);

    public KafkaConfig {
        bind = List.copyOf(bind);
    }
}
