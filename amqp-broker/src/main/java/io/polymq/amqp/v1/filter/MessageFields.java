package io.polymq.amqp.v1.filter;

import io.polymq.amqp.v1.message.Properties;
import io.polymq.amqp.v1.message.Sections;
import io.polymq.amqp.v1.type.Unsigned;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What an identifier of a selector means: JMS's headers are fields of header and properties, as the
 * JMS mapping of AMQP has them; {@code h.}, {@code p.} and {@code a.} name the section; all others
 * are application properties.
 */
final class MessageFields {

    /** What JMS takes for the priority of a message that says none. */
    private static final long NORMAL = 4;

    private static final Map<String, Function<Sections, @Nullable Object>> JMS =
            Map.ofEntries(
                    Map.entry("JMSMessageID", m -> id(m.properties().messageId(), true)),
                    Map.entry("JMSCorrelationID", m -> id(m.properties().correlationId(), false)),
                    Map.entry("JMSTimestamp", m -> m.properties().creationTime()),
                    Map.entry("JMSExpiration", m -> expiry(m.properties())),
                    Map.entry("JMSType", m -> m.properties().subject()),
                    Map.entry("JMSReplyTo", m -> m.properties().replyTo()),
                    Map.entry("JMSDestination", m -> m.properties().to()),
                    Map.entry("JMSPriority", MessageFields::priority),
                    Map.entry(
                            "JMSDeliveryMode",
                            m -> m.header().durable() ? "PERSISTENT" : "NON_PERSISTENT"),
                    Map.entry("JMSRedelivered", m -> m.header().deliveryCount() > 0),
                    Map.entry("JMSDeliveryTime", m -> m.annotations().get("x-opt-delivery-time")),
                    Map.entry("JMSXGroupID", m -> m.properties().groupId()),
                    Map.entry("JMSXGroupSeq", m -> m.properties().groupSequence()),
                    Map.entry("JMSXUserID", m -> user(m.properties())),
                    Map.entry("JMSXDeliveryCount", m -> m.header().deliveryCount() + 1));

    private MessageFields() {}

    static Function<Sections, @Nullable Object> named(String name) {
        Function<Sections, @Nullable Object> jms = JMS.get(name);
        if (jms != null) {
            return jms;
        }
        int dot = name.indexOf('.');
        if (dot > 0) {
            String field = name.substring(dot + 1);
            switch (name.substring(0, dot)) {
                case "h", "header" -> {
                    Function<Sections, @Nullable Object> found = header(field);
                    if (found != null) {
                        return found;
                    }
                }
                case "p", "properties" -> {
                    Function<Sections, @Nullable Object> found = property(field.replace('_', '-'));
                    if (found != null) {
                        return found;
                    }
                }
                case "a", "application_properties" -> {
                    return m ->
                            m.applicationProperties().containsKey(name)
                                    ? m.applicationProperties().get(name)
                                    : m.applicationProperties().get(field);
                }
                default -> {}
            }
        }
        return m -> m.applicationProperties().get(name);
    }

    private static @Nullable Function<Sections, @Nullable Object> header(String field) {
        return switch (field) {
            case "priority" -> MessageFields::priority;
            case "durable" -> m -> m.header().durable();
            case "delivery_count" -> m -> m.header().deliveryCount();
            default -> null;
        };
    }

    /** Of the properties section, by its name in AMQP; null when there is no such field. */
    static @Nullable Function<Sections, @Nullable Object> property(String field) {
        return switch (field) {
            case "message-id" -> m -> m.properties().messageId();
            case "user-id" -> m -> m.properties().userId();
            case "to" -> m -> m.properties().to();
            case "subject" -> m -> m.properties().subject();
            case "reply-to" -> m -> m.properties().replyTo();
            case "correlation-id" -> m -> m.properties().correlationId();
            case "content-type" -> m -> m.properties().contentType();
            case "content-encoding" -> m -> m.properties().contentEncoding();
            case "absolute-expiry-time" -> m -> m.properties().absoluteExpiryTime();
            case "creation-time" -> m -> m.properties().creationTime();
            case "group-id" -> m -> m.properties().groupId();
            case "group-sequence" -> m -> m.properties().groupSequence();
            case "reply-to-group-id" -> m -> m.properties().replyToGroupId();
            default -> null;
        };
    }

    private static Object priority(Sections message) {
        int priority = message.header().priority();
        return priority < 0 ? NORMAL : (long) priority;
    }

    private static Object expiry(Properties properties) {
        return properties.absoluteExpiryTime() == null
                ? (Object) 0L
                : properties.absoluteExpiryTime();
    }

    private static @Nullable String user(Properties properties) {
        byte[] user = properties.userId();
        return user == null ? null : new String(user, StandardCharsets.UTF_8);
    }

    /** As JMS clients show identifiers that are no text. */
    private static @Nullable String id(@Nullable Object id, boolean message) {
        return switch (id) {
            case String text when !message || text.startsWith("ID:") -> text;
            case String text -> "ID:AMQP_NO_PREFIX:" + text;
            case UUID uuid -> "ID:AMQP_UUID:" + uuid;
            case Unsigned number -> "ID:AMQP_ULONG:" + number;
            case byte[] bytes ->
                    "ID:AMQP_BINARY:" + HexFormat.of().withUpperCase().formatHex(bytes);
            case null, default -> null;
        };
    }
}
