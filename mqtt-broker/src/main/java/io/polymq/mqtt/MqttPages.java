package io.polymq.mqtt;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polymq.core.admin.AdminAnswer;
import io.polymq.core.admin.AdminPages;
import io.polymq.core.admin.AdminRequest;
import io.polymq.core.security.Principal;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * MQTT on the admin port: {@code /mqtt/sessions}, {@code /mqtt/slow_subscribers}, {@code
 * /mqtt/traces}. Any thread; what it reads of sessions are hints.
 */
final class MqttPages implements AdminPages {

    private static final int LISTED = 1_000;
    private static final String SESSIONS = "/sessions";

    private final MqttShared shared;
    private final ObjectMapper json = new ObjectMapper();

    MqttPages(MqttShared shared) {
        this.shared = shared;
    }

    @Override
    public String path() {
        return "/mqtt";
    }

    @Override
    public AdminAnswer answer(AdminRequest request) throws IOException {
        String below = request.below();
        String asked = request.method() + ' ' + below;
        return switch (asked) {
            case "GET " + SESSIONS -> sessions(request);
            case "GET /slow_subscribers" -> AdminAnswer.json(200, shared.slow().slowest(LISTED));
            case "GET /traces" -> AdminAnswer.json(200, shared.trace().written());
            case "PUT /traces" -> trace(request);
            default ->
                    below.startsWith(SESSIONS + '/')
                            ? session(request, below.substring(SESSIONS.length() + 1))
                            : AdminAnswer.error(404, "There is nothing at " + request.path() + ".");
        };
    }

    private AdminAnswer sessions(AdminRequest request) {
        String tenant = request.query().getOrDefault("tenant", Principal.DEFAULT_TENANT);
        String prefix = request.query().getOrDefault("prefix", "");
        return AdminAnswer.json(
                200,
                shared.sessions().all().stream()
                        .filter(session -> session.key().tenant().equals(tenant))
                        .filter(session -> session.key().clientId().startsWith(prefix))
                        .limit(LISTED)
                        .map(MqttPages::about)
                        .toList());
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

    /** One session: its facts, or the end of its connection. */
    private AdminAnswer session(AdminRequest request, String encodedId) {
        String tenant = request.query().getOrDefault("tenant", Principal.DEFAULT_TENANT);
        String id = URLDecoder.decode(encodedId, StandardCharsets.UTF_8);
        SessionKey key = new SessionKey(tenant, id);
        return switch (request.method()) {
            case "GET" ->
                    shared.sessions()
                            .find(key)
                            .map(session -> AdminAnswer.json(200, about(session)))
                            .orElseGet(() -> AdminAnswer.error(404, "There is no such session."));
            case "DELETE" ->
                    shared.sessions().kick(key, "an administrator ended it")
                            ? AdminAnswer.done()
                            : AdminAnswer.error(404, "There is no such session.");
            default -> AdminAnswer.error(405, "GET or DELETE.").with("Allow", "GET, DELETE");
        };
    }

    private AdminAnswer trace(AdminRequest request) throws IOException {
        try {
            shared.trace()
                    .rules(json.readValue(request.body(), new TypeReference<List<String>>() {}));
            return AdminAnswer.json(200, shared.trace().written());
        } catch (JsonProcessingException e) {
            return AdminAnswer.error(400, "The body is a list of rules, as texts.");
        } catch (IllegalArgumentException e) {
            return AdminAnswer.error(400, String.valueOf(e.getMessage()));
        }
    }
}
