package io.polymq.nats.monitor;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * nats-server's monitoring port: the reports over HTTP, with JSONP. Each question runs on a virtual
 * thread; so many at once.
 */
public final class MonitorServer implements AutoCloseable {

    private static final List<String> PATHS =
            List.of(
                    "varz",
                    "connz",
                    "routez",
                    "gatewayz",
                    "leafz",
                    "subsz",
                    "subscriptionsz",
                    "accountz",
                    "accstatz",
                    "jsz",
                    "healthz",
                    "ipqueuesz",
                    "stacksz",
                    "raftz");
    private static final int AT_ONCE = 16;

    private final Reports reports;
    private final String base;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Semaphore places = new Semaphore(AT_ONCE);

    private MonitorServer(Reports reports, String base, HttpServer server) {
        this.reports = reports;
        this.base = base;
        this.server = server;
    }

    /**
     * @param base what paths begin with, empty or with a slash first
     * @param tls with what it speaks TLS; null for plain HTTP
     */
    public static MonitorServer start(
            Reports reports, InetSocketAddress at, String base, @Nullable SSLContext tls)
            throws IOException {
        String path = base.isEmpty() || base.startsWith("/") ? base : '/' + base;
        HttpServer http = tls == null ? HttpServer.create(at, 0) : secured(at, tls);
        MonitorServer server =
                new MonitorServer(
                        reports,
                        path.endsWith("/") ? path.substring(0, path.length() - 1) : path,
                        http);
        http.setExecutor(server.threads);
        http.createContext("/", server::answer);
        http.start();
        return server;
    }

    private static HttpServer secured(InetSocketAddress at, SSLContext tls) throws IOException {
        HttpsServer https = HttpsServer.create(at, 0);
        https.setHttpsConfigurator(new HttpsConfigurator(tls));
        return https;
    }

    public InetSocketAddress address() {
        return server.getAddress();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (!places.tryAcquire()) {
                send(exchange, 503, "text/plain", "busy");
                return;
            }
            try {
                exchange.getRequestBody().readAllBytes();
                route(exchange);
            } finally {
                places.release();
            }
        }
    }

    private void route(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        if (!path.startsWith(base)) {
            send(exchange, 404, "text/plain", "404 page not found\n");
            return;
        }
        String name = path.substring(base.length()).replaceFirst("^/", "").toLowerCase(Locale.ROOT);
        reports.countAsked('/' + name);
        if (name.isEmpty()) {
            send(exchange, 200, "text/html; charset=utf-8", index());
        } else if (name.equals("stacksz")) {
            send(exchange, 200, "text/plain; charset=utf-8", stacks());
        } else if (name.equals("ipqueuesz") || name.equals("raftz")) {
            send(exchange, 200, "application/json", "{}");
        } else {
            report(exchange, name);
        }
    }

    private void report(HttpExchange exchange, String name) throws IOException {
        ObjectNode options = options(exchange);
        if (name.equals("accountz") && options.has("acc")) {
            options.set("account", options.get("acc"));
        }
        if (name.equals("accstatz") && options.path("unused").asBoolean()) {
            options.put("include_unused", true);
        }
        ObjectNode report;
        try {
            report = reports.report(name, options);
        } catch (IllegalArgumentException wrong) {
            send(exchange, 400, "text/plain; charset=utf-8", String.valueOf(wrong.getMessage()));
            return;
        }
        if (report == null) {
            send(exchange, 404, "text/plain", "404 page not found\n");
            return;
        }
        String text = reports.json().writerWithDefaultPrettyPrinter().writeValueAsString(report);
        String callback = options.path("callback").asText("");
        int status =
                name.equals("healthz") && !report.path("status").asText().equals("ok") ? 503 : 200;
        if (callback.matches("[A-Za-z0-9_.$]{1,128}")) {
            send(exchange, status, "application/javascript", callback + '(' + text + ')');
        } else {
            send(exchange, status, "application/json", text);
        }
    }

    private ObjectNode options(HttpExchange exchange) {
        ObjectNode options = reports.json().createObjectNode();
        String query = exchange.getRequestURI().getRawQuery();
        if (query == null) {
            return options;
        }
        for (String part : query.split("&", 64)) {
            int equals = part.indexOf('=');
            String key = equals < 0 ? part : part.substring(0, equals);
            String value = equals < 0 ? "" : decoded(part.substring(equals + 1));
            if (value.equals("1") || value.equals("true")) {
                options.put(key, value.equals("1") && !isSwitch(key) ? "1" : "true");
            } else {
                options.put(key, value);
            }
        }
        return options;
    }

    /** What takes 1 as true; elsewhere it is a number. */
    private static boolean isSwitch(String key) {
        return !key.equals("offset") && !key.equals("limit") && !key.equals("cid");
    }

    private static String decoded(String value) {
        try {
            return URLDecoder.decode(value, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            return value;
        }
    }

    private String index() {
        StringBuilder page = new StringBuilder("<html lang=\"en\"><body><ul>\n");
        for (String path : PATHS) {
            page.append("<li><a href=\"").append(base).append('/').append(path).append("\">");
            page.append(path).append("</a></li>\n");
        }
        return page.append("</ul></body></html>\n").toString();
    }

    private static String stacks() {
        StringBuilder text = new StringBuilder();
        Thread.getAllStackTraces()
                .forEach(
                        (thread, frames) -> {
                            text.append(thread.getName()).append('\n');
                            for (StackTraceElement frame : frames) {
                                text.append("  ").append(frame).append('\n');
                            }
                        });
        return text.toString();
    }

    private static void send(HttpExchange exchange, int status, String type, String text) {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        try {
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
