package io.polymq.mqtt;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.codec.mqtt.Properties;
import java.nio.charset.StandardCharsets;

/**
 * Tells of clients below {@code $SYS/brokers/polymq/clients/ID/}: connected, disconnected,
 * subscribed, unsubscribed, each with a JSON object. Any thread; published in the background's
 * zone.
 */
final class ClientEvents {

    private final MqttShared shared;
    private final boolean enabled;

    ClientEvents(MqttShared shared, boolean enabled) {
        this.shared = shared;
        this.enabled = enabled;
    }

    void connected(Session session, String protocol) {
        if (enabled) {
            tell(session, "connected", about(session).put("proto_ver", protocol));
        }
    }

    void disconnected(Session session, String reason) {
        if (enabled) {
            tell(session, "disconnected", about(session).put("reason", reason));
        }
    }

    void subscribed(Session session, String filter) {
        shared.tellSubscribed(session, filter, true);
        if (enabled) {
            tell(session, "subscribed", about(session).put("topic", filter));
        }
    }

    void unsubscribed(Session session, String filter) {
        shared.tellSubscribed(session, filter, false);
        if (enabled) {
            tell(session, "unsubscribed", about(session).put("topic", filter));
        }
    }

    private ObjectNode about(Session session) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("clientid", session.key().clientId())
                .put("username", session.principal().user())
                .put("ipaddress", String.valueOf(session.peer().address()))
                .put("ts", shared.clock().millis());
    }

    private void tell(Session session, String event, ObjectNode details) {
        String topic =
                "$SYS/brokers/polymq/clients/"
                        + Placeholders.safe(session.key().clientId())
                        + '/'
                        + event;
        Publication publication =
                Publication.of(
                        topic,
                        details.toString().getBytes(StandardCharsets.UTF_8),
                        0,
                        false,
                        Properties.NONE,
                        shared.clock().millis());
        shared.background().run(() -> shared.publish(session.key().tenant(), publication));
    }
}
