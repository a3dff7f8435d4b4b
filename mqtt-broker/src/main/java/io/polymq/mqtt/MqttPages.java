package io.polymq.mqtt;

import com.fasterxml.jackson.databind.JsonNode;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminPages;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.admin.AdminRoutes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Sessions, traces of packets, and the rules of the configuration on the admin port. Virtual
 * threads; what is read of sessions are hints.
 */
final class MqttPages {

    private final MqttShared shared;

    MqttPages(MqttShared shared) {
        this.shared = shared;
    }

    List<AdminPages> pages() {
        return List.of(
                new AdminRoutes(
                        "/api/v1/sessions",
                        "Sessions of MQTT",
                        List.of(
                                AdminRoute.list("", "Sessions of a tenant", this::sessions),
                                AdminRoute.get("/{client}", "One session", this::session)
                                        .asking("tenant", "its name space"),
                                AdminRoute.delete(
                                                "/{client}",
                                                "Ends the session's connection",
                                                this::disconnect)
                                        .asking("tenant", "its name space"))),
                new AdminRoutes(
                        "/api/v1/traces",
                        "Traces of MQTT packets",
                        List.of(
                                AdminRoute.get("", "The rules that hold", call -> rules()),
                                AdminRoute.put(
                                        "",
                                        "From now on these rules hold and no others",
                                        "`rules`: texts such as `client ID`, `topic FILTER`,"
                                                + " `address IP`",
                                        this::trace))),
                new AdminRoutes(
                        "/api/v1/mqtt-rules",
                        "What MQTT does to topics and subscriptions by itself",
                        List.of(
                                AdminRoute.get(
                                        "",
                                        "How topics are rewritten, what every client is subscribed"
                                                + " to",
                                        call -> automatic()))));
    }

    private Object sessions(AdminCall call) {
        List<Session> own = new ArrayList<>();
        for (Session session : shared.sessions().all()) {
            if (session.key().tenant().equals(call.tenant())) {
                own.add(session);
            }
        }
        own.sort(Comparator.comparing(session -> session.key().clientId()));
        return call.page(own, session -> session.key().clientId(), MqttPages::about);
    }

    private static Map<String, Object> about(Session session) {
        Map<String, Object> about = new LinkedHashMap<>();
        about.put("client_id", session.key().clientId());
        about.put("user", session.principal().user());
        about.put("connected", session.isConnected());
        about.put("address", String.valueOf(session.peer().address()));
        about.put("expiry_seconds", session.expirySeconds());
        about.put("waiting", session.inFlight());
        return about;
    }

    private Object session(AdminCall call) {
        return shared.sessions()
                .find(key(call))
                .map(MqttPages::about)
                .orElseThrow(() -> missing(call));
    }

    private @Nullable Object disconnect(AdminCall call) {
        if (!shared.sessions().kick(key(call), "an administrator ended it")) {
            throw missing(call);
        }
        return null;
    }

    private static SessionKey key(AdminCall call) {
        return new SessionKey(call.tenant(), call.segment("client"));
    }

    private static AdminRefusal missing(AdminCall call) {
        return AdminRefusal.notFound("There is no session of " + call.segment("client") + ".");
    }

    private Object rules() {
        return Map.of("rules", shared.trace().written());
    }

    private Object trace(AdminCall call) {
        JsonNode wanted = call.json().path("rules");
        if (!wanted.isArray()) {
            throw AdminRefusal.badRequest("rules is a list of texts.");
        }
        List<String> rules = new ArrayList<>();
        wanted.forEach(rule -> rules.add(rule.asText()));
        shared.trace().rules(rules);
        return rules();
    }

    private Object automatic() {
        return Map.of(
                "rewrite", shared.settings().rewrite(),
                "auto_subscribe", shared.settings().autoSubscribe());
    }
}
