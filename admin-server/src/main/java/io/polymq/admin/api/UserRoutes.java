package io.polymq.admin.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.security.BrokerSecurity;
import io.polymq.core.security.Principal;
import io.polymq.core.security.users.User;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Users. No answer ever has a password or its hash. */
final class UserRoutes {
    private final BrokerSecurity security;

    UserRoutes(BrokerSecurity security) {
        this.security = security;
    }

    List<AdminRoute> routes() {
        return List.of(
                AdminRoute.list("/users", "All users", this::list),
                AdminRoute.get("/users/{name}", "One user", this::find),
                AdminRoute.put(
                        "/users/{name}",
                        "Adds or changes a user",
                        "password, tenant, groups, admin, enabled; what is left out stays",
                        this::put),
                AdminRoute.delete("/users/{name}", "Deletes a user", this::delete),
                AdminRoute.get("/whoami", "Who asks", call -> Shown.of(call.who())));
    }

    /** What may be seen of a user. */
    record Shown(
            String name,
            String tenant,
            List<String> groups,
            boolean admin,
            boolean enabled,
            @JsonProperty("has_password") boolean hasPassword,
            List<String> scram) {

        static Shown of(User user) {
            return new Shown(
                    user.name(),
                    user.tenant(),
                    user.groups().stream().sorted().toList(),
                    user.admin(),
                    user.enabled(),
                    user.password() != null,
                    user.scram().keySet().stream()
                            .map(mechanism -> "SCRAM-" + mechanism.name().replace('_', '-'))
                            .sorted()
                            .toList());
        }

        static Shown of(Principal who) {
            return new Shown(
                    who.user(),
                    who.tenant(),
                    who.groups().stream().sorted().toList(),
                    who.admin(),
                    true,
                    false,
                    List.of());
        }
    }

    /** What is to be changed of a user. */
    record Change(
            @Nullable String password,
            @Nullable String tenant,
            @Nullable Set<String> groups,
            @Nullable Boolean admin,
            @Nullable Boolean enabled) {}

    private Object list(AdminCall call) {
        String tenant = call.asked("tenant");
        List<User> users =
                security.users().all().stream()
                        .filter(user -> tenant == null || user.tenant().equals(tenant))
                        .toList();
        return call.page(users, User::name, Shown::of);
    }

    private Object find(AdminCall call) {
        User user = security.users().find(call.segment("name"));
        if (user == null) {
            throw none(call);
        }
        return Shown.of(user);
    }

    private Object put(AdminCall call) throws Exception {
        String name = call.segment("name");
        Change change = call.json(Change.class);
        AdminCall.await(security.users().change(name, before -> changed(before, name, change)));
        return find(call);
    }

    private User changed(@Nullable User before, String name, Change change) {
        User user = before == null ? User.named(name) : before;
        if (change.tenant() != null) {
            user = user.in(change.tenant());
        }
        if (change.groups() != null) {
            user = user.withGroups(change.groups());
        }
        if (change.admin() != null) {
            user = user.asAdmin(change.admin());
        }
        if (change.enabled() != null) {
            user = user.enabled(change.enabled());
        }
        if (change.password() != null) {
            byte[] password = change.password().getBytes(StandardCharsets.UTF_8);
            user = security.passwords().set(user, password);
        }
        return user;
    }

    private @Nullable Object delete(AdminCall call) throws Exception {
        if (!AdminCall.await(security.users().delete(call.segment("name")))) {
            throw none(call);
        }
        return null;
    }

    private static AdminRefusal none(AdminCall call) {
        return AdminRefusal.notFound("There is no user " + call.segment("name") + ".");
    }
}
