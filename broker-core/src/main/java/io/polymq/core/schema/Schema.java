package io.polymq.core.schema;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * A named schema.
 *
 * @param name unique in its tenant
 * @param format what the text is written in
 * @param text the schema itself
 * @param type the message's full name, for Protobuf; empty otherwise
 * @param framed whether payloads begin with the five bytes (0 and a schema id) that Kafka's
 *     registries put in front
 */
public record Schema(
        @JsonProperty(required = true) String name,
        @JsonProperty(required = true) SchemaFormat format,
        @JsonProperty(required = true) String text,
        String type,
        boolean framed) {

    private static final int MOST_TEXT = 1 << 20;

    public Schema {
        if (name.isEmpty() || name.indexOf('/') >= 0) {
            throw new IllegalArgumentException("a schema's name is empty or contains a slash");
        }
        if (text.length() > MOST_TEXT) {
            throw new IllegalArgumentException("a schema of more than a million characters");
        }
        if (type == null) {
            type = "";
        }
    }
}
