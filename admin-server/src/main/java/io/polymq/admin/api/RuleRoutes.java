package io.polymq.admin.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.security.BrokerSecurity;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security;
import io.polymq.core.security.rules.Rule;
import io.polymq.core.security.rules.RuleCodec;
import io.polymq.core.security.users.User;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Access rules, and why something is allowed or denied. */
final class RuleRoutes {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String WORDS =
            "effect (allow, deny), users, groups, clients, addresses, tenants, actions, kinds, match"
                    + " (any, exact, prefix, filter, mqtt, amqp, regex), name, within, note";

    private final BrokerSecurity security;

    RuleRoutes(BrokerSecurity security) {
        this.security = security;
    }

    List<AdminRoute> routes() {
        return List.of(
                AdminRoute.list("/rules", "All access rules", this::list),
                AdminRoute.post("/rules", "Adds a rule", WORDS, this::add),
                AdminRoute.get("/rules/{id}", "One rule", this::find),
                AdminRoute.put("/rules/{id}", "Adds or replaces a rule", WORDS, this::put),
                AdminRoute.delete("/rules/{id}", "Deletes a rule", this::delete),
                AdminRoute.get("/why", "Why somebody may or may not do something", this::why)
                        .asking("user", "who; anonymous without")
                        .asking("tenant", "where, if not in the user's own")
                        .asking("client_id", "what the client calls itself")
                        .asking("address", "where it comes from; 127.0.0.1 without")
                        .asking("protocol", "what it speaks")
                        .asking("action", "read, write, create, delete, alter, describe, ...")
                        .asking("kind", "subject, topic, queue, exchange, group, ...")
                        .asking("name", "of the resource, in dotted spelling")
                        .asking("within", "of a routing key the exchange, of a subject the group"));
    }

    private Object list(AdminCall call) {
        return call.page(security.rules().all(), Rule::toString, RuleRoutes::shown);
    }

    private static JsonNode shown(Rule rule) {
        try {
            ObjectNode node = (ObjectNode) JSON.readTree(RuleCodec.encode(rule));
            node.put("id", rule.id());
            node.put("words", rule.toString());
            return node;
        } catch (IOException impossible) {
            throw new IllegalStateException("a rule that was written cannot be read", impossible);
        }
    }

    private Object find(AdminCall call) {
        Rule rule = security.rules().find(call.segment("id"));
        if (rule == null) {
            throw none(call);
        }
        return shown(rule);
    }

    private Object add(AdminCall call) throws Exception {
        return put(call, security.rules().newId());
    }

    private Object put(AdminCall call) throws Exception {
        return put(call, call.segment("id"));
    }

    private Object put(AdminCall call, String id) throws Exception {
        Rule rule = RuleCodec.decode(id, bytes(call.json()));
        AdminCall.await(security.rules().put(List.of(rule)));
        return shown(rule);
    }

    private static byte[] bytes(JsonNode json) {
        try {
            return JSON.writeValueAsBytes(json);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("JSON that was read cannot be written", impossible);
        }
    }

    private @Nullable Object delete(AdminCall call) throws Exception {
        String id = call.segment("id");
        if (AdminCall.await(security.rules().delete(rule -> rule.id().equals(id))).isEmpty()) {
            throw none(call);
        }
        return null;
    }

    private Object why(AdminCall call) {
        Principal who = principal(call.asked("user", Principal.ANONYMOUS.user()));
        String tenant = call.asked("tenant");
        if (tenant != null) {
            who = who.inTenant(tenant);
        }
        Credentials.Peer peer =
                new Credentials.Peer(
                        call.asked("protocol", "mqtt"),
                        new InetSocketAddress(call.asked("address", "127.0.0.1"), 0),
                        call.asked("client_id", ""),
                        null);
        Security.Resource resource =
                new Security.Resource(
                        value(Security.Resource.Kind.class, call.asked("kind", "subject")),
                        call.asked("name", ""),
                        call.asked("within", ""));
        Security.Action action = value(Security.Action.class, call.asked("action", "read"));
        Security.Decision decision = security.why(who, peer, action, resource);
        return Map.of(
                "allowed", decision.allowed(),
                "because", decision.rule(),
                "by_rule", decision.byRule(),
                "user", who.user(),
                "tenant", who.tenant());
    }

    private Principal principal(String name) {
        User user = security.users().find(name);
        if (user != null) {
            return user.principal();
        }
        return name.equals(Principal.ANONYMOUS.user())
                ? Principal.ANONYMOUS
                : new Principal(name, Principal.DEFAULT_TENANT, Set.of(), Map.of(), false);
    }

    private static <T extends Enum<T>> T value(Class<T> type, String text) {
        try {
            return Enum.valueOf(type, text.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException unknown) {
            throw AdminRefusal.badRequest(
                    "'" + text + "' is no " + type.getSimpleName().toLowerCase(Locale.ROOT) + ".");
        }
    }

    private static AdminRefusal none(AdminCall call) {
        return AdminRefusal.notFound("There is no rule " + call.segment("id") + ".");
    }
}
