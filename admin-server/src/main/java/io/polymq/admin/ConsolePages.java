package io.polymq.admin;

import io.polymq.core.admin.AdminAnswer;
import io.polymq.core.admin.AdminPages;
import io.polymq.core.admin.AdminRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The web console: files of the jar, read at the start. They hold nothing secret, so anyone may
 * load them; what they show comes from the interface, which asks for a login. Any thread.
 */
final class ConsolePages implements AdminPages {
    static final String PATH = "/console";

    private static final List<String> FILES =
            List.of(
                    "index.html",
                    "style.css",
                    "icon.svg",
                    "app.js",
                    "api.js",
                    "dom.js",
                    "charts.js",
                    "table.js",
                    "overview.js",
                    "lists.js",
                    "messages.js",
                    "access.js",
                    "protocols.js");
    private static final String POLICY =
            "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    private final Map<String, AdminAnswer> files = new LinkedHashMap<>();

    ConsolePages() {
        for (String name : FILES) {
            files.put(
                    "/" + name,
                    new AdminAnswer(200, type(name), read(name))
                            .with("Content-Security-Policy", POLICY)
                            .with("X-Content-Type-Options", "nosniff")
                            .with("Referrer-Policy", "no-referrer")
                            .with("Cache-Control", "no-cache"));
        }
    }

    private static byte[] read(String name) {
        try (InputStream in = ConsolePages.class.getResourceAsStream("console/" + name)) {
            if (in == null) {
                throw new IllegalStateException("the jar lacks the console's " + name);
            }
            return in.readAllBytes();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static String type(String name) {
        return switch (name.substring(name.lastIndexOf('.'))) {
            case ".html" -> "text/html; charset=utf-8";
            case ".css" -> "text/css; charset=utf-8";
            case ".svg" -> "image/svg+xml";
            default -> "text/javascript; charset=utf-8";
        };
    }

    @Override
    public String path() {
        return PATH;
    }

    @Override
    public Access access() {
        return Access.ANYONE;
    }

    @Override
    public AdminAnswer answer(AdminRequest request) {
        if (request.below().isEmpty()) {
            return AdminAnswer.text(302, "See " + PATH + "/").with("Location", PATH + "/");
        }
        AdminAnswer file = files.get(request.below().equals("/") ? "/index.html" : request.below());
        return file == null
                ? AdminAnswer.error(404, "There is nothing at " + request.path() + ".")
                : file;
    }
}
