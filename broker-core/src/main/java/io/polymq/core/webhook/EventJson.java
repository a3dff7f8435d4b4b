package io.polymq.core.webhook;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.service.BrokerEvent;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Events as JSON. Stateless. */
final class EventJson {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private EventJson() {}

    /** The name by which events of that kind are chosen and told apart. */
    static String type(BrokerEvent event) {
        return switch (event) {
            case BrokerEvent.Connected yes -> "connected";
            case BrokerEvent.Disconnected gone -> "disconnected";
            case BrokerEvent.Subscribed made -> "subscribed";
            case BrokerEvent.Unsubscribed ended -> "unsubscribed";
            case BrokerEvent.LoginFailed refused -> "login_failed";
            case BrokerEvent.SessionExpired expired -> "session_expired";
            case BrokerEvent.TopicCreated created -> "topic_created";
            case BrokerEvent.TopicDeleted deleted -> "topic_deleted";
            case BrokerEvent.QueueCreated created -> "queue_created";
            case BrokerEvent.QueueDeleted deleted -> "queue_deleted";
            case BrokerEvent.SlowConsumer slow -> "slow_consumer";
            case BrokerEvent.QuotaExceeded exceeded -> "quota_exceeded";
        };
    }

    /** A batch: {@code {"node": NAME, "events": [{"type": TYPE, "at": MILLISECONDS, ...}]}}. */
    static byte[] batch(String node, List<BrokerEvent> events) {
        ObjectNode root = MAPPER.createObjectNode().put("node", node);
        ArrayNode array = root.putArray("events");
        for (BrokerEvent event : events) {
            ObjectNode one = array.addObject().put("type", type(event));
            one.setAll(MAPPER.<ObjectNode>valueToTree(event));
        }
        return root.toString().getBytes(StandardCharsets.UTF_8);
    }
}
