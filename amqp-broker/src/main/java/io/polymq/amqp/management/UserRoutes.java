package io.polymq.amqp.management;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.amqp.model.Definitions;
import io.polymq.amqp.model.UserLimits;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.security.Principal;
import io.polymq.core.security.users.User;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** {@code /users}, {@code /user-limits} and {@code /whoami}. */
final class UserRoutes {

    private static final String CONNECTIONS = "max-connections";
    private static final String CHANNELS = "max-channels";

    private final ManagementParams params;
    private final Definitions definitions;

    UserRoutes(ManagementParams params) {
        this.params = params;
        this.definitions = new Definitions(params.hosts(), params.users(), params.permissions());
    }

    List<AdminRoute> all() {
        return List.of(
                AdminRoute.get("/whoami", "Who asks", UserRoutes::whoAmI),
                AdminRoute.get("/users", "Users", this::list),
                AdminRoute.get("/users/without-permissions", "Users without any", this::without),
                AdminRoute.post(
                        "/users/bulk-delete", "Delete many users", "users", this::deleteMany),
                AdminRoute.get("/users/{user}", "A user", this::show),
                AdminRoute.put(
                        "/users/{user}",
                        "Make or change a user",
                        "password or password_hash, tags",
                        this::put),
                AdminRoute.delete("/users/{user}", "Delete a user", this::delete),
                AdminRoute.get(
                        "/users/{user}/permissions", "A user's permissions", this::permissions),
                AdminRoute.get(
                        "/users/{user}/topic-permissions",
                        "A user's topic permissions",
                        this::topicPermissions),
                AdminRoute.get("/user-limits", "Limits of users", this::limits),
                AdminRoute.get("/user-limits/{user}", "Limits of a user", this::limitsOf),
                AdminRoute.put(
                        "/user-limits/{user}/{name}",
                        "Set max-connections or max-channels",
                        "value",
                        call -> limit(call, call.json().path("value").asLong(-1))),
                AdminRoute.delete(
                        "/user-limits/{user}/{name}", "Unset a limit", call -> limit(call, -1)));
    }

    private static Object whoAmI(AdminCall call) {
        Principal who = call.who();
        List<String> tags = new ArrayList<>();
        if (who.admin()) {
            tags.add("administrator");
        }
        who.groups().stream().sorted().forEach(tags::add);
        return Map.of("name", who.user(), "tags", tags);
    }

    private Object list(AdminCall call) {
        new Asker(params, call).administrates();
        List<ObjectNode> rows = new ArrayList<>();
        params.users().all().forEach(user -> rows.add(definitions.user(user)));
        return rows;
    }

    private Object without(AdminCall call) {
        new Asker(params, call).administrates();
        Set<String> with =
                params.permissions().all().stream()
                        .map(one -> one.user())
                        .collect(Collectors.toSet());
        return params.users().all().stream()
                .filter(user -> !with.contains(user.name()))
                .map(definitions::user)
                .toList();
    }

    private User find(AdminCall call) {
        new Asker(params, call).administrates();
        User found = params.users().find(call.segment("user"));
        if (found == null) {
            throw Replies.notFound();
        }
        return found;
    }

    private Object show(AdminCall call) {
        return definitions.user(find(call));
    }

    private @Nullable Object put(AdminCall call) throws Exception {
        Asker asker = new Asker(params, call);
        asker.administrates();
        String name = call.segment("user");
        boolean there = params.users().find(name) != null;
        JsonNode body = asker.body();
        User user = definitions.user(name, body);
        String password = body.path("password").asText("");
        if (!password.isEmpty()) {
            user = params.passwords().set(user, password.getBytes(StandardCharsets.UTF_8));
        }
        AdminCall.await(params.users().put(user));
        return Replies.put(there);
    }

    private @Nullable Object delete(AdminCall call) throws Exception {
        User user = find(call);
        delete(user.name());
        return null;
    }

    private void delete(String user) throws Exception {
        for (var one : params.permissions().all()) {
            if (one.user().equals(user)) {
                AdminCall.await(params.permissions().delete(user, one.host()));
            }
        }
        AdminCall.await(params.hosts().userLimits().put(user, UserLimits.Limits.NONE));
        AdminCall.await(params.users().delete(user));
    }

    // Limits.

    private Object limits(AdminCall call) {
        new Asker(params, call).administrates();
        return params.hosts().userLimits().all().keySet().stream().map(this::limitRow).toList();
    }

    private Object limitsOf(AdminCall call) {
        UserLimits.Limits none = UserLimits.Limits.NONE;
        String user = find(call).name();
        return params.hosts().userLimits().of(user).equals(none)
                ? List.of()
                : List.of(limitRow(user));
    }

    private Map<String, Object> limitRow(String user) {
        UserLimits.Limits limits = params.hosts().userLimits().of(user);
        Map<String, Object> value = new LinkedHashMap<>();
        if (limits.maxConnections() >= 0) {
            value.put(CONNECTIONS, limits.maxConnections());
        }
        if (limits.maxChannels() >= 0) {
            value.put(CHANNELS, limits.maxChannels());
        }
        return Map.of("user", user, "value", value);
    }

    private @Nullable Object limit(AdminCall call, long value) throws Exception {
        String user = find(call).name();
        int most = (int) Math.clamp(value, -1, Integer.MAX_VALUE);
        UserLimits.Limits now = params.hosts().userLimits().of(user);
        UserLimits.Limits changed =
                switch (call.segment("name")) {
                    case CONNECTIONS -> new UserLimits.Limits(most, now.maxChannels());
                    case CHANNELS -> new UserLimits.Limits(now.maxConnections(), most);
                    default ->
                            throw AdminRefusal.badRequest(
                                    "Unrecognised terms: " + call.segment("name"));
                };
        AdminCall.await(params.hosts().userLimits().put(user, changed));
        return null;
    }

    private @Nullable Object deleteMany(AdminCall call) throws Exception {
        Asker asker = new Asker(params, call);
        asker.administrates();
        for (JsonNode user : asker.body().path("users")) {
            delete(user.asText());
        }
        return null;
    }

    private Object permissions(AdminCall call) {
        User user = find(call);
        return params.permissions().all().stream()
                .filter(one -> one.user().equals(user.name()))
                .map(PermissionRoutes::row)
                .toList();
    }

    private Object topicPermissions(AdminCall call) {
        User user = find(call);
        return params.permissions().allTopics().stream()
                .filter(one -> one.user().equals(user.name()))
                .map(PermissionRoutes::row)
                .toList();
    }
}
