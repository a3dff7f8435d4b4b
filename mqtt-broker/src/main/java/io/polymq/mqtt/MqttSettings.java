package io.polymq.mqtt;

import io.polymq.config.MqttConfig;
import io.polymq.config.MqttListenerConfig;
import io.polymq.core.router.Router;
import io.polymq.storage.Durability;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * What an MQTT broker may be told.
 *
 * @param maxPacketSize the largest packet taken from a client
 * @param maxPayload the largest payload taken from a client
 * @param receiveMaximum unfinished QoS 1 and 2 publishes that a client may have
 * @param topicAliasMaximum aliases that a client may use
 * @param outboundAliasMaximum aliases used towards a client that allows them, 0 for none
 * @param maxInflight unacknowledged messages sent to a client that names no lower limit
 * @param maxQueuedMessages messages that may wait for one session
 * @param maxQueuedBytes bytes that may wait for one session
 * @param overflow what a full session queue gives up
 * @param queueQos0Offline whether QoS 0 waits for clients that are away
 * @param maxSessionExpiry the longest a session may outlive its connection
 * @param serverKeepAlive seconds that clients are told to use when theirs are longer or none; 0
 *     leaves it to them
 * @param maxTopicLevels levels of topics and filters, 0 for no limit
 * @param maxSubscriptions subscriptions of one session
 * @param retainedBatch retained messages sent to a new subscriber before others get their turn
 * @param deniedPublishCloses whether an MQTT 3 client whose publish is not allowed is closed; else
 *     it is acknowledged and dropped
 * @param shareStrategy how shared subscriptions pick the receiver
 * @param durability when a publish for persistent sessions counts as safe
 * @param sysInterval time between updates of {@code $SYS}, zero for none
 * @param maxPendingQos0 bytes pending towards a client above which QoS 0 for it is dropped
 * @param clientEvents whether connects, disconnects and subscriptions are published
 * @param autoSubscribe subscriptions made for every client
 * @param rewrite how topics and filters are rewritten
 * @param flappingCount disconnects within the window after which a client is banned, 0 for never
 * @param maxTopicLength bytes of a topic, characters of a filter
 * @param slowThreshold time from sending to acknowledgement from which a subscriber counts as slow
 * @param offered what of the protocol clients may use
 * @param tenants which tenant a client works in
 * @param trace what is written down of whom
 * @param assignClientIds whether clients without an identifier get one
 * @param upgradeQos whether messages are sent with their subscription's QoS also when they were
 *     published with a lower one
 * @param checkRetainSource whether a retained message is held back when whoever published it may no
 *     longer do so
 * @param listeners those with settings of their own
 */
public record MqttSettings(
        int maxPacketSize,
        int maxPayload,
        int receiveMaximum,
        int topicAliasMaximum,
        int outboundAliasMaximum,
        int maxInflight,
        int maxQueuedMessages,
        long maxQueuedBytes,
        Overflow overflow,
        boolean queueQos0Offline,
        Duration maxSessionExpiry,
        int serverKeepAlive,
        int maxTopicLevels,
        int maxSubscriptions,
        int retainedBatch,
        boolean deniedPublishCloses,
        Router.Strategy shareStrategy,
        Durability durability,
        Duration sysInterval,
        long maxPendingQos0,
        boolean clientEvents,
        List<String> autoSubscribe,
        List<String> rewrite,
        int flappingCount,
        Duration flappingWindow,
        Duration flappingBan,
        int maxTopicLength,
        Duration slowThreshold,
        Offered offered,
        TenantChoice tenants,
        TraceSettings trace,
        boolean assignClientIds,
        boolean upgradeQos,
        boolean checkRetainSource,
        List<MqttListenerConfig> listeners) {

    /** What goes when a session's queue is full. */
    public enum Overflow {
        /** The oldest message that was not sent yet, QoS 0 before others. */
        DROP_OLDEST,
        /** The message that comes. */
        DROP_NEWEST
    }

    /**
     * What CONNACK of version 5 tells of (3.2.2.3.4, 5, 11, 13), and every version is held to.
     *
     * @param retain whether messages may be retained
     * @param qos the highest of publishes
     * @param wildcards whether filters may have them
     * @param shared whether subscriptions may be
     */
    public record Offered(boolean retain, int qos, boolean wildcards, boolean shared) {}

    /**
     * Which tenant a client works in, where its user has none of its own.
     *
     * @param property the user property of CONNECT that names it; empty for none
     * @param listeners PORT TENANT
     */
    public record TenantChoice(String property, List<String> listeners) {
        public TenantChoice {
            listeners = List.copyOf(listeners);
        }
    }

    /**
     * What is traced from the start on.
     *
     * @param rules {@code client ID}, {@code topic FILTER} or {@code address IP}
     * @param maxBytes of the file; then it becomes {@code FILE.1} and a new one begins
     */
    public record TraceSettings(List<String> rules, Path file, long maxBytes) {
        public TraceSettings {
            rules = List.copyOf(rules);
        }
    }

    public static final MqttSettings DEFAULT = of(MqttConfig.DEFAULT, Path.of("target"));

    public MqttSettings {
        autoSubscribe = List.copyOf(autoSubscribe);
        rewrite = List.copyOf(rewrite);
        listeners = List.copyOf(listeners);
    }

    /** What the section {@code [mqtt_runtime]} says; its files are in the folder. */
    public static MqttSettings of(MqttConfig config, Path folder) {
        Duration expiry = config.maxSessionExpiry();
        return new MqttSettings(
                config.maxPacketSize(),
                config.maxPayloadSize() == 0 ? Integer.MAX_VALUE : config.maxPayloadSize(),
                config.receiveMaximum(),
                config.topicAliasMaximum(),
                config.outboundAliasMaximum(),
                config.maxInflight(),
                config.maxQueuedMessages(),
                config.maxQueuedBytes(),
                Overflow.valueOf(config.overflow().toUpperCase(Locale.ROOT)),
                config.queueQos0Offline(),
                expiry.isZero() ? Duration.ofSeconds(Session.FOREVER) : expiry,
                config.serverKeepAlive(),
                config.maxTopicLevels(),
                config.maxSubscriptions(),
                config.retainedBatch(),
                config.deniedPublish().equals("close"),
                Router.Strategy.valueOf(config.shareStrategy().toUpperCase(Locale.ROOT)),
                Durability.valueOf(config.durability().toUpperCase(Locale.ROOT)),
                config.sysInterval(),
                config.maxPendingQos0(),
                config.clientEvents(),
                config.autoSubscribe(),
                config.rewrite(),
                config.flappingCount(),
                config.flappingWindow(),
                config.flappingBan(),
                config.maxTopicLength(),
                config.slowThreshold(),
                new Offered(
                        config.retainAvailable(),
                        config.maximumQos(),
                        config.wildcardSubscriptions(),
                        config.sharedSubscriptions()),
                new TenantChoice(config.tenantProperty(), config.listenerTenants()),
                new TraceSettings(
                        config.trace(), folder.resolve(config.traceFile()), config.traceSize()),
                config.assignClientIds(),
                config.upgradeOutgoingQos(),
                config.checkRetainSource(),
                config.listeners());
    }
}
