package io.polymq.amqp.v1.management;

import io.netty.buffer.ByteBuf;
import io.polymq.amqp.v1.message.MessageCodec;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a client is answered.
 *
 * @param correlationId the request's message id
 * @param status as in HTTP
 * @param body a value of AMQP
 */
public record Reply(@Nullable Object correlationId, int status, @Nullable Object body) {

    private static final Map<String, @Nullable Object> VERSION = Map.of("http:response", "1.1");

    /** The sections of the reply's message. */
    public void write(ByteBuf out) {
        MessageCodec.encode(Integer.toString(status), correlationId, VERSION, body, out);
    }
}
