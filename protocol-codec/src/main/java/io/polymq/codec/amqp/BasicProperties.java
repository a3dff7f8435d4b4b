package io.polymq.codec.amqp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * The fourteen properties of class basic. Absent ones are null; the header table stays bytes until
 * someone looks.
 *
 * @param deliveryMode 2 is persistent
 * @param timestamp seconds since 1970
 */
public record BasicProperties(
        @Nullable String contentType,
        @Nullable String contentEncoding,
        @Nullable FieldTable headers,
        @Nullable Integer deliveryMode,
        @Nullable Integer priority,
        @Nullable String correlationId,
        @Nullable String replyTo,
        @Nullable String expiration,
        @Nullable String messageId,
        @Nullable Long timestamp,
        @Nullable String type,
        @Nullable String userId,
        @Nullable String appId,
        @Nullable String clusterId) {

    public static final BasicProperties NONE =
            new BasicProperties(
                    null, null, null, null, null, null, null, null, null, null, null, null, null,
                    null);

    private static final int CONTENT_TYPE = 1 << 15;
    private static final int CONTENT_ENCODING = 1 << 14;
    private static final int HEADERS = 1 << 13;
    private static final int DELIVERY_MODE = 1 << 12;
    private static final int PRIORITY = 1 << 11;
    private static final int CORRELATION_ID = 1 << 10;
    private static final int REPLY_TO = 1 << 9;
    private static final int EXPIRATION = 1 << 8;
    private static final int MESSAGE_ID = 1 << 7;
    private static final int TIMESTAMP = 1 << 6;
    private static final int TYPE = 1 << 5;
    private static final int USER_ID = 1 << 4;
    private static final int APP_ID = 1 << 3;
    private static final int CLUSTER_ID = 1 << 2;
    private static final int UNKNOWN = 3;

    /**
     * @throws AmqpException when flags are set that have no property, or values are cut off
     */
    public static BasicProperties decode(byte[] bytes, int offset, int length) {
        AmqpReader in = new AmqpReader(Unpooled.wrappedBuffer(bytes, offset, length), length);
        int flags = in.shortInt();
        if ((flags & UNKNOWN) != 0) {
            throw new AmqpException(
                    ReplyCode.SYNTAX_ERROR, "a content header has unknown property flags");
        }
        return new BasicProperties(
                text(in, flags, CONTENT_TYPE),
                text(in, flags, CONTENT_ENCODING),
                (flags & HEADERS) == 0 ? null : in.table(),
                (flags & DELIVERY_MODE) == 0 ? null : in.octet(),
                (flags & PRIORITY) == 0 ? null : in.octet(),
                text(in, flags, CORRELATION_ID),
                text(in, flags, REPLY_TO),
                text(in, flags, EXPIRATION),
                text(in, flags, MESSAGE_ID),
                (flags & TIMESTAMP) == 0 ? null : in.longLong(),
                text(in, flags, TYPE),
                text(in, flags, USER_ID),
                text(in, flags, APP_ID),
                text(in, flags, CLUSTER_ID));
    }

    private static @Nullable String text(AmqpReader in, int flags, int flag) {
        return (flags & flag) == 0 ? null : in.shortString();
    }

    /** Flags and values, as a content header holds them. */
    public byte[] encode() {
        ByteBuf out = Unpooled.buffer();
        AmqpWriter values = new AmqpWriter(out);
        values.shortInt(0);
        int flags = 0;
        flags |= write(values, CONTENT_TYPE, contentType);
        flags |= write(values, CONTENT_ENCODING, contentEncoding);
        if (headers != null) {
            values.table(headers);
            flags |= HEADERS;
        }
        if (deliveryMode != null) {
            values.octet(deliveryMode);
            flags |= DELIVERY_MODE;
        }
        if (priority != null) {
            values.octet(priority);
            flags |= PRIORITY;
        }
        flags |= write(values, CORRELATION_ID, correlationId);
        flags |= write(values, REPLY_TO, replyTo);
        flags |= write(values, EXPIRATION, expiration);
        flags |= write(values, MESSAGE_ID, messageId);
        if (timestamp != null) {
            values.longLong(timestamp);
            flags |= TIMESTAMP;
        }
        flags |= write(values, TYPE, type);
        flags |= write(values, USER_ID, userId);
        flags |= write(values, APP_ID, appId);
        flags |= write(values, CLUSTER_ID, clusterId);
        out.setShort(0, flags);
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }

    private static int write(AmqpWriter out, int flag, @Nullable String text) {
        if (text == null) {
            return 0;
        }
        out.shortString(text);
        return flag;
    }

    /** The same with other headers and without expiration, as dead-lettering wants it. */
    public BasicProperties with(
            @Nullable FieldTable otherHeaders, @Nullable String otherExpiration) {
        return new BasicProperties(
                contentType,
                contentEncoding,
                otherHeaders,
                deliveryMode,
                priority,
                correlationId,
                replyTo,
                otherExpiration,
                messageId,
                timestamp,
                type,
                userId,
                appId,
                clusterId);
    }
}
