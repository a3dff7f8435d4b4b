package io.polymq.config;

import io.polymq.config.schema.Bytes;
import io.polymq.config.schema.Default;
import io.polymq.config.schema.DefaultPorts;
import io.polymq.config.schema.Defaults;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.Within;
import java.time.Duration;
import java.util.List;

/** {@code [amqp_runtime]}. */
@Doc("AMQP 0-9-1 and 1.0.")
public record AmqpConfig(
        @Doc("Whether the protocol is served.") @Default("true") boolean enabled,
        @DefaultPorts(tcp = 5672, tls = 5671) TransportPorts ports,
        @Doc("Addresses to listen on; empty: those of `network.bind`.") List<String> bind,
        @Doc("The largest frame, offered to clients.")
                @Bytes
                @Within(min = 4_096, max = 16_777_216)
                @Default("128KiB")
                int frameMax,
        @Doc("Channels of one connection, offered to clients.")
                @Within(min = 1, max = 65_535)
                @Default("2047")
                int channelMax,
        @Doc("Offered to clients: a peer that is silent for two of these is gone; 0 is none.")
                @Within(min = 0, max = 65_535)
                @Default("60s")
                Duration heartbeat,
        @Doc("The largest message body.")
                @Bytes
                @Within(min = 1_024, max = 536_870_912)
                @Default("16MiB")
                int maxMessageSize,
        @Doc("How long a delivery may stay unacknowledged; 0 is for ever.")
                @Within(min = 0)
                @Default("30m")
                Duration consumerTimeout,
        @Doc("Unacknowledged deliveries of a consumer that sets no prefetch limit.")
                @Within(min = 1)
                @Default("200000")
                int maxUnacked,
        @Doc("The part of the heap, in percent, above which publishers are blocked.")
                @Within(min = 1, max = 100)
                @Default("90")
                int memoryWatermark,
        @Doc("Whether AMQP 1.0 clients are offered SCRAM.") @Default("true") boolean scram,
        LoopConfig network)
        implements RuntimeConfig {

    public static final AmqpConfig DEFAULT = Defaults.of(AmqpConfig.class);

    public AmqpConfig {
        bind = List.copyOf(bind);
    }
}
