package io.polymq.core.admin;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pages made of routes. What changes something is written to the audit log with who did it.
 * Immutable; any thread.
 *
 * @param title what the interface is called where it is described
 */
public record AdminRoutes(String path, String title, Access access, List<AdminRoute> routes)
        implements AdminPages {

    private static final Logger AUDIT = LoggerFactory.getLogger("io.polymq.audit");

    public AdminRoutes {
        routes = List.copyOf(routes);
    }

    public AdminRoutes(String path, String title, List<AdminRoute> routes) {
        this(path, title, Access.ADMINISTRATOR, routes);
    }

    @Override
    public AdminAnswer answer(AdminRequest request) throws Exception {
        String[] segments = request.below().split("/", -1);
        boolean known = false;
        for (AdminRoute route : routes) {
            Map<String, String> names = match(route.template().split("/", -1), segments);
            if (names == null) {
                continue;
            }
            known = true;
            if (serves(route, request.method())) {
                return answer(route, new AdminCall(request, names));
            }
        }
        if (!known) {
            return AdminAnswer.error(404, "There is nothing at " + request.path() + ".");
        }
        return AdminAnswer.error(405, request.method() + " is not understood here.")
                .with("Allow", allowed(segments));
    }

    private static boolean serves(AdminRoute route, String method) {
        return route.method().equals(method)
                || (method.equals("HEAD") && route.method().equals("GET"));
    }

    private String allowed(String[] segments) {
        return routes.stream()
                .filter(route -> match(route.template().split("/", -1), segments) != null)
                .map(AdminRoute::method)
                .collect(Collectors.joining(", "));
    }

    private static @Nullable Map<String, String> match(String[] template, String[] segments) {
        if (template.length != segments.length) {
            return null;
        }
        Map<String, String> names = new HashMap<>();
        for (int i = 0; i < template.length; i++) {
            if (template[i].startsWith("{")) {
                String name = template[i].substring(1, template[i].length() - 1);
                // A plus stands for itself in a path.
                names.put(
                        name,
                        URLDecoder.decode(segments[i].replace("+", "%2B"), StandardCharsets.UTF_8));
            } else if (!template[i].equals(segments[i])) {
                return null;
            }
        }
        return names;
    }

    private static AdminAnswer answer(AdminRoute route, AdminCall call) throws Exception {
        AdminAnswer answer = attempt(route, call);
        if (!route.method().equals("GET")) {
            AUDIT.atInfo()
                    .addKeyValue("user", call.who().user())
                    .addKeyValue("address", call.request().peer().address())
                    .addKeyValue("method", route.method())
                    .addKeyValue("path", call.request().path())
                    .addKeyValue("status", answer.status())
                    .log("Administration");
        }
        return answer;
    }

    private static AdminAnswer attempt(AdminRoute route, AdminCall call) throws Exception {
        try {
            Object result = route.handler().handle(call);
            return switch (result) {
                case null -> AdminAnswer.done();
                case AdminAnswer answer -> answer;
                default -> AdminAnswer.json(200, result);
            };
        } catch (AdminRefusal refused) {
            return AdminAnswer.error(refused.status(), String.valueOf(refused.getMessage()));
        } catch (IllegalArgumentException wrong) {
            return AdminAnswer.error(400, String.valueOf(wrong.getMessage()));
        }
    }
}
