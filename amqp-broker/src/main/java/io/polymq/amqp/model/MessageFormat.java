package io.polymq.amqp.model;

import io.polymq.core.message.MessageProperties;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How one dialect writes what a message carries beside its payload. Stateless, shared; never throws
 * for bytes that cannot be read, which then say nothing.
 */
public interface MessageFormat {

    /** Stored with each message: {@code amqp}, {@code amqp-1.0}. */
    String protocol();

    /** In neutral terms, for clients of other protocols. */
    MessageProperties properties(byte[] own, int offset, int length);

    /**
     * A message of another protocol in this dialect; used for what is dead-lettered as well as
     * delivered.
     */
    byte[] write(MessageProperties neutral);

    /** The application's headers, for routing. */
    Map<String, @Nullable Object> headers(byte[] own, int offset, int length);

    /** One of {@code message_id}, {@code correlation_id}, {@code timestamp}; null when not set. */
    @Nullable String property(String name, byte[] own, int offset, int length);

    /** Milliseconds that it may wait, -1 for ever. */
    long timeToLive(byte[] own, int offset, int length);

    /**
     * When it expires, in milliseconds since 1970, -1 for never.
     *
     * @param publishedAt when its time to live begins
     */
    default long expiresAt(byte[] own, int offset, int length, long publishedAt) {
        long ttl = timeToLive(own, offset, length);
        return ttl < 0 ? -1 : publishedAt + ttl;
    }

    /** -1 when it has none. */
    int priority(byte[] own, int offset, int length);
}
