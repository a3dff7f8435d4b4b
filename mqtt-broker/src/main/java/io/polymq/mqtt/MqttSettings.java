package io.polymq.mqtt;

import io.polymq.core.router.Router;
import io.polymq.storage.Durability;
import java.time.Duration;

/**
 * What an MQTT broker may be told.
 *
 * @param maxPacketSize the largest packet taken from a client
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
 * @param maxRetained retained messages of one tenant
 * @param retainedBatch retained messages sent to a new subscriber before others get their turn
 * @param deniedPublishCloses whether an MQTT 3 client whose publish is not allowed is closed; else
 *     it is acknowledged and dropped
 * @param shareStrategy how shared subscriptions pick the receiver
 * @param durability when a publish for persistent sessions counts as safe
 * @param sysInterval time between updates of {@code $SYS}, zero for none
 * @param maxPendingQos0 bytes pending towards a client above which QoS 0 for it is dropped
 */
public record MqttSettings(
        int maxPacketSize,
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
        int maxRetained,
        int retainedBatch,
        boolean deniedPublishCloses,
        Router.Strategy shareStrategy,
        Durability durability,
        Duration sysInterval,
        long maxPendingQos0) {

    /** What goes when a session's queue is full. */
    public enum Overflow {
        /** The oldest message that was not sent yet, QoS 0 before others. */
        DROP_OLDEST,
        /** The message that comes. */
        DROP_NEWEST
    }

    public static final MqttSettings DEFAULT =
            new MqttSettings(
                    10 << 20,
                    1024,
                    10,
                    0,
                    1024,
                    10_000,
                    64L << 20,
                    Overflow.DROP_NEWEST,
                    false,
                    Duration.ofSeconds(0xFFFF_FFFFL),
                    0,
                    0,
                    100_000,
                    1_000_000,
                    256,
                    false,
                    Router.Strategy.ROUND_ROBIN,
                    Durability.SYNC,
                    Duration.ofSeconds(10),
                    16L << 20);
}
