package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.OneOf;
import io.polymq.config.schema.Within;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code [[mqtt_runtime.listeners]]}: a further way in, with settings of its own. */
@Doc(
        "A further listener of MQTT, with settings of its own. The ports of `mqtt_runtime` have none of"
                + " them.")
public record MqttListenerConfig(
        @Doc(value = "Its port; 0 lets the system pick.", example = "1884")
                @Within(min = 0, max = 65_535)
                int port,
        @Doc("What is spoken on it.")
                @OneOf({"tcp", "tls", "websocket", "websockets", "quic"})
                @Default("tcp")
                String transport,
        @Doc("Addresses to listen on; empty: those of `mqtt_runtime`.") List<String> bind,
        @Doc(
                        "Stands in front of all topics and filters of its clients, which do not see it,"
                                + " and ends in a slash; rules see it.")
                @Default("")
                String mountPoint,
        @Doc(
                        "Whether clients without a login are refused here, whatever [auth] says. A name"
                                + " that `auth.believe_names` believes is no login.")
                @Default("false")
                boolean loginRequired,
        @Doc("The tenant of its clients whose user has none of its own; empty: the default one.")
                @Default("")
                String tenant,
        @Doc(
                        value =
                                "Groups that its clients are in besides their own, so that rules can be"
                                        + " of this listener alone.",
                        example = "[\"inside\"]")
                List<String> groups,
        @Doc(
                        "Whoever logs in here has to be in one of these groups; none: anybody who may"
                                + " log in at all. Clients without a login are `login_required`'s affair.")
                List<String> userGroups) {

    public MqttListenerConfig {
        bind = List.copyOf(bind);
        groups = List.copyOf(groups);
        userGroups = List.copyOf(userGroups);
        boolean isName = mountPoint.indexOf('+') < 0 && mountPoint.indexOf('#') < 0;
        if (!mountPoint.isEmpty()
                && (!isName || mountPoint.startsWith("$") || !mountPoint.endsWith("/"))) {
            throw new IllegalArgumentException(
                    "has mount_point = \""
                            + mountPoint
                            + "\", which has to be a topic that ends in a slash and does not begin"
                            + " with $");
        }
    }

    /** Its port alone. */
    public TransportPorts ports() {
        return new TransportPorts(
                on("tcp"), on("tls"), on("websocket"), on("websockets"), on("quic"));
    }

    private @Nullable Integer on(String kind) {
        return transport.equals(kind) ? Integer.valueOf(port) : null;
    }
}
