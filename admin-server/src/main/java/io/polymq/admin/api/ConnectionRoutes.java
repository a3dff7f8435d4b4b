package io.polymq.admin.api;

import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Connections: list, look at, end. */
final class ConnectionRoutes {
    private final Connections connections;

    ConnectionRoutes(Connections connections) {
        this.connections = connections;
    }

    List<AdminRoute> routes() {
        return List.of(
                AdminRoute.list("/connections", "All connections", this::list)
                        .asking("protocol", "of this protocol only")
                        .asking("user", "of this user only"),
                AdminRoute.get("/connections/{id}", "One connection", this::find),
                AdminRoute.delete(
                                "/connections/{id}",
                                "Ends a connection, in its protocol's words",
                                this::kick)
                        .asking("reason", "told to the client where its protocol can"));
    }

    private Object list(AdminCall call) {
        String protocol = call.asked("protocol");
        String user = call.asked("user");
        String tenant = call.asked("tenant");
        Collection<Connections.Row> rows =
                connections.all().stream()
                        .filter(
                                row ->
                                        isOr(protocol, row.protocol())
                                                && isOr(user, row.user())
                                                && isOr(tenant, row.tenant()))
                        .toList();
        return call.page(rows, Connections.Row::text, Function.identity());
    }

    private static boolean isOr(@Nullable String wanted, String is) {
        return wanted == null || wanted.equals(is);
    }

    private Object find(AdminCall call) {
        long id = id(call);
        return connections.all().stream()
                .filter(row -> row.id() == id)
                .findFirst()
                .orElseThrow(() -> none(id));
    }

    private @Nullable Object kick(AdminCall call) {
        long id = id(call);
        if (!connections.kick(id, call.asked("reason", "ended by an administrator"))) {
            throw none(id);
        }
        return null;
    }

    private static long id(AdminCall call) {
        try {
            return Long.parseLong(call.segment("id"));
        } catch (NumberFormatException notANumber) {
            throw AdminRefusal.badRequest("A connection is named by its number.");
        }
    }

    private static AdminRefusal none(long id) {
        return AdminRefusal.notFound("There is no connection " + id + ".");
    }
}
