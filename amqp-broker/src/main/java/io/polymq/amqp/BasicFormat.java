package io.polymq.amqp;

import io.polymq.amqp.model.MessageFormat;
import io.polymq.codec.amqp.AmqpException;
import io.polymq.codec.amqp.BasicProperties;
import io.polymq.codec.amqp.FieldTable;
import io.polymq.core.message.MessageProperties;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The properties of class basic: their flags and values as they stand in a content header. */
final class BasicFormat implements MessageFormat {

    static final int PERSISTENT = 2;

    private static final String CONTENT_ENCODING = "content-encoding";

    private final InstantSource clock;

    BasicFormat(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public String protocol() {
        return AmqpBinding.NAME;
    }

    private static BasicProperties read(byte[] own, int offset, int length) {
        try {
            return BasicProperties.decode(own, offset, length);
        } catch (AmqpException unreadable) {
            return BasicProperties.NONE;
        }
    }

    private static Map<String, @Nullable Object> table(@Nullable FieldTable headers) {
        if (headers == null) {
            return Map.of();
        }
        try {
            return headers.entries();
        } catch (AmqpException unreadable) {
            return Map.of();
        }
    }

    @Override
    public MessageProperties properties(byte[] own, int offset, int length) {
        BasicProperties basic = read(own, offset, length);
        List<MessageProperties.Header> headers = new ArrayList<>();
        table(basic.headers())
                .forEach(
                        (name, value) ->
                                headers.add(new MessageProperties.Header(name, bytes(value))));
        String correlation = basic.correlationId();
        Integer mode = basic.deliveryMode();
        Integer priority = basic.priority();
        Long timestamp = basic.timestamp();
        return new MessageProperties(
                basic.contentType(),
                correlation == null ? null : correlation.getBytes(StandardCharsets.UTF_8),
                basic.replyTo(),
                basic.messageId(),
                timestamp == null || timestamp < 0 || timestamp > Long.MAX_VALUE / 1000
                        ? -1
                        : timestamp * 1000,
                -1,
                priority == null ? -1 : priority,
                mode != null && mode == PERSISTENT,
                headers);
    }

    private static byte @Nullable [] bytes(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case byte[] bytes -> bytes;
            case Instant time ->
                    Long.toString(time.getEpochSecond()).getBytes(StandardCharsets.US_ASCII);
            default -> value.toString().getBytes(StandardCharsets.UTF_8);
        };
    }

    @Override
    public byte[] write(MessageProperties neutral) {
        Map<String, @Nullable Object> headers = new LinkedHashMap<>();
        String encoding = null;
        for (MessageProperties.Header header : neutral.headers()) {
            byte[] value = header.value();
            Object said = value == null ? null : new String(value, StandardCharsets.UTF_8);
            if (header.name().equals(CONTENT_ENCODING) && said instanceof String text) {
                encoding = text;
            } else {
                headers.putIfAbsent(header.name(), said);
            }
        }
        byte[] correlation = neutral.correlation();
        long expires = neutral.expiresAt();
        long left = expires < 0 ? -1 : Math.max(0, expires - clock.millis());
        return new BasicProperties(
                        neutral.contentType(),
                        encoding,
                        headers.isEmpty() ? null : FieldTable.of(headers),
                        neutral.durable() ? PERSISTENT : null,
                        neutral.priority() < 0 ? null : Math.min(neutral.priority(), 255),
                        correlation == null
                                ? null
                                : new String(correlation, StandardCharsets.UTF_8),
                        neutral.replyTo(),
                        left < 0 ? null : Long.toString(left),
                        neutral.messageId(),
                        neutral.timestamp() < 0 ? null : neutral.timestamp() / 1000,
                        null,
                        null,
                        null,
                        null)
                .encode();
    }

    @Override
    public Map<String, @Nullable Object> headers(byte[] own, int offset, int length) {
        return hasHeaders(own, offset, length)
                ? table(read(own, offset, length).headers())
                : Map.of();
    }

    private static boolean hasHeaders(byte[] own, int offset, int length) {
        return length >= 2 && (own[offset] & 0x20) != 0;
    }

    @Override
    public @Nullable String property(String name, byte[] own, int offset, int length) {
        BasicProperties basic = read(own, offset, length);
        return switch (name) {
            case "message_id" -> basic.messageId();
            case "correlation_id" -> basic.correlationId();
            case "timestamp" -> basic.timestamp() == null ? null : basic.timestamp().toString();
            default -> null;
        };
    }

    @Override
    public long timeToLive(byte[] own, int offset, int length) {
        String expiration = read(own, offset, length).expiration();
        return expiration == null ? -1 : millis(expiration);
    }

    /** -1 when it is no number that a time to live can be. */
    static long millis(String expiration) {
        if (expiration.isEmpty() || expiration.length() > 18) {
            return -1;
        }
        long millis = 0;
        for (int i = 0; i < expiration.length(); i++) {
            int digit = expiration.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            millis = millis * 10 + digit;
        }
        return millis;
    }

    @Override
    public int priority(byte[] own, int offset, int length) {
        Integer priority = read(own, offset, length).priority();
        return priority == null ? -1 : priority;
    }
}
