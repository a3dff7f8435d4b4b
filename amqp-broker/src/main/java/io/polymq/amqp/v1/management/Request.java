package io.polymq.amqp.v1.management;

import io.polymq.amqp.v1.message.Incoming;
import io.polymq.amqp.v1.message.Properties;
import io.polymq.amqp.v1.type.DecodeException;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks for.
 *
 * @param messageId by which the reply is known
 * @param method {@code GET}, {@code PUT}, {@code POST}, {@code DELETE}
 * @param target a path, perhaps with a query
 */
public record Request(
        @Nullable Object messageId, String method, String target, @Nullable Object body) {

    /**
     * @throws DecodeException when the message is none, or has no value where the sender promised
     *     one
     */
    public static Request of(Incoming message) {
        Properties properties = message.properties();
        String method = properties.subject();
        String target = properties.to();
        return new Request(
                properties.messageId(),
                method == null ? "" : method,
                target == null ? "" : target,
                message.value());
    }
}
