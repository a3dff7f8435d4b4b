package io.polymq.amqp;

import java.time.Duration;

/**
 * What an AMQP server tells and demands of its clients.
 *
 * @param clusterName shown to clients
 * @param frameMax the largest frame that is offered
 * @param channelMax the most channels of a connection, 0 for no limit of its own
 * @param heartbeat offered to clients, zero for none
 * @param maxMessageSize the largest body
 * @param consumerTimeout how long a delivery may stay unacknowledged, zero for ever
 * @param maxUnacked deliveries of one consumer that may be unacknowledged where it sets no limit
 * @param memoryWatermark the part of the heap above which publishers are blocked
 * @param scram whether AMQP 1.0 clients are offered to log in with SCRAM
 */
public record AmqpSettings(
        String clusterName,
        int frameMax,
        int channelMax,
        Duration heartbeat,
        int maxMessageSize,
        Duration consumerTimeout,
        int maxUnacked,
        double memoryWatermark,
        boolean scram) {

    /** The server that clients see; they choose features by it. */
    public static final String PRODUCT = "RabbitMQ";

    public static final String VERSION = "4.0.5";

    /** Frames up to this size are taken before the peers have agreed on another. */
    static final int FRAME_MIN = 4096;
}
