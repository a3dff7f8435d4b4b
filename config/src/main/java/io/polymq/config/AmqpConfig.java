package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.DefaultPorts;
import io.polymq.config.schema.Defaults;
import io.polymq.config.schema.Doc;
import java.util.List;

/** {@code [amqp_runtime]}. */
@Doc("AMQP 0-9-1 and 1.0.")
public record AmqpConfig(
        @Doc("Whether the protocol is served.") @Default("true") boolean enabled,
        @DefaultPorts(tcp = 5672, tls = 5671) TransportPorts ports,
        @Doc("Addresses to listen on; empty: those of `network.bind`.") List<String> bind,
        LoopConfig network)
        implements RuntimeConfig {

    public static final AmqpConfig DEFAULT = Defaults.of(AmqpConfig.class);

    public AmqpConfig {
        bind = List.copyOf(bind);
    }
}
