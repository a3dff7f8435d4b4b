package io.polymq.nats.jetstream.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An object of the API with its fields in their one form; absent ones read as empty. Immutable:
 * whoever changes something copies.
 *
 * @param json not to be changed
 */
public record Fields(ObjectNode json) {

    public static final ObjectMapper MAPPER = new ObjectMapper();

    private static final long FARTHEST = 1_000_000_000_000L;
    private static final DateTimeFormatter TIME =
            new DateTimeFormatterBuilder()
                    .appendPattern("uuuu-MM-dd'T'HH:mm:ss")
                    .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
                    .appendOffset("+HH:MM", "Z")
                    .toFormatter(java.util.Locale.ROOT);

    /** What a request says; an empty one is an empty object. */
    static Fields read(Schema schema, byte[] payload) {
        return new Fields(schema.read(tree(payload)));
    }

    static JsonNode tree(byte[] payload) {
        if (isBlank(payload)) {
            return MAPPER.createObjectNode();
        }
        try {
            JsonNode tree = MAPPER.readTree(payload);
            if (tree == null) {
                return MAPPER.createObjectNode();
            }
            return tree;
        } catch (JsonProcessingException e) {
            throw ApiError.INVALID_JSON.exception(firstLine(e.getOriginalMessage()));
        } catch (IOException e) {
            throw ApiError.INVALID_JSON.exception(e.toString());
        }
    }

    private static String firstLine(String text) {
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end);
    }

    static boolean isBlank(byte[] payload) {
        for (byte b : payload) {
            if (b != ' ' && b != '\r' && b != '\n' && b != '\t') {
                return false;
            }
        }
        return true;
    }

    public boolean has(String field) {
        return json.has(field);
    }

    public String text(String field) {
        return json.path(field).asText("");
    }

    public long number(String field) {
        return json.path(field).asLong(0);
    }

    public int integer(String field) {
        return json.path(field).asInt(0);
    }

    public boolean flag(String field) {
        return json.path(field).asBoolean(false);
    }

    public List<String> texts(String field) {
        return Schema.texts(json, field);
    }

    /** Milliseconds of a duration in nanoseconds, rounded up. */
    public long millis(String field) {
        return Math.ceilDiv(number(field), 1_000_000L);
    }

    /** Null when it is not set. */
    public @Nullable Instant time(String field) {
        String text = text(field);
        return text.isEmpty() ? null : OffsetDateTime.parse(text).toInstant();
    }

    /** As Go writes times: as many digits of the second as it takes, in UTC. */
    public static String time(Instant instant) {
        return TIME.format(instant.atOffset(ZoneOffset.UTC));
    }

    public static String timeOfMillis(long millis) {
        return time(Instant.ofEpochMilli(millis));
    }

    /** The first millisecond since 1970 that is not before the instant, whatever its year. */
    public static long millisFrom(Instant instant) {
        long second = Math.clamp(instant.getEpochSecond(), -FARTHEST, FARTHEST);
        return second * 1_000 + Math.ceilDiv(instant.getNano(), 1_000_000);
    }

    /** A nested object, null when there is none. */
    public @Nullable Fields object(String field) {
        return json.path(field) instanceof ObjectNode found ? new Fields(found) : null;
    }

    public List<Fields> objects(String field) {
        List<Fields> all = new java.util.ArrayList<>();
        for (JsonNode item : json.path(field)) {
            if (item instanceof ObjectNode found) {
                all.add(new Fields(found));
            }
        }
        return all;
    }
}
