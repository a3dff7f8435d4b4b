package io.polymq.core.schema;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.Error;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** JSON Schema. References to anything outside of the schema are not followed. */
final class JsonCheck implements PayloadCheck {

    private static final int MOST_FAULT_TEXT = 200;

    private final ObjectMapper mapper =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private final com.networknt.schema.Schema schema;

    JsonCheck(Schema of) throws SchemaException {
        try {
            JsonNode text = mapper.readTree(of.text());
            if (text == null || !(text.isObject() || text.isBoolean())) {
                throw new SchemaException("a JSON schema is an object or a boolean");
            }
            schema =
                    SchemaRegistry.withDefaultDialect(
                                    SpecificationVersion.DRAFT_2020_12,
                                    registry ->
                                            registry.schemaLoader(
                                                    loader -> loader.block(iri -> true)))
                            .getSchema(text);
            schema.validate(mapper.nullNode());
        } catch (IOException | RuntimeException e) {
            throw new SchemaException("not a usable JSON schema: " + e.getMessage(), e);
        }
    }

    @Override
    public @Nullable String fault(byte[] payload, int offset, int length) {
        try {
            JsonNode json = mapper.readTree(payload, offset, length);
            if (json == null || json.isMissingNode()) {
                return "empty";
            }
            List<Error> errors = schema.validate(json);
            return errors.isEmpty() ? null : brief(errors.getFirst().toString());
        } catch (IOException | RuntimeException e) {
            return brief("not JSON: " + e.getMessage());
        }
    }

    private static String brief(String text) {
        return text.length() <= MOST_FAULT_TEXT ? text : text.substring(0, MOST_FAULT_TEXT);
    }
}
