package io.polymq.amqp.v1.message;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.polymq.amqp.model.MessageFormat;
import io.polymq.amqp.v1.type.DecodeException;
import io.polymq.core.message.MessageProperties;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@linkplain OwnBytes What is kept} of messages of AMQP 1.0, for the model of all dialects.
 * Stateless, any thread.
 */
final class V1Format implements MessageFormat {

    /** Stored with each message. */
    static final String PROTOCOL = "amqp-1.0";

    @Override
    public String protocol() {
        return PROTOCOL;
    }

    private static @Nullable OwnBytes read(byte[] own, int offset, int length) {
        OwnBytes bytes = new OwnBytes();
        return bytes.over(own, offset, length) ? bytes : null;
    }

    @Override
    public MessageProperties properties(byte[] own, int offset, int length) {
        OwnBytes bytes = read(own, offset, length);
        try {
            return bytes == null ? MessageProperties.NONE : NeutralForm.of(bytes);
        } catch (DecodeException unreadable) {
            return MessageProperties.NONE;
        }
    }

    @Override
    public byte[] write(MessageProperties neutral) {
        Sections sections = NeutralForm.sections(neutral);
        ByteBuf out = Unpooled.buffer();
        out.writeByte(OwnBytes.OPEN).writeInt(0);
        SectionWriter.header(out, sections.header());
        sections.properties().write(out);
        SectionWriter.applicationProperties(out, sections.applicationProperties());
        byte[] own = new byte[out.readableBytes()];
        out.setInt(1, own.length - 5);
        out.readBytes(own);
        return own;
    }

    /** Application properties, and the annotations that count as headers. */
    @Override
    public Map<String, @Nullable Object> headers(byte[] own, int offset, int length) {
        OwnBytes bytes = read(own, offset, length);
        if (bytes == null) {
            return Map.of();
        }
        try {
            Map<String, @Nullable Object> headers =
                    new LinkedHashMap<>(Conversion.table(bytes.applicationProperties()));
            bytes.annotations()
                    .forEach(
                            (name, value) -> {
                                if (name.equals("x-cc")) {
                                    headers.put("CC", Conversion.texts(value));
                                } else if (name.startsWith("x-")) {
                                    headers.put(name, Conversion.toField(value));
                                }
                            });
            return headers;
        } catch (DecodeException unreadable) {
            return Map.of();
        }
    }

    @Override
    public @Nullable String property(String name, byte[] own, int offset, int length) {
        OwnBytes bytes = read(own, offset, length);
        try {
            Properties properties = bytes == null ? Properties.NONE : bytes.properties();
            Instant created = properties.creationTime();
            return switch (name) {
                case "message_id" -> Conversion.idText(properties.messageId());
                case "correlation_id" -> Conversion.idText(properties.correlationId());
                case "timestamp" ->
                        created == null ? null : Long.toString(created.getEpochSecond());
                default -> null;
            };
        } catch (DecodeException unreadable) {
            return null;
        }
    }

    private static Header header(byte[] own, int offset, int length) {
        OwnBytes bytes = read(own, offset, length);
        try {
            return bytes == null ? Header.NONE : bytes.header();
        } catch (DecodeException unreadable) {
            return Header.NONE;
        }
    }

    @Override
    public long timeToLive(byte[] own, int offset, int length) {
        return header(own, offset, length).ttl();
    }

    @Override
    public long expiresAt(byte[] own, int offset, int length, long publishedAt) {
        OwnBytes bytes = read(own, offset, length);
        try {
            long ttl = bytes == null ? -1 : bytes.header().ttl();
            return ttl >= 0 ? publishedAt + ttl : bytes == null ? -1 : bytes.expiryTime();
        } catch (DecodeException unreadable) {
            return -1;
        }
    }

    @Override
    public int priority(byte[] own, int offset, int length) {
        return header(own, offset, length).priority();
    }
}
