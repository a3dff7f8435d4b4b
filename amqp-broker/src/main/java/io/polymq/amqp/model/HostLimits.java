package io.polymq.amqp.model;

/**
 * What a virtual host is and may hold.
 *
 * @param maxConnections -1 for no limit
 * @param maxQueues -1 for no limit
 * @param defaultQueueType of queues that do not say; empty: classic
 */
public record HostLimits(
        String description, int maxConnections, int maxQueues, String defaultQueueType) {
    public static final HostLimits NONE = new HostLimits("", -1, -1, "");
}
