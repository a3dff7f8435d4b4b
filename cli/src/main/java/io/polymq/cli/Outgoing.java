package io.polymq.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A message to be published.
 *
 * @param subject topic, routing key or queue, in the protocol's own spelling
 * @param key of a Kafka record
 * @param ttlMillis how long it is worth something; 0: for ever
 */
record Outgoing(
        String subject,
        byte[] payload,
        List<Header> headers,
        @Nullable String contentType,
        @Nullable String replyTo,
        @Nullable String correlation,
        @Nullable String messageId,
        @Nullable String key,
        long ttlMillis) {

    static Outgoing of(String subject, byte[] payload) {
        return new Outgoing(subject, payload, List.of(), null, null, null, null, null, 0);
    }

    Outgoing repliedTo(String address, String byWhich) {
        return new Outgoing(
                subject,
                payload,
                headers,
                contentType,
                address,
                byWhich,
                messageId,
                key,
                ttlMillis);
    }
}
