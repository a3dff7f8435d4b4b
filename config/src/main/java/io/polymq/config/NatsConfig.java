package io.polymq.config;

import io.polymq.config.schema.Bytes;
import io.polymq.config.schema.Default;
import io.polymq.config.schema.DefaultPorts;
import io.polymq.config.schema.Defaults;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.Within;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code [nats_runtime]}. */
@Doc("NATS, JetStream and mq9; TLS is an upgrade on the same port.")
public record NatsConfig(
        @Doc("Whether the protocol is served.") @Default("true") boolean enabled,
        @DefaultPorts(tcp = 4222, websocket = 8081) TransportPorts ports,
        @Doc("Addresses to listen on; empty: those of `network.bind`.") List<String> bind,
        @Doc("The largest message, headers and payload together.")
                @Bytes
                @Within(min = 1_024, max = 67_108_864)
                @Default("1MiB")
                int maxPayload,
        @Doc("The longest control line.")
                @Bytes
                @Within(min = 256, max = 1_048_576)
                @Default("4KiB")
                int maxControlLine,
        @Doc("Subscriptions of one connection; 0 is no limit.") @Within(min = 0) @Default("0")
                int maxSubscriptions,
        @Doc("A silent client is asked for a sign of life after this time.")
                @Within(min = 10)
                @Default("2m")
                Duration pingInterval,
        @Doc("Unanswered questions after which a client is gone.") @Within(min = 1) @Default("2")
                int maxPingsOut,
        @Doc("Whether clients must upgrade to TLS when there is a certificate.") @Default("false")
                boolean tlsRequired,
        @Doc(
                        value =
                                "A nats-server configuration file: its accounts, users, permissions,"
                                        + " mappings and limits hold for NATS clients in place of [auth],"
                                        + " and its `http` opens nats-server's monitoring. Where PolyMQ"
                                        + " listens stays here.",
                        example = "\"nats.conf\"")
                @Nullable Path serverConfig,
        LoopConfig network)
        implements RuntimeConfig {

    public static final NatsConfig DEFAULT = Defaults.of(NatsConfig.class);

    public NatsConfig {
        bind = List.copyOf(bind);
    }
}
