package io.polymq.core.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a request gets. Immutable; the body is handed over. */
public record AdminAnswer(
        int status, String contentType, byte[] body, Map<String, String> headers) {
    private static final ObjectMapper JSON = new ObjectMapper();

    public AdminAnswer {
        headers = Map.copyOf(headers);
    }

    public AdminAnswer(int status, String contentType, byte[] body) {
        this(status, contentType, body, Map.of());
    }

    public static AdminAnswer text(int status, String text) {
        byte[] body = (text + '\n').getBytes(StandardCharsets.UTF_8);
        return new AdminAnswer(status, "text/plain; charset=utf-8", body);
    }

    /** Whatever Jackson can write: records, maps, lists, texts. */
    public static AdminAnswer json(int status, @Nullable Object value) {
        try {
            return new AdminAnswer(status, "application/json", JSON.writeValueAsBytes(value));
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("an answer that is no JSON", impossible);
        }
    }

    public static AdminAnswer error(int status, String message) {
        return json(status, Map.of("error", message));
    }

    public static AdminAnswer done() {
        return new AdminAnswer(204, "application/json", new byte[0]);
    }

    public AdminAnswer with(String header, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(header, value);
        return new AdminAnswer(status, contentType, body, more);
    }
}
