package io.polymq.amqp.management;

import com.fasterxml.jackson.databind.JsonNode;
import io.polymq.amqp.model.AmqpQueue;
import io.polymq.amqp.model.Envelope;
import io.polymq.amqp.model.Exchange;
import io.polymq.amqp.model.ExchangeType;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.codec.amqp.AmqpException;
import io.polymq.codec.amqp.BasicProperties;
import io.polymq.codec.amqp.FieldTable;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.queue.QueuedMessage;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Publishing to an exchange and looking into a queue, for people and tools; not for applications.
 */
final class MessageRoutes {

    private static final int MOST = 1_000;

    private final ManagementParams params;
    private final Messages messages;

    MessageRoutes(ManagementParams params) {
        this.params = params;
        this.messages = new Messages(params);
    }

    List<AdminRoute> all() {
        return List.of(
                AdminRoute.post(
                        "/exchanges/{vhost}/{name}/publish",
                        "Publish a message",
                        "routing_key, payload, payload_encoding, properties",
                        this::publish),
                AdminRoute.post(
                        "/queues/{vhost}/{name}/get",
                        "Take or look at messages",
                        "count, ackmode, encoding, truncate",
                        this::get));
    }

    private Object publish(AdminCall call) throws Exception {
        Asker asker = new Asker(params, call);
        VirtualHost host = asker.host();
        String name = call.segment("name");
        Exchange exchange = host.exchange(name.equals("amq.default") ? "" : name);
        if (exchange == null) {
            throw Replies.notFound();
        }
        JsonNode body = asker.body();
        String key = Fields.text(body, "routing_key");
        asker.rights(host)
                .publish(exchange.name(), key, exchange.spec().type() == ExchangeType.TOPIC);
        String payload = Fields.text(body, "payload");
        byte[] bytes =
                switch (body.path("payload_encoding").asText("string")) {
                    case "string", "auto" -> payload.getBytes(StandardCharsets.UTF_8);
                    case "base64" -> Base64.getDecoder().decode(payload);
                    default -> throw AdminRefusal.badRequest("unsupported_encoding");
                };
        boolean routed =
                messages.publish(exchange, key, properties(body.path("properties")), bytes);
        return Map.of("routed", routed);
    }

    private static BasicProperties properties(JsonNode given) {
        Map<String, @Nullable Object> headers = Fields.table(given.path("headers"));
        return new BasicProperties(
                text(given, "content_type"),
                text(given, "content_encoding"),
                headers.isEmpty() ? null : FieldTable.of(headers),
                number(given, "delivery_mode"),
                number(given, "priority"),
                text(given, "correlation_id"),
                text(given, "reply_to"),
                text(given, "expiration"),
                text(given, "message_id"),
                given.has("timestamp") ? given.path("timestamp").asLong() : null,
                text(given, "type"),
                text(given, "user_id"),
                text(given, "app_id"),
                text(given, "cluster_id"));
    }

    private static @Nullable String text(JsonNode given, String name) {
        return given.has(name) ? given.path(name).asText() : null;
    }

    private static @Nullable Integer number(JsonNode given, String name) {
        return given.has(name) ? given.path(name).asInt() & 0xFF : null;
    }

    // Getting.

    private Object get(AdminCall call) throws Exception {
        Asker asker = new Asker(params, call);
        VirtualHost host = asker.host();
        AmqpQueue queue = QueueRoutes.find(host, call);
        asker.rights(host).readQueue(queue.name());
        if (queue.isStream()) {
            throw AdminRefusal.badRequest("basic.get not supported by stream queues");
        }
        JsonNode body = asker.body();
        Messages.After then =
                switch (body.path("ackmode").asText(requeueOf(body))) {
                    case "ack_requeue_true", "reject_requeue_true" -> Messages.After.REQUEUE;
                    case "ack_requeue_false" -> Messages.After.DROP;
                    case "reject_requeue_false" -> Messages.After.REJECT;
                    default -> throw AdminRefusal.badRequest("unknown ackmode");
                };
        String encoding = body.path("encoding").asText("auto");
        int truncate = body.path("truncate").asInt(Integer.MAX_VALUE);
        int count = Math.clamp(body.path("count").asInt(1), 0, MOST);
        long left = AdminCall.await(queue.statistics()).ready();
        List<Map<String, @Nullable Object>> rows = new ArrayList<>();
        for (QueuedMessage one : messages.take(queue, count, then)) {
            Map<String, @Nullable Object> row = row(one.message(), encoding, truncate);
            row.put("redelivered", one.redelivered());
            row.put("message_count", Math.max(0, left - rows.size() - 1));
            rows.add(row);
        }
        return rows;
    }

    /** As it was asked before there was an ackmode. */
    private static String requeueOf(JsonNode body) {
        return Fields.flag(body, "requeue", true) ? "ack_requeue_true" : "ack_requeue_false";
    }

    private Map<String, @Nullable Object> row(KeptMessage kept, String encoding, int truncate) {
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        byte[] payload = kept.payload();
        Message message = kept.lendTo(new Message());
        Envelope envelope = Envelope.of(message);
        row.put("payload_bytes", payload.length);
        row.put("exchange", envelope == null ? "amq.topic" : envelope.exchange());
        row.put(
                "routing_key",
                envelope == null ? message.subject().toString() : envelope.routingKey());
        row.put("properties", properties(message, envelope));
        byte[] shown = payload.length > truncate ? Arrays.copyOf(payload, truncate) : payload;
        String text = encoding.equals("base64") ? null : text(shown);
        row.put("payload", text == null ? Base64.getEncoder().encodeToString(shown) : text);
        row.put("payload_encoding", text == null ? "base64" : "string");
        return row;
    }

    private static @Nullable String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException noText) {
            return null;
        }
    }

    private Map<String, @Nullable Object> properties(Message message, @Nullable Envelope envelope) {
        byte[] own =
                envelope != null && envelope.codec() == params.codec()
                        ? Arrays.copyOfRange(
                                envelope.bytes(),
                                envelope.ownOffset(),
                                envelope.ownOffset() + envelope.ownLength())
                        : params.codec().format().write(message.properties());
        BasicProperties basic;
        try {
            basic = BasicProperties.decode(own, 0, own.length);
        } catch (AmqpException unreadable) {
            basic = BasicProperties.NONE;
        }
        Map<String, @Nullable Object> shown = new LinkedHashMap<>();
        put(shown, "content_type", basic.contentType());
        put(shown, "content_encoding", basic.contentEncoding());
        put(shown, "delivery_mode", basic.deliveryMode());
        put(shown, "priority", basic.priority());
        put(shown, "correlation_id", basic.correlationId());
        put(shown, "reply_to", basic.replyTo());
        put(shown, "expiration", basic.expiration());
        put(shown, "message_id", basic.messageId());
        put(shown, "timestamp", basic.timestamp());
        put(shown, "type", basic.type());
        put(shown, "user_id", basic.userId());
        put(shown, "app_id", basic.appId());
        put(shown, "cluster_id", basic.clusterId());
        Map<String, @Nullable Object> headers = new LinkedHashMap<>();
        FieldTable table = basic.headers();
        if (table != null) {
            headers.putAll(table.entries());
        }
        if (envelope != null) {
            headers.putAll(envelope.annotations());
        }
        if (!headers.isEmpty()) {
            shown.put("headers", Rows.plain(headers));
        }
        return shown;
    }

    private static void put(
            Map<String, @Nullable Object> into, String name, @Nullable Object value) {
        if (value != null) {
            into.put(name, value);
        }
    }
}
