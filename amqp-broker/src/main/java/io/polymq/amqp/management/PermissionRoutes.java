package io.polymq.amqp.management;

import com.fasterxml.jackson.databind.JsonNode;
import io.polymq.amqp.model.Permissions;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code /permissions} and {@code /topic-permissions}. */
final class PermissionRoutes {

    private final ManagementParams params;

    PermissionRoutes(ManagementParams params) {
        this.params = params;
    }

    List<AdminRoute> all() {
        String one = "/permissions/{vhost}/{user}";
        String topics = "/topic-permissions/{vhost}/{user}";
        return List.of(
                AdminRoute.get("/permissions", "Permissions of all users", this::list),
                AdminRoute.get(one, "A user's permissions in a host", this::show),
                AdminRoute.put(one, "Permit", "configure, write, read: patterns", this::put),
                AdminRoute.delete(one, "Permit nothing", this::delete),
                AdminRoute.get("/topic-permissions", "Topic permissions", this::topics),
                AdminRoute.get(topics, "A user's topic permissions in a host", this::showTopics),
                AdminRoute.put(
                        topics, "Narrow routing keys", "exchange, write, read", this::putTopic),
                AdminRoute.delete(topics, "Permit all routing keys", this::deleteTopics));
    }

    static Map<String, Object> row(Permissions.Permission one) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("user", one.user());
        row.put("vhost", one.host());
        row.put("configure", one.configure());
        row.put("write", one.write());
        row.put("read", one.read());
        return row;
    }

    static Map<String, Object> row(Permissions.TopicPermission one) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("user", one.user());
        row.put("vhost", one.host());
        row.put("exchange", one.exchange());
        row.put("write", one.write());
        row.put("read", one.read());
        return row;
    }

    private Object list(AdminCall call) {
        new Asker(params, call).administrates();
        return params.permissions().all().stream().map(PermissionRoutes::row).toList();
    }

    private Object topics(AdminCall call) {
        new Asker(params, call).administrates();
        return params.permissions().allTopics().stream().map(PermissionRoutes::row).toList();
    }

    /** The host and the user must be there. */
    private Asker checked(AdminCall call) {
        Asker asker = new Asker(params, call);
        asker.administrates();
        asker.host();
        if (params.users().find(call.segment("user")) == null) {
            throw AdminRefusal.badRequest("user " + call.segment("user") + " does not exist");
        }
        return asker;
    }

    private Object show(AdminCall call) {
        new Asker(params, call).administrates();
        return params.permissions().all().stream()
                .filter(
                        one ->
                                one.host().equals(call.segment("vhost"))
                                        && one.user().equals(call.segment("user")))
                .map(PermissionRoutes::row)
                .findFirst()
                .orElseThrow(Replies::notFound);
    }

    private @Nullable Object put(AdminCall call) throws Exception {
        JsonNode body = checked(call).body();
        boolean there =
                params.permissions().all().stream()
                        .anyMatch(
                                one ->
                                        one.host().equals(call.segment("vhost"))
                                                && one.user().equals(call.segment("user")));
        AdminCall.await(
                params.permissions()
                        .put(
                                new Permissions.Permission(
                                        call.segment("user"),
                                        call.segment("vhost"),
                                        Fields.text(body, "configure"),
                                        Fields.text(body, "write"),
                                        Fields.text(body, "read"))));
        return Replies.put(there);
    }

    private @Nullable Object delete(AdminCall call) throws Exception {
        new Asker(params, call).administrates();
        return Replies.gone(
                AdminCall.await(
                        params.permissions().delete(call.segment("user"), call.segment("vhost"))));
    }

    private Object showTopics(AdminCall call) {
        new Asker(params, call).administrates();
        List<Map<String, Object>> rows =
                params.permissions().allTopics().stream()
                        .filter(
                                one ->
                                        one.host().equals(call.segment("vhost"))
                                                && one.user().equals(call.segment("user")))
                        .map(PermissionRoutes::row)
                        .toList();
        if (rows.isEmpty()) {
            throw Replies.notFound();
        }
        return rows;
    }

    private @Nullable Object putTopic(AdminCall call) throws Exception {
        JsonNode body = checked(call).body();
        AdminCall.await(
                params.permissions()
                        .put(
                                new Permissions.TopicPermission(
                                        call.segment("user"),
                                        call.segment("vhost"),
                                        Fields.text(body, "exchange"),
                                        Fields.text(body, "write"),
                                        Fields.text(body, "read"))));
        return Replies.put(false);
    }

    private @Nullable Object deleteTopics(AdminCall call) throws Exception {
        new Asker(params, call).administrates();
        return Replies.gone(
                AdminCall.await(
                        params.permissions()
                                .deleteTopics(call.segment("user"), call.segment("vhost"))));
    }
}
