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
     * @param heartbeat seconds
     * @param properties as the client gave them
     */
    record Client(
            long id,
            String user,
            String host,
            String mechanism,
            String state,
            int frameMax,
            int channelMax,
            int heartbeat,
            long connectedAt,
            Map<String, @Nullable Object> properties,
            List<Channel> channels) {}

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
}
