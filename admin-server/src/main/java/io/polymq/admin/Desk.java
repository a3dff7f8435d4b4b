package io.polymq.admin;

import com.sun.net.httpserver.HttpExchange;
import io.polymq.core.admin.AdminAnswer;
import io.polymq.core.admin.AdminPages;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRequest;
import io.polymq.core.security.Credentials;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a request in, asks who sends it, and has the right page answer. Virtual threads; a body is
 * read whole, up to a bound.
 */
final class Desk {
    private static final Logger LOG = LoggerFactory.getLogger(Desk.class);
    private static final int MAX_BODY = 8 << 20;
    private static final int MAX_QUERY = 8 << 10;

    private final Routes routes;
    private final Gate gate;

    Desk(AdminServerParams params) {
        this.routes = new Routes(params);
        this.gate = new Gate(params.security());
    }

    AdminAnswer answer(HttpExchange exchange) {
        URI uri = exchange.getRequestURI();
        try {
            AdminPages pages = routes.find(uri.getRawPath());
            Credentials.Peer peer =
                    new Credentials.Peer("admin", exchange.getRemoteAddress(), "", null);
            Gate.Entry entry =
                    gate.admit(
                            pages.access(),
                            exchange.getRequestHeaders().getFirst("Authorization"),
                            peer);
            return switch (entry) {
                case Gate.Entry.Admitted admitted -> admitted(exchange, pages, admitted, peer);
                case Gate.Entry.Unknown unknown ->
                        AdminAnswer.error(401, "Log in.")
                                .with(
                                        "WWW-Authenticate",
                                        "Basic realm=\"PolyMQ\", charset=\"UTF-8\"");
                case Gate.Entry.Forbidden forbidden ->
                        AdminAnswer.error(403, "This needs an administrator.");
            };
        } catch (AdminRefusal refused) {
            return AdminAnswer.error(refused.status(), String.valueOf(refused.getMessage()));
        } catch (Exception failed) {
            LOG.atError()
                    .addKeyValue("path", uri.getPath())
                    .setCause(failed)
                    .log("A request to the admin port failed");
            return AdminAnswer.error(500, "The request failed; see the broker's log.");
        }
    }

    private static AdminAnswer admitted(
            HttpExchange exchange,
            AdminPages pages,
            Gate.Entry.Admitted admitted,
            Credentials.Peer peer)
            throws Exception {
        URI uri = exchange.getRequestURI();
        Map<String, String> headers = new HashMap<>();
        exchange.getRequestHeaders()
                .forEach(
                        (name, values) ->
                                headers.put(name.toLowerCase(Locale.ROOT), values.getFirst()));
        return pages.answer(
                new AdminRequest(
                        exchange.getRequestMethod(),
                        uri.getPath(),
                        uri.getRawPath().substring(pages.path().length()),
                        query(uri.getRawQuery()),
                        headers,
                        body(exchange),
                        admitted.who(),
                        peer));
    }

    private static byte[] body(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readNBytes(MAX_BODY + 1);
        if (body.length > MAX_BODY) {
            throw new AdminRefusal(413, "A request may have 8 MiB.");
        }
        return body;
    }

    private static Map<String, String> query(@Nullable String raw) {
        if (raw == null || raw.isEmpty()) {
            return Map.of();
        }
        if (raw.length() > MAX_QUERY) {
            throw new AdminRefusal(414, "A query may have 8 KiB.");
        }
        Map<String, String> query = new HashMap<>();
        for (String pair : raw.split("&")) {
            int equals = pair.indexOf('=');
            String name = equals < 0 ? pair : pair.substring(0, equals);
            query.put(decoded(name), equals < 0 ? "" : decoded(pair.substring(equals + 1)));
        }
        return query;
    }

    /** The server has refused what is not encoded. */
    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
