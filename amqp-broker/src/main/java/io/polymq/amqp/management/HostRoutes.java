package io.polymq.amqp.management;

import com.fasterxml.jackson.databind.JsonNode;
import io.polymq.amqp.model.HostLimits;
import io.polymq.amqp.model.Permissions;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code /vhosts} and {@code /vhost-limits}. */
final class HostRoutes {

    private final ManagementParams params;

    HostRoutes(ManagementParams params) {
        this.params = params;
    }

    List<AdminRoute> all() {
        return List.of(
                AdminRoute.get("/vhosts", "Virtual hosts", this::list),
                AdminRoute.get("/vhosts/{vhost}", "A virtual host", this::show),
                AdminRoute.put(
                        "/vhosts/{vhost}",
                        "Make a virtual host",
                        "description, default_queue_type",
                        this::put),
                AdminRoute.delete(
                        "/vhosts/{vhost}", "Delete a virtual host with all in it", this::delete),
                AdminRoute.get(
                        "/vhosts/{vhost}/permissions", "Permissions in a host", this::permissions),
                AdminRoute.get(
                        "/vhosts/{vhost}/topic-permissions",
                        "Topic permissions in a host",
                        this::topicPermissions),
                AdminRoute.get("/vhost-limits", "Limits of hosts", this::limits),
                AdminRoute.get(
                        "/vhost-limits/{vhost}",
                        "Limits of a host",
                        call -> limitRows(List.of(new Asker(params, call).host()))),
                AdminRoute.put(
                        "/vhost-limits/{vhost}/{name}",
                        "Set max-connections or max-queues",
                        "value",
                        call -> limit(call, (int) call.json().path("value").asLong(-1))),
                AdminRoute.delete(
                        "/vhost-limits/{vhost}/{name}", "Unset a limit", call -> limit(call, -1)));
    }

    private Map<String, @Nullable Object> row(VirtualHost host) {
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        HostLimits limits = host.limits();
        row.put("name", host.name());
        row.put("description", limits.description());
        row.put("tags", List.of());
        String type = limits.defaultQueueType();
        row.put("default_queue_type", type.isEmpty() ? "classic" : type);
        row.put("metadata", Map.of("description", limits.description(), "tags", List.of()));
        row.put("tracing", false);
        row.put("cluster_state", Map.of(params.node(), "running"));
        return row;
    }

    private Object list(AdminCall call) throws Exception {
        return new Listing(call)
                .of(new Asker(params, call).hosts().stream().map(this::row).toList());
    }

    private Object show(AdminCall call) {
        return row(new Asker(params, call).host());
    }

    private @Nullable Object put(AdminCall call) throws Exception {
        Asker asker = new Asker(params, call);
        asker.administrates();
        String name = call.segment("vhost");
        VirtualHost there = params.hosts().find(name);
        HostLimits before = there == null ? HostLimits.NONE : there.limits();
        JsonNode body = asker.body();
        String type =
                body.path("default_queue_type")
                        .asText(body.path("defaultqueuetype").asText(before.defaultQueueType()));
        AdminCall.await(
                params.hosts()
                        .put(
                                name,
                                new HostLimits(
                                        body.path("description").asText(before.description()),
                                        before.maxConnections(),
                                        before.maxQueues(),
                                        type.equals("undefined") ? "" : type)));
        return Replies.put(there != null);
    }

    private @Nullable Object delete(AdminCall call) throws Exception {
        Asker asker = new Asker(params, call);
        asker.administrates();
        asker.host();
        if (!AdminCall.await(params.hosts().delete(call.segment("vhost")))) {
            throw AdminRefusal.badRequest("the default virtual host stays");
        }
        String host = call.segment("vhost");
        for (Permissions.Permission one : params.permissions().all()) {
            if (one.host().equals(host)) {
                AdminCall.await(params.permissions().delete(one.user(), host));
            }
        }
        return null;
    }

    private Object permissions(AdminCall call) {
        Asker asker = new Asker(params, call);
        asker.administrates();
        String host = asker.host().name();
        return params.permissions().all().stream()
                .filter(one -> one.host().equals(host))
                .map(PermissionRoutes::row)
                .toList();
    }

    private Object topicPermissions(AdminCall call) {
        Asker asker = new Asker(params, call);
        asker.administrates();
        String host = asker.host().name();
        return params.permissions().allTopics().stream()
                .filter(one -> one.host().equals(host))
                .map(PermissionRoutes::row)
                .toList();
    }

    // Limits.

    private Object limits(AdminCall call) {
        return limitRows(new Asker(params, call).hosts());
    }

    static List<Map<String, Object>> limitRows(List<VirtualHost> hosts) {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (VirtualHost host : hosts) {
            Map<String, Object> value = new LinkedHashMap<>();
            if (host.limits().maxConnections() >= 0) {
                value.put("max-connections", host.limits().maxConnections());
            }
            if (host.limits().maxQueues() >= 0) {
                value.put("max-queues", host.limits().maxQueues());
            }
            if (!value.isEmpty()) {
                rows.add(Map.of("vhost", host.name(), "value", value));
            }
        }
        return rows;
    }

    private @Nullable Object limit(AdminCall call, int value) throws Exception {
        Asker asker = new Asker(params, call);
        asker.administrates();
        VirtualHost host = asker.host();
        HostLimits now = host.limits();
        String name = call.segment("name");
        HostLimits changed =
                switch (name) {
                    case "max-connections" ->
                            new HostLimits(
                                    now.description(),
                                    value,
                                    now.maxQueues(),
                                    now.defaultQueueType());
                    case "max-queues" ->
                            new HostLimits(
                                    now.description(),
                                    now.maxConnections(),
                                    value,
                                    now.defaultQueueType());
                    default -> throw AdminRefusal.badRequest("Unrecognised terms: " + name);
                };
        AdminCall.await(params.hosts().put(host.name(), changed));
        return null;
    }
}
