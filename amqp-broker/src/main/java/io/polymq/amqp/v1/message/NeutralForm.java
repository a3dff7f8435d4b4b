package io.polymq.amqp.v1.message;

import io.polymq.amqp.v1.address.Address;
import io.polymq.core.message.MessageProperties;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Messages of AMQP 1.0 in neutral terms, and neutral ones in those of AMQP 1.0. Stateless. */
final class NeutralForm {

    /** The content type of a payload that is the sections of a body. */
    static final String ENCODED = "message/vnd.rabbitmq.amqp";

    static final String SUBJECTS = "amq.topic";
    private static final String CONTENT_ENCODING = "content-encoding";

    private NeutralForm() {}

    static MessageProperties of(OwnBytes own) {
        Sections sections = own.sections();
        Properties properties = sections.properties();
        List<MessageProperties.Header> headers = new ArrayList<>();
        sections.applicationProperties()
                .forEach(
                        (name, value) ->
                                headers.add(
                                        new MessageProperties.Header(
                                                name, Conversion.bytes(value))));
        String encoding = properties.contentEncoding();
        if (encoding != null && !sections.applicationProperties().containsKey(CONTENT_ENCODING)) {
            headers.add(
                    new MessageProperties.Header(
                            CONTENT_ENCODING, encoding.getBytes(StandardCharsets.UTF_8)));
        }
        String type = properties.contentType();
        Instant created = properties.creationTime();
        Instant expires = properties.absoluteExpiryTime();
        return new MessageProperties(
                type == null && own.form() == OwnBytes.ENCODED ? ENCODED : type,
                correlation(properties.correlationId()),
                replyTo(properties.replyTo()),
                Conversion.idText(properties.messageId()),
                created == null ? -1 : Math.max(-1, created.toEpochMilli()),
                expires == null ? -1 : Math.max(-1, expires.toEpochMilli()),
                sections.header().priority(),
                sections.header().durable(),
                headers);
    }

    private static byte @Nullable [] correlation(@Nullable Object id) {
        if (id instanceof byte[] bytes) {
            return bytes;
        }
        String text = Conversion.idText(id);
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    /** An address in the space of subjects is a subject; others stay addresses. */
    private static @Nullable String replyTo(@Nullable String address) {
        return address != null
                        && Address.parse(address) instanceof Address.Exchange exchange
                        && exchange.name().equals(SUBJECTS)
                        && exchange.key() != null
                ? exchange.key()
                : address;
    }

    static Sections sections(MessageProperties neutral) {
        Map<String, @Nullable Object> application = new LinkedHashMap<>();
        String encoding = null;
        for (MessageProperties.Header header : neutral.headers()) {
            byte[] value = header.value();
            Object said = value == null ? null : textOrBytes(value);
            if (header.name().equals(CONTENT_ENCODING) && said instanceof String text) {
                encoding = text;
            } else {
                application.putIfAbsent(header.name(), said);
            }
        }
        byte[] correlation = neutral.correlation();
        String replyTo = neutral.replyTo();
        Properties properties =
                new Properties(
                        Conversion.id(neutral.messageId()),
                        null,
                        null,
                        null,
                        replyTo == null || replyTo.startsWith("/")
                                ? replyTo
                                : new Address.Exchange(SUBJECTS, replyTo).text(),
                        correlation == null ? null : idOrBytes(correlation),
                        neutral.contentType(),
                        encoding,
                        time(neutral.expiresAt()),
                        time(neutral.timestamp()),
                        null,
                        null,
                        null);
        Header header =
                new Header(neutral.durable(), Math.min(neutral.priority(), 255), -1, false, 0);
        return new Sections(header, Map.of(), properties, application);
    }

    private static @Nullable Instant time(long millis) {
        return millis < 0 ? null : Instant.ofEpochMilli(millis);
    }

    private static Object textOrBytes(byte[] value) {
        String text = Conversion.utf8(value);
        return text == null ? value : text;
    }

    private static Object idOrBytes(byte[] value) {
        Object id = Conversion.id(Conversion.utf8(value));
        return id == null ? value : id;
    }
}
