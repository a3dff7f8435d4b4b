package io.polymq.amqp.v1.message;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.polymq.amqp.model.Envelope;
import io.polymq.amqp.v1.address.Address;
import io.polymq.amqp.v1.type.Unsigned;
import io.polymq.codec.amqp.BasicProperties;
import io.polymq.codec.amqp.FieldTable;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Messages of AMQP 1.0 for AMQP 0-9-1, as RabbitMQ 4 converts them: application properties and
 * {@code x-} annotations are headers, a body of data sections is the body, any other is passed as
 * the bytes of its sections with the type {@value FromBasic#ENCODED_TYPE}. What RabbitMQ leaves out
 * is kept in headers that begin with {@value #EXTRA}. Stateless.
 *
 * @param properties flags and values of class basic
 * @param payload the whole array is the body; null when the message's payload is
 */
public record ToBasic(byte[] properties, byte @Nullable [] payload) {

    /** Headers of what 0-9-1 has no words for. */
    static final String EXTRA = "x-opt-amqp-";

    /** Of a message whose envelope has this dialect's own bytes. */
    static ToBasic of(OwnBytes own, int flags, byte[] payload, int offset, int length, long now) {
        Sections sections = own.sections();
        Properties properties = sections.properties();
        Map<String, @Nullable Object> headers = headers(sections);
        String id = shortId(properties.messageId(), "x-message-id", headers);
        String correlation = shortId(properties.correlationId(), "x-correlation-id", headers);
        extras(properties, headers);
        byte[] body = null;
        Object type = sections.annotations().get(FromBasic.TYPE);
        if (own.isData()) {
            byte[] footer = own.rest();
            if (footer.length > 0) {
                headers.put(EXTRA + "footer", footer);
            }
        } else {
            type = FromBasic.ENCODED_TYPE;
            body = body(own, payload, offset, length);
        }
        Header header = sections.header();
        Instant created = properties.creationTime();
        BasicProperties basic =
                new BasicProperties(
                        fitting(properties.contentType()),
                        fitting(properties.contentEncoding()),
                        headers.isEmpty() ? null : FieldTable.of(headers),
                        header.durable() ? 2 : 1,
                        header.priority() < 0 ? null : header.priority(),
                        correlation,
                        fitting(replyTo(properties.replyTo())),
                        (flags & Envelope.EXPIRY_DROPPED) != 0
                                ? null
                                : expiration(header.ttl(), properties.absoluteExpiryTime(), now),
                        id,
                        created == null ? null : created.getEpochSecond(),
                        fitting(type),
                        user(properties),
                        fitting(properties.groupId()),
                        fitting(sections.annotations().get(FromBasic.CLUSTER_ID)));
        return new ToBasic(basic.encode(), body);
    }

    /** The time to live as it was sent, or what is left until the time of expiry. */
    private static @Nullable String expiration(long ttl, @Nullable Instant expiry, long now) {
        if (ttl >= 0) {
            return Long.toString(ttl);
        }
        return expiry == null || expiry.toEpochMilli() < 0
                ? null
                : Long.toString(Math.max(0, expiry.toEpochMilli() - now));
    }

    /** Queues and subjects by their names alone; other addresses stay what they are. */
    private static @Nullable String replyTo(@Nullable String address) {
        return switch (address == null ? null : Address.parse(address)) {
            case Address.Queue queue -> queue.name();
            case Address.Exchange exchange
                    when exchange.name().equals(NeutralForm.SUBJECTS) && exchange.key() != null ->
                    exchange.key();
            case null, default -> address;
        };
    }

    private static byte[] body(OwnBytes own, byte[] payload, int offset, int length) {
        ByteBuf out = Unpooled.buffer(length + 16);
        own.writeBody(out, payload, offset, length);
        byte[] body = new byte[out.readableBytes()];
        out.readBytes(body);
        return body;
    }

    private static Map<String, @Nullable Object> headers(Sections sections) {
        Map<String, @Nullable Object> headers =
                new LinkedHashMap<>(Conversion.table(sections.applicationProperties()));
        Map<String, @Nullable Object> others = new LinkedHashMap<>();
        sections.annotations()
                .forEach(
                        (name, value) -> {
                            switch (name) {
                                case "x-cc" -> headers.put("CC", Conversion.toField(value));
                                case FromBasic.TYPE, FromBasic.CLUSTER_ID -> {}
                                case FromBasic.OTHER_HEADERS -> {
                                    if (value instanceof Map<?, ?> table) {
                                        Conversion.table(table).forEach(headers::putIfAbsent);
                                    }
                                }
                                default -> {
                                    if (name.startsWith("x-") && Conversion.fits(name)) {
                                        headers.put(name, Conversion.toField(value));
                                    } else {
                                        others.put(name, value);
                                    }
                                }
                            }
                        });
        if (!others.isEmpty()) {
            headers.put(EXTRA + "annotations", Conversion.table(others));
        }
        return headers;
    }

    private static void extras(Properties properties, Map<String, @Nullable Object> headers) {
        extra(headers, "to", properties.to());
        extra(headers, "subject", properties.subject());
        extra(headers, "absolute-expiry-time", properties.absoluteExpiryTime());
        Unsigned sequence = properties.groupSequence();
        extra(headers, "group-sequence", sequence == null ? null : sequence.value());
        extra(headers, "reply-to-group-id", properties.replyToGroupId());
        String replyTo = properties.replyTo();
        if (replyTo != null && !Conversion.fits(replyTo)) {
            extra(headers, "reply-to", replyTo);
        }
        String group = properties.groupId();
        if (group != null && !Conversion.fits(group)) {
            extra(headers, "group-id", group);
        }
        byte[] user = properties.userId();
        if (user != null && user(properties) == null) {
            extra(headers, "user-id", user);
        }
    }

    private static void extra(
            Map<String, @Nullable Object> headers, String name, @Nullable Object value) {
        if (value != null) {
            headers.put(EXTRA + name, value);
        }
    }

    /** What no short string holds goes into a header. */
    private static @Nullable String shortId(
            @Nullable Object id, String header, Map<String, @Nullable Object> headers) {
        if (id instanceof byte[]) {
            headers.put(header, id);
            return null;
        }
        String text = Conversion.idText(id);
        if (text != null && !Conversion.fits(text)) {
            headers.put(header, text);
            return null;
        }
        return text;
    }

    private static @Nullable String user(Properties properties) {
        byte[] user = properties.userId();
        return user == null ? null : fitting(Conversion.utf8(user));
    }

    private static @Nullable String fitting(@Nullable Object text) {
        return text instanceof String said && Conversion.fits(said) ? said : null;
    }
}
