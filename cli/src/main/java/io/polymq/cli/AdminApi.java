package io.polymq.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The broker's HTTP interface. What it refuses becomes a {@link CliException}. */
final class AdminApi {
    static final String PATH = "/api/v1";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final int PAGE = 1_000;

    private final URI base;
    private final @Nullable String authorization;
    private final @Nullable String tenant;
    private final HttpClient http;

    AdminApi(URI base, @Nullable String authorization, @Nullable String tenant, Trust trust) {
        String text = base.toString();
        this.base = URI.create(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
        this.authorization = authorization;
        this.tenant = tenant;
        this.http =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(Duration.ofSeconds(10))
                        .sslContext(trust.context())
                        .build();
    }

    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    /** A path of literal parts and names, the names encoded: {@code path("topics", name)}. */
    static String path(String... segments) {
        StringBuilder path = new StringBuilder();
        for (String segment : segments) {
            path.append('/').append(encoded(segment));
        }
        return path.toString();
    }

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    JsonNode get(String path) {
        return ask("GET", path, null, PATIENCE);
    }

    JsonNode put(String path, JsonNode body) {
        return ask("PUT", path, body, PATIENCE);
    }

    JsonNode post(String path, JsonNode body) {
        return ask("POST", path, body, PATIENCE);
    }

    JsonNode post(String path, JsonNode body, Duration patience) {
        return ask("POST", path, body, patience);
    }

    JsonNode delete(String path) {
        return ask("DELETE", path, null, PATIENCE);
    }

    /** All rows of a list, page by page. */
    List<JsonNode> all(String path) {
        List<JsonNode> rows = new ArrayList<>();
        String joint = path.contains("?") ? "&" : "?";
        for (int page = 1; ; page++) {
            JsonNode answer = get(path + joint + "page=" + page + "&per_page=" + PAGE);
            JsonNode items = answer.isArray() ? answer : answer.path("items");
            items.forEach(rows::add);
            if (answer.isArray()
                    || items.isEmpty()
                    || rows.size() >= answer.path("total").asInt()) {
                return rows;
            }
        }
    }

    static ArrayNode array(List<JsonNode> rows) {
        return JSON.createArrayNode().addAll(rows);
    }

    private JsonNode ask(String method, String path, @Nullable JsonNode body, Duration patience) {
        String whole = base + PATH + path;
        if (tenant != null) {
            whole += (path.contains("?") ? "&" : "?") + "tenant=" + encoded(tenant);
        }
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(whole))
                        .timeout(patience)
                        .header("Accept", "application/json");
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        request.method(
                method,
                body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body.toString()));
        try {
            HttpResponse<byte[]> response = http.send(request.build(), BodyHandlers.ofByteArray());
            return read(response);
        } catch (HttpTimeoutException late) {
            throw new CliException(
                    ExitStatus.LATER, "The broker at " + base + " did not answer in time.", late);
        } catch (IOException unreachable) {
            throw new CliException(
                    ExitStatus.UNAVAILABLE,
                    "Nobody answers at " + base + ": " + reason(unreachable) + ".",
                    unreachable);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new CliException(ExitStatus.INCOMPLETE, "Interrupted.", interrupted);
        }
    }

    private static String reason(IOException failed) {
        String message = failed.getMessage();
        return message == null ? failed.getClass().getSimpleName() : message;
    }

    private static JsonNode read(HttpResponse<byte[]> response) throws IOException {
        int status = response.statusCode();
        if (status >= 200 && status < 300) {
            return response.body().length == 0 ? object() : JSON.readTree(response.body());
        }
        throw new CliException(statusOf(status), sentence(response));
    }

    private static String sentence(HttpResponse<byte[]> response) {
        String fallback = "The broker answered " + response.statusCode() + ".";
        try {
            return JSON.readTree(response.body()).path("error").asText(fallback);
        } catch (IOException noJson) {
            return fallback;
        }
    }

    private static ExitStatus statusOf(int status) {
        return switch (status) {
            case 401, 403 -> ExitStatus.NOT_PERMITTED;
            case 404 -> ExitStatus.NOT_FOUND;
            case 503, 504 -> ExitStatus.LATER;
            default -> status < 500 ? ExitStatus.REFUSED : ExitStatus.SOFTWARE;
        };
    }
}
