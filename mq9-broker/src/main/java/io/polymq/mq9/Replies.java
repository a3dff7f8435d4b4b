package io.polymq.mq9;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The bytes of replies. Shared, stateless. */
final class Replies {

    private static final JsonFactory JSON = new JsonFactory();
    private static final byte[] OK = "{\"error\":\"\"}".getBytes(StandardCharsets.US_ASCII);

    private Replies() {}

    /** Writes what stands beside the error. */
    interface Fields {
        void write(JsonGenerator json) throws IOException;
    }

    /** Not to be written to. */
    static byte[] ok() {
        return OK;
    }

    static byte[] ok(Fields fields) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("error", "");
            fields.write(json);
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return out.toByteArray();
    }

    static byte[] sent(long id) {
        return ("{\"error\":\"\",\"msg_id\":" + id + '}').getBytes(StandardCharsets.US_ASCII);
    }

    static byte[] error(String text) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(64 + text.length());
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("error", text);
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return out.toByteArray();
    }
}
