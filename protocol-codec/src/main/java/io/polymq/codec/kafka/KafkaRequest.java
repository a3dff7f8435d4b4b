package io.polymq.codec.kafka;

import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.jspecify.annotations.Nullable;

/**
 * A decoded request. It owns its memory.
 *
 * @param key what is asked
 * @param version the version that the body came in and the response goes out in
 * @param correlationId echoed in the response
 * @param clientId what the client calls itself; null when it does not
 * @param body the request's own message
 * @param bytes the size of its frame
 * @param versionServed false only for an ApiVersions request of a version that is not served: it is
 *     answered in version 0 with the versions that are
 */
public record KafkaRequest(
        ApiKeys key,
        short version,
        int correlationId,
        @Nullable String clientId,
        ApiMessage body,
        int bytes,
        boolean versionServed) {

    /** The body as the class that its key stands for. */
    public <T extends ApiMessage> T body(Class<T> type) {
        return type.cast(body);
    }
}
