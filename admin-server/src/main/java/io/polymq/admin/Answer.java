package io.polymq.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** What a request gets. */
record Answer(int status, String contentType, byte[] body, Map<String, String> headers) {
    private static final ObjectMapper JSON = new ObjectMapper();

    static Answer text(int status, String text) {
        return new Answer(
                status,
                "text/plain; charset=utf-8",
                (text + '\n').getBytes(StandardCharsets.UTF_8),
                Map.of());
    }

    static Answer json(int status, Map<String, ?> object) {
        try {
            return new Answer(status, "application/json", JSON.writeValueAsBytes(object), Map.of());
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("maps of texts are always JSON", impossible);
        }
    }

    Answer with(String header, String value) {
        return new Answer(status, contentType, body, Map.of(header, value));
    }
}
