package io.polymq.mq9;

import com.fasterxml.jackson.core.JsonGenerator;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * A mail on its way to a reader. Immutable.
 *
 * @param attempts how often its group was handed it, 0 outside of groups
 */
record Mail(long id, Priority priority, KeptMessage message, int attempts, long createdAt) {

    private static final int ENVELOPE = 120;

    /** How payloads are written. */
    enum Encoding {
        /** As text; what is no UTF-8 comes as base64 as well. */
        TEXT,
        BASE64;

        static Encoding of(Body body) {
            String word = body.text("encoding");
            if (word == null || word.equals("text")) {
                return TEXT;
            }
            if (word.equals("base64")) {
                return BASE64;
            }
            throw body.invalid("`encoding` is text or base64");
        }
    }

    /** About how many bytes it takes in a reply. */
    int weight() {
        return ENVELOPE + message.size() + message.size() / 3;
    }

    void write(JsonGenerator json, Encoding encoding) throws IOException {
        Message lent = message.lendTo(new Message());
        json.writeStartObject();
        json.writeNumberField("msg_id", id);
        writePayload(json, encoding, message.payload());
        json.writeStringField("priority", priority.word());
        writeHeader(json, lent);
        json.writeNumberField("create_time", createdAt / 1000);
        if (attempts > 0) {
            json.writeNumberField("attempts", attempts);
        }
        json.writeEndObject();
    }

    private static void writePayload(JsonGenerator json, Encoding encoding, byte[] payload)
            throws IOException {
        if (encoding == Encoding.BASE64) {
            json.writeStringField("payload", Base64.getEncoder().encodeToString(payload));
            json.writeStringField("encoding", "base64");
            return;
        }
        String text = strictly(payload);
        if (text == null) {
            json.writeStringField("payload", new String(payload, StandardCharsets.UTF_8));
            json.writeStringField("payload_base64", Base64.getEncoder().encodeToString(payload));
        } else {
            json.writeStringField("payload", text);
        }
    }

    private static @Nullable String strictly(byte[] payload) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(payload)).toString();
        } catch (CharacterCodingException binary) {
            return null;
        }
    }

    /**
     * The sender's own header block, or what another protocol's header says as such a block; null
     * when there is nothing to say.
     */
    private static void writeHeader(JsonGenerator json, Message lent) throws IOException {
        boolean own = lent.isNativeTo(Mq9HeaderCodec.INSTANCE);
        byte[] header = own ? lent.header() : Mq9HeaderCodec.encode(lent.properties());
        int from = own ? lent.headerOffset() : 0;
        int length = own ? lent.headerLength() : header.length;
        if (length == 0) {
            json.writeNullField("header");
            return;
        }
        json.writeArrayFieldStart("header");
        for (int i = 0; i < length; i++) {
            json.writeNumber(header[from + i] & 0xFF);
        }
        json.writeEndArray();
    }
}
