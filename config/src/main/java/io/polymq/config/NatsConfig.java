package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.DefaultPorts;
import io.polymq.config.schema.Defaults;
import io.polymq.config.schema.Doc;
import java.util.List;

/** {@code [nats_runtime]}. */
@Doc("NATS, JetStream and mq9; TLS is an upgrade on the same port.")
public record NatsConfig(
        @Doc("Whether the protocol is served.") @Default("true") boolean enabled,
        @DefaultPorts(tcp = 4222, websocket = 8081) TransportPorts ports,
        @Doc("Addresses to listen on; empty: those of `network.bind`.") List<String> bind,
        LoopConfig network)
        implements RuntimeConfig {

    public static final NatsConfig DEFAULT = Defaults.of(NatsConfig.class);

    public NatsConfig {
        bind = List.copyOf(bind);
    }
}
