package io.polymq.nats;

import io.polymq.nats.options.LimitOptions;
import java.time.Duration;

/**
 * What a NATS server tells and demands of its clients.
 *
 * @param serverName shown to clients and tools
 * @param serverId unique, stable while the process lives
 * @param maxPayload headers and payload of one message
 * @param maxControlLine bytes of one control line
 * @param maxSubscriptions per connection, 0 for no limit
 * @param pingInterval a silent client is asked after this time
 * @param maxPingsOut unanswered questions after which a client is gone
 * @param authTimeout time to a completed login where one is required
 * @param tlsAvailable whether a client may upgrade to TLS on the plain port
 * @param tlsRequired whether it must
 * @param jetStream whether JetStream is served
 * @param noResponders whether a request that nobody gets is answered by a 503
 */
public record NatsSettings(
        String serverName,
        String serverId,
        int maxPayload,
        int maxControlLine,
        int maxSubscriptions,
        Duration pingInterval,
        int maxPingsOut,
        Duration authTimeout,
        boolean tlsAvailable,
        boolean tlsRequired,
        boolean jetStream,
        boolean noResponders) {

    /** The same under other limits. */
    NatsSettings under(LimitOptions limits) {
        return new NatsSettings(
                serverName,
                serverId,
                limits.maxPayload(),
                limits.maxControlLine(),
                limits.maxSubscriptions(),
                limits.times().pingInterval(),
                limits.times().pingMax(),
                limits.times().authTimeout(),
                tlsAvailable,
                tlsRequired,
                jetStream,
                noResponders);
    }

    /** The server version that clients see; they choose features by it. */
    public static final String VERSION = "2.12.4";

    /** The JetStream API level that belongs to it. */
    public static final int API_LEVEL = 2;
}
