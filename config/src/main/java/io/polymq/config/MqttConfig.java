package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.DefaultPorts;
import io.polymq.config.schema.Defaults;
import io.polymq.config.schema.Doc;
import java.util.List;

/** {@code [mqtt_runtime]}. */
@Doc("MQTT 3.1, 3.1.1 and 5.0.")
public record MqttConfig(
        @Doc("Whether the protocol is served.") @Default("true") boolean enabled,
        @DefaultPorts(tcp = 1883, tls = 8883, websocket = 8083, websockets = 8084, quic = 14_567)
                TransportPorts ports,
        @Doc("Addresses to listen on; empty: those of `network.bind`.") List<String> bind,
        LoopConfig network)
        implements RuntimeConfig {

    public static final MqttConfig DEFAULT = Defaults.of(MqttConfig.class);

    public MqttConfig {
        bind = List.copyOf(bind);
    }
}
