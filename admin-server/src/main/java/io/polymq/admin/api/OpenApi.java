package io.polymq.admin.api;

import io.polymq.core.admin.AdminAnswer;
import io.polymq.core.admin.AdminPages;
import io.polymq.core.admin.AdminRequest;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.admin.AdminRoutes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Tells what the interface offers as an OpenAPI 3.1 document, made of the routes themselves. */
final class OpenApi implements AdminPages {
    private static final Pattern SEGMENT = Pattern.compile("\\{([^}]+)}");

    private final AdminAnswer document;

    OpenApi(String version, List<AdminPages> pages) {
        Map<String, Map<String, Object>> paths = new LinkedHashMap<>();
        for (AdminPages page : pages) {
            if (page instanceof AdminRoutes routes) {
                routes.routes().forEach(route -> add(paths, routes, route));
            }
        }
        Map<String, Object> whole = new LinkedHashMap<>();
        whole.put("openapi", "3.1.0");
        whole.put(
                "info",
                Map.of(
                        "title",
                        "PolyMQ",
                        "version",
                        version,
                        "license",
                        Map.of("name", "Apache-2.0", "identifier", "Apache-2.0")));
        whole.put("security", List.of(Map.of("basic", List.of()), Map.of("bearer", List.of())));
        whole.put("paths", paths);
        whole.put(
                "components",
                Map.of(
                        "securitySchemes",
                        Map.of(
                                "basic", Map.of("type", "http", "scheme", "basic"),
                                "bearer", Map.of("type", "http", "scheme", "bearer")),
                        "schemas",
                        Map.of(
                                "Error",
                                Map.of(
                                        "type",
                                        "object",
                                        "required",
                                        List.of("error"),
                                        "properties",
                                        Map.of("error", Map.of("type", "string"))))));
        document = AdminAnswer.json(200, whole);
    }

    private static void add(
            Map<String, Map<String, Object>> paths, AdminRoutes routes, AdminRoute route) {
        Map<String, Object> operation = new LinkedHashMap<>();
        operation.put("summary", route.summary());
        operation.put("tags", List.of(routes.title()));
        operation.put("operationId", operationId(routes, route));
        operation.put("parameters", parameters(route));
        if (route.body() != null) {
            operation.put(
                    "requestBody",
                    Map.of(
                            "description",
                            route.body(),
                            "content",
                            Map.of(
                                    "application/json",
                                    Map.of("schema", Map.of("type", "object")))));
        }
        operation.put(
                "responses",
                Map.of(
                        "default",
                        Map.of(
                                "description",
                                "An error",
                                "content",
                                Map.of(
                                        "application/json",
                                        Map.of(
                                                "schema",
                                                Map.of("$ref", "#/components/schemas/Error")))),
                        "2XX",
                        Map.of(
                                "description",
                                "Done",
                                "content",
                                Map.of("application/json", Map.of("schema", Map.of())))));
        paths.computeIfAbsent(routes.path() + route.template(), path -> new LinkedHashMap<>())
                .put(route.method().toLowerCase(Locale.ROOT), operation);
    }

    private static String operationId(AdminRoutes routes, AdminRoute route) {
        String path = routes.path() + route.template();
        return route.method().toLowerCase(Locale.ROOT)
                + path.replaceAll("[{}]", "").replaceAll("[^A-Za-z0-9]+", "_");
    }

    private static List<Map<String, Object>> parameters(AdminRoute route) {
        List<Map<String, Object>> all = new ArrayList<>();
        Matcher segments = SEGMENT.matcher(route.template());
        while (segments.find()) {
            all.add(parameter("path", segments.group(1), segments.group(1), true));
        }
        for (AdminRoute.Parameter asked : route.query()) {
            all.add(parameter("query", asked.name(), asked.words(), false));
        }
        return all;
    }

    private static Map<String, Object> parameter(
            String in, String name, String words, boolean required) {
        return Map.of(
                "in", in,
                "name", name,
                "description", words,
                "required", required,
                "schema", Map.of("type", "string"));
    }

    @Override
    public String path() {
        return "/api/openapi.json";
    }

    @Override
    public Access access() {
        return Access.ANYONE;
    }

    @Override
    public AdminAnswer answer(AdminRequest request) {
        return document;
    }
}
