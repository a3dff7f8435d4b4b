package io.polymq.admin.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.local.LocalClient;
import io.polymq.core.local.Outgoing;
import io.polymq.core.local.Published;
import io.polymq.core.message.Message;
import io.polymq.core.message.MessageProperties;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Publishes by hand, in any protocol's spelling of a subject. */
final class PublishRoutes {
    private final ApiParams params;
    private final Map<String, LocalClient> clients = new ConcurrentHashMap<>();

    PublishRoutes(ApiParams params) {
        this.params = params;
    }

    List<AdminRoute> routes() {
        return List.of(
                AdminRoute.post(
                                "/publish",
                                "Publishes a message, to whoever wants it",
                                "subject, spelling (dotted, mqtt), payload or payload_base64,"
                                        + " content_type, reply_to, message_id, priority, ttl_ms,"
                                        + " headers, retain",
                                this::publish)
                        .asking("tenant", "its name space"));
    }

    /** What to publish. */
    record Order(
            String subject,
            @Nullable String spelling,
            @Nullable String payload,
            @JsonProperty("payload_base64") @Nullable String payloadBase64,
            @JsonProperty("content_type") @Nullable String contentType,
            @JsonProperty("reply_to") @Nullable String replyTo,
            @JsonProperty("message_id") @Nullable String messageId,
            @Nullable Integer priority,
            @JsonProperty("ttl_ms") @Nullable Long ttlMillis,
            @Nullable Map<String, String> headers,
            @Nullable Boolean retain) {

        byte[] bytes() {
            if (payloadBase64 != null) {
                return Base64.getDecoder().decode(payloadBase64);
            }
            return (payload == null ? "" : payload).getBytes(StandardCharsets.UTF_8);
        }

        MessageProperties properties(long now) {
            List<MessageProperties.Header> list = new ArrayList<>();
            if (headers != null) {
                headers.forEach(
                        (name, value) ->
                                list.add(
                                        new MessageProperties.Header(
                                                name, value.getBytes(StandardCharsets.UTF_8))));
            }
            return new MessageProperties(
                    contentType,
                    null,
                    replyTo,
                    messageId,
                    now,
                    ttlMillis == null ? -1 : now + ttlMillis,
                    priority == null ? -1 : priority,
                    true,
                    list);
        }
    }

    private Object publish(AdminCall call) throws Exception {
        Order order = call.json(Order.class);
        if (order.subject() == null || order.subject().isEmpty()) {
            throw AdminRefusal.badRequest("A message is published to a subject.");
        }
        Subject subject = subject(order);
        long now = params.clock().millis();
        Outgoing outgoing = new Outgoing(subject.toString(), order.bytes(), order.properties(now));
        String tenant = call.tenant();
        LocalClient client =
                clients.computeIfAbsent(
                        tenant,
                        name ->
                                new LocalClient(
                                        new LocalClient.Params(
                                                params.router(),
                                                params.topics(),
                                                params.queues(),
                                                params.records()),
                                        name));
        Published published = AdminCall.await(client.publish(outgoing));
        if (Boolean.TRUE.equals(order.retain())) {
            byte[] payload = order.bytes();
            params.retained()
                    .put(
                            tenant,
                            new Message()
                                    .begin(subject, payload, 0, payload.length)
                                    .properties(outgoing.properties())
                                    .keep(),
                            null);
        }
        return Map.of("takers", published.takers(), "kept", published.places());
    }

    private static Subject subject(Order order) {
        Dialect dialect = "mqtt".equals(order.spelling()) ? Dialect.MQTT : Dialect.NATS;
        try {
            return dialect.subject(order.subject());
        } catch (InvalidSubjectException malformed) {
            throw AdminRefusal.badRequest(
                    "'" + order.subject() + "' is no subject: " + malformed.reason());
        }
    }
}
