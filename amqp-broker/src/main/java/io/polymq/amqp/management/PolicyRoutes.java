package io.polymq.amqp.management;

import com.fasterxml.jackson.databind.JsonNode;
import io.polymq.amqp.model.Policies;
import io.polymq.amqp.model.Policy;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code /policies}, {@code /operator-policies}, {@code /parameters}, {@code /global-parameters}.
 */
final class PolicyRoutes {

    private final ManagementParams params;

    PolicyRoutes(ManagementParams params) {
        this.params = params;
    }

    List<AdminRoute> all() {
        List<AdminRoute> routes = new ArrayList<>();
        routes.addAll(policies("/policies", "Policies", false));
        routes.addAll(policies("/operator-policies", "Operator policies", true));
        routes.add(AdminRoute.get("/parameters", "Parameters: limits of hosts", this::parameters));
        routes.add(
                AdminRoute.get(
                        "/parameters/{component}",
                        "Parameters of a component",
                        call -> ofComponent(call, new Asker(params, call).hosts())));
        routes.add(
                AdminRoute.get(
                        "/parameters/{component}/{vhost}",
                        "Parameters of a component in a host",
                        call -> ofComponent(call, List.of(new Asker(params, call).host()))));
        routes.add(
                AdminRoute.put(
                        "/parameters/{component}/{vhost}/{name}",
                        "Refused: no component takes parameters",
                        "value",
                        PolicyRoutes::noComponent));
        routes.add(
                AdminRoute.get(
                        "/global-parameters",
                        "Parameters of the whole broker",
                        call -> globals().entrySet().stream().map(PolicyRoutes::global).toList()));
        routes.add(
                AdminRoute.get("/global-parameters/{name}", "A parameter", this::globalParameter));
        routes.add(
                AdminRoute.put(
                        "/global-parameters/{name}", "Set a parameter", "value", this::putGlobal));
        routes.add(
                AdminRoute.delete(
                        "/global-parameters/{name}", "Unset a parameter", this::deleteGlobal));
        return routes;
    }

    private List<AdminRoute> policies(String path, String title, boolean operator) {
        String one = path + "/{vhost}/{name}";
        return List.of(
                AdminRoute.get(
                        path, title, call -> list(call, new Asker(params, call).hosts(), operator)),
                AdminRoute.get(
                        path + "/{vhost}",
                        title + " of a host",
                        call -> list(call, List.of(new Asker(params, call).host()), operator)),
                AdminRoute.get(one, "A policy", call -> show(call, operator)),
                AdminRoute.put(
                        one,
                        "Make or change a policy",
                        "pattern, definition, priority, apply-to",
                        call -> put(call, operator)),
                AdminRoute.delete(one, "Delete a policy", call -> delete(call, operator)));
    }

    private static Collection<Policy> of(VirtualHost host, boolean operator) {
        Policies policies = host.policies();
        return operator ? policies.ofOperator() : policies.all();
    }

    private static Object list(AdminCall call, List<VirtualHost> hosts, boolean operator)
            throws Exception {
        return new Listing(call)
                .of(
                        hosts.stream()
                                .flatMap(
                                        host ->
                                                of(host, operator).stream()
                                                        .map(policy -> Rows.policy(host, policy)))
                                .toList());
    }

    private @Nullable Policy find(VirtualHost host, String name, boolean operator) {
        return of(host, operator).stream()
                .filter(policy -> policy.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    private Object show(AdminCall call, boolean operator) {
        VirtualHost host = new Asker(params, call).host();
        Policy found = find(host, call.segment("name"), operator);
        if (found == null) {
            throw Replies.notFound();
        }
        return Rows.policy(host, found);
    }

    private Asker maker(AdminCall call, boolean operator) {
        Asker asker = new Asker(params, call);
        if (operator) {
            asker.administrates();
        } else {
            asker.makesPolicies();
        }
        return asker;
    }

    private @Nullable Object put(AdminCall call, boolean operator) throws Exception {
        Asker asker = maker(call, operator);
        VirtualHost host = asker.host();
        String name = call.segment("name");
        JsonNode body = asker.body();
        Map<String, Object> definition = new LinkedHashMap<>();
        Fields.table(body.path("definition"))
                .forEach(
                        (key, value) -> {
                            if (value != null) {
                                definition.put(key, value);
                            }
                        });
        if (definition.isEmpty()) {
            throw AdminRefusal.badRequest("Validation failed\n\nno policy provided\n");
        }
        Policy policy =
                Policy.of(
                        name,
                        Fields.text(body, "pattern"),
                        Policy.ApplyTo.of(body.path("apply-to").asText("all")),
                        body.path("priority").asInt(),
                        definition);
        boolean there = find(host, name, operator) != null;
        AdminCall.await(host.policies().put(policy, operator));
        return Replies.put(there);
    }

    private @Nullable Object delete(AdminCall call, boolean operator) throws Exception {
        VirtualHost host = maker(call, operator).host();
        return Replies.gone(
                AdminCall.await(host.policies().delete(call.segment("name"), operator)));
    }

    // Parameters.

    private static List<Map<String, Object>> parametersOf(List<VirtualHost> hosts) {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Map<String, Object> limits : HostRoutes.limitRows(hosts)) {
            Map<String, Object> row = new LinkedHashMap<>(limits);
            row.put("component", "vhost-limits");
            row.put("name", "limits");
            rows.add(row);
        }
        return rows;
    }

    private Object parameters(AdminCall call) {
        Asker asker = new Asker(params, call);
        asker.makesPolicies();
        return parametersOf(asker.hosts());
    }

    private Object ofComponent(AdminCall call, List<VirtualHost> hosts) {
        new Asker(params, call).makesPolicies();
        return parametersOf(hosts).stream()
                .filter(row -> call.segment("component").equals(row.get("component")))
                .toList();
    }

    private static Object noComponent(AdminCall call) {
        throw AdminRefusal.badRequest(
                "Validation failed\n\ncomponent " + call.segment("component") + " not found\n");
    }

    private Map<String, JsonNode> globals() {
        return params.hosts().globalParameters().all();
    }

    private static Map<String, Object> global(Map.Entry<String, JsonNode> one) {
        return Map.of("name", one.getKey(), "value", one.getValue());
    }

    private Object globalParameter(AdminCall call) {
        JsonNode value = globals().get(call.segment("name"));
        if (value == null) {
            throw Replies.notFound();
        }
        return Map.of("name", call.segment("name"), "value", value);
    }

    private @Nullable Object putGlobal(AdminCall call) throws Exception {
        Asker asker = new Asker(params, call);
        asker.administrates();
        JsonNode value = asker.body().path("value");
        if (value.isMissingNode()) {
            throw AdminRefusal.badRequest("[{key_missing,value}]");
        }
        boolean there = globals().containsKey(call.segment("name"));
        AdminCall.await(params.hosts().globalParameters().put(call.segment("name"), value));
        return Replies.put(there);
    }

    private @Nullable Object deleteGlobal(AdminCall call) throws Exception {
        new Asker(params, call).administrates();
        return Replies.gone(
                AdminCall.await(params.hosts().globalParameters().delete(call.segment("name"))));
    }
}
