package io.polymq.admin.api;

import io.polymq.core.message.HeaderCodec;
import io.polymq.core.message.Message;
import io.polymq.core.message.MessageProperties;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Messages as people read them: text where the bytes are UTF-8, Base64 where they are not. */
final class Shown {
    private static final int MOST_SHOWN = 64 << 10;

    private Shown() {}

    /** The message's part of a row. Borrowed for the call. */
    static Map<String, Object> message(Message message) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("subject", message.subject().toString());
        HeaderCodec codec = message.headerCodec();
        row.put("written_by", codec == null ? "" : codec.protocol());
        row.put("size", message.payloadLength());
        row.put(
                "payload",
                bytes(message.payload(), message.payloadOffset(), message.payloadLength()));
        MessageProperties properties = message.properties();
        row.put("content_type", properties.contentType());
        row.put("message_id", properties.messageId());
        row.put("reply_to", properties.replyTo());
        byte[] correlation = properties.correlation();
        row.put(
                "correlation",
                correlation == null ? null : bytes(correlation, 0, correlation.length));
        row.put("priority", properties.priority());
        row.put("expires_at", properties.expiresAt());
        List<Map<String, Object>> headers = new ArrayList<>();
        for (MessageProperties.Header header : properties.headers()) {
            Map<String, Object> shown = new LinkedHashMap<>();
            shown.put("name", header.name());
            byte[] value = header.value();
            shown.put("value", value == null ? null : bytes(value, 0, value.length));
            headers.add(shown);
        }
        row.put("headers", headers);
        return row;
    }

    /** {@code {"text": ...}} or {@code {"base64": ...}}, the beginning of what is very long. */
    static Map<String, Object> bytes(byte[] bytes, int offset, int length) {
        int shown = Math.min(length, MOST_SHOWN);
        String text = shown == length ? text(bytes, offset, length) : null;
        if (text != null) {
            return Map.of("text", text);
        }
        ByteBuffer encoded = Base64.getEncoder().encode(ByteBuffer.wrap(bytes, offset, shown));
        return Map.of(
                "base64",
                StandardCharsets.US_ASCII.decode(encoded).toString(),
                "truncated",
                shown < length);
    }

    private static @Nullable String text(byte[] bytes, int offset, int length) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, offset, length))
                    .toString();
        } catch (CharacterCodingException binary) {
            return null;
        }
    }
}
