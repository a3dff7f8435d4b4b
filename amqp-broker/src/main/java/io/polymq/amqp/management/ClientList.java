package io.polymq.amqp.management;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What the broker's connections say of themselves. Any thread. */
public interface ClientList {

    CompletableFuture<List<Client>> clients();

    /**
     * @param id the network layer's
     * @param protocol as RabbitMQ calls it
     * @param heartbeat seconds
     * @param properties as the client gave them
     * @param channels of 0-9-1
     * @param sessions of 1.0
     */
    record Client(
            long id,
            String protocol,
            String user,
            String host,
            String mechanism,
            String state,
            int frameMax,
            int channelMax,
            int heartbeat,
            long connectedAt,
            Map<String, @Nullable Object> properties,
            List<Channel> channels,
            List<Session> sessions) {

        /** Channels or sessions. */
        int parts() {
            return channels.size() + sessions.size();
        }
    }

    /** A channel at one moment. */
    record Channel(
            int number,
            int consumers,
            int unacknowledged,
            int unconfirmed,
            int uncommitted,
            int prefetch,
            int globalPrefetch,
            boolean confirms,
            boolean transactional) {}

    /**
     * A session at one moment.
     *
     * @param unsettled deliveries that its client has not settled
     */
    record Session(
            int channel,
            long handleMax,
            long nextIncomingId,
            long incomingWindow,
            long nextOutgoingId,
            long remoteIncomingWindow,
            long outgoingWindow,
            int unsettled,
            List<Link> incoming,
            List<Link> outgoing) {}

    /**
     * A link at one moment.
     *
     * @param address the target of one by which the client sends, else the source; null for none
     * @param settled whether deliveries are settled when they are sent
     * @param open deliveries that are not settled
     */
    record Link(
            long handle,
            String name,
            @Nullable String address,
            boolean settled,
            long deliveryCount,
            long credit,
            int open) {}
}
