package io.polymq.config;

import io.polymq.config.schema.Bytes;
import io.polymq.config.schema.Default;
import io.polymq.config.schema.DefaultPorts;
import io.polymq.config.schema.Defaults;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.OneOf;
import io.polymq.config.schema.Within;
import java.time.Duration;
import java.util.List;

/** {@code [mqtt_runtime]}. */
@Doc("MQTT 3.1, 3.1.1 and 5.0.")
public record MqttConfig(
        @Doc("Whether the protocol is served.") @Default("true") boolean enabled,
        @DefaultPorts(tcp = 1883, tls = 8883, websocket = 8083, websockets = 8084, quic = 14_567)
                TransportPorts ports,
        @Doc("Addresses to listen on; empty: those of `network.bind`.") List<String> bind,
        @Doc("The largest packet taken from a client.")
                @Bytes
                @Within(min = 20, max = 268_435_455)
                @Default("10MiB")
                int maxPacketSize,
        @Doc(
                        "The largest payload; larger publishes are dropped, and told so from version 5"
                                + " on. 0: what the packet may hold.")
                @Bytes
                @Within(min = 0)
                @Default("0")
                int maxPayloadSize,
        @Doc("Unfinished QoS 1 and 2 publishes that a client may have.")
                @Within(min = 1, max = 65_535)
                @Default("1024")
                int receiveMaximum,
        @Doc("Topic aliases that a client may use.") @Within(min = 0, max = 65_535) @Default("10")
                int topicAliasMaximum,
        @Doc("Topic aliases used towards a client that allows them.")
                @Within(min = 0, max = 65_535)
                @Default("0")
                int outboundAliasMaximum,
        @Doc("Unacknowledged messages sent to a client that names no lower limit.")
                @Within(min = 1, max = 65_534)
                @Default("1024")
                int maxInflight,
        @Doc(
                        "Whether messages are sent with the QoS of the subscription also when they were"
                                + " published with a lower one.")
                @Default("false")
                boolean upgradeOutgoingQos,
        @Doc("Messages that may wait for one session.") @Within(min = 1) @Default("10000")
                int maxQueuedMessages,
        @Doc("Bytes that may wait for one session.") @Bytes @Within(min = 1_024) @Default("64MiB")
                long maxQueuedBytes,
        @Doc("What a full session queue gives up: the newest message, or the oldest unsent one.")
                @OneOf({"drop_newest", "drop_oldest"})
                @Default("drop_newest")
                String overflow,
        @Doc("Whether QoS 0 waits for clients that are away.") @Default("false")
                boolean queueQos0Offline,
        @Doc("Bytes pending towards a client above which QoS 0 for it is dropped.")
                @Bytes
                @Within(min = 1_024)
                @Default("16MiB")
                long maxPendingQos0,
        @Doc("The longest a session may outlive its connection; 0 is no limit.")
                @Within(min = 0)
                @Default("0s")
                Duration maxSessionExpiry,
        @Doc(
                        "Seconds that clients are told to keep alive when theirs are longer or"
                                + " none; 0: theirs.")
                @Within(min = 0, max = 65_535)
                @Default("0")
                int serverKeepAlive,
        @Doc("Levels of topics and filters; 0 is no limit but the router's for filters.")
                @Within(min = 0)
                @Default("0")
                int maxTopicLevels,
        @Doc("Subscriptions of one session.") @Within(min = 1) @Default("100000")
                int maxSubscriptions,
        @Doc("Retained messages sent to a new subscriber before others get their turn.")
                @Within(min = 1)
                @Default("256")
                int retainedBatch,
        @Doc("What an MQTT 3 client's publish that is not allowed leads to.")
                @OneOf({"drop", "close"})
                @Default("drop")
                String deniedPublish,
        @Doc("How shared subscriptions pick the receiver.")
                @OneOf({
                    "random",
                    "round_robin",
                    "sticky",
                    "hash_publisher",
                    "hash_subject",
                    "least_in_flight"
                })
                @Default("round_robin")
                String shareStrategy,
        @Doc(
                        "When a publish for persistent sessions is acknowledged: forced to the"
                                + " device, written, or in memory.")
                @OneOf({"sync", "os", "memory"})
                @Default("sync")
                String durability,
        @Doc("Time between updates of $SYS; 0 is never.") @Within(min = 0) @Default("10s")
                Duration sysInterval,
        @Doc("Whether connects, disconnects and subscriptions are published below $SYS/brokers.")
                @Default("false")
                boolean clientEvents,
        @Doc(
                        "Subscriptions made for every client: FILTER or FILTER QOS, with %c and %u"
                                + " for client and user.")
                List<String> autoSubscribe,
        @Doc(
                        "Topic rewrites: publish|subscribe|all FILTER REGEX TEMPLATE, with $1 and"
                                + " %c and %u in the template.")
                List<String> rewrite,
        @Doc("Disconnects within flapping_window after which a client is banned; 0 is never.")
                @Within(min = 0)
                @Default("0")
                int flappingCount,
        @Doc("The time in which they are counted.") @Within(min = 1) @Default("1m")
                Duration flappingWindow,
        @Doc("How long the ban lasts.") @Within(min = 1) @Default("5m") Duration flappingBan,
        @Doc("Whether clients may have messages retained.") @Default("true")
                boolean retainAvailable,
        @Doc(
                        "Whether a retained message is held back when whoever published it may no longer"
                                + " do so.")
                @Default("false")
                boolean checkRetainSource,
        @Doc("Whether clients without an identifier get one.") @Default("true")
                boolean assignClientIds,
        @Doc("The highest QoS of publishes; subscriptions get no higher one.")
                @Within(min = 0, max = 2)
                @Default("2")
                int maximumQos,
        @Doc("Whether filters may have wildcards.") @Default("true") boolean wildcardSubscriptions,
        @Doc("Whether subscriptions may be shared.") @Default("true") boolean sharedSubscriptions,
        @Doc("The longest topic or filter.") @Within(min = 1, max = 65_535) @Default("65535")
                int maxTopicLength,
        @Doc("A subscriber that acknowledges later than this is listed as slow.")
                @Within(min = 1)
                @Default("500ms")
                Duration slowThreshold,
        @Doc(
                        "The user property of CONNECT that names the tenant of clients whose user"
                                + " has none of its own; empty: none does.")
                @Default("")
                String tenantProperty,
        @Doc("Tenants of such clients by the port that they came in by: PORT TENANT.")
                List<String> listenerTenants,
        @Doc(
                        "Whose packets are written to trace_file: client ID, topic FILTER or"
                                + " address IP; more at run time.")
                List<String> trace,
        @Doc("Where traces are written; relative to data_path.") @Default("mqtt-trace.log")
                String traceFile,
        @Doc("The largest such file; the one before it is kept.")
                @Bytes
                @Within(min = 65_536)
                @Default("64MiB")
                long traceSize,
        List<MqttListenerConfig> listeners,
        LoopConfig network)
        implements RuntimeConfig {

    public static final MqttConfig DEFAULT = Defaults.of(MqttConfig.class);

    public MqttConfig {
        bind = List.copyOf(bind);
        autoSubscribe = List.copyOf(autoSubscribe);
        rewrite = List.copyOf(rewrite);
        listenerTenants = List.copyOf(listenerTenants);
        trace = List.copyOf(trace);
        listeners = List.copyOf(listeners);
    }
}
