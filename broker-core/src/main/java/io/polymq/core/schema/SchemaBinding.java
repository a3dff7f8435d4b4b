package io.polymq.core.schema;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * Subjects whose payloads must follow a schema.
 *
 * @param filter in the spelling of AMQP: levels with dots, {@code *} for one, {@code #} for any
 *     number
 * @param schema its name
 * @param violation what becomes of a message that does not follow it
 */
public record SchemaBinding(
        @JsonProperty(required = true) String filter,
        @JsonProperty(required = true) String schema,
        @JsonProperty(required = true) Violation violation) {

    /** What becomes of a message that does not follow its schema. */
    public enum Violation {
        REJECT,
        LOG
    }
}
