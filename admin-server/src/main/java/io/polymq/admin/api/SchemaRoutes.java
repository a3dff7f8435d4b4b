package io.polymq.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.schema.Schema;
import io.polymq.core.schema.SchemaBinding;
import io.polymq.core.schema.SchemaException;
import io.polymq.core.schema.SchemaFormat;
import io.polymq.core.schema.Schemas;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Schemas and the subjects that are bound to them. */
final class SchemaRoutes {
    private final Schemas schemas;

    SchemaRoutes(Schemas schemas) {
        this.schemas = schemas;
    }

    List<AdminRoute> routes() {
        return List.of(
                AdminRoute.list("/schemas", "Schemas of a tenant", this::list),
                AdminRoute.put(
                                "/schemas/{name}",
                                "Adds or replaces a schema",
                                "format (json, avro, protobuf), text, type, framed",
                                this::put)
                        .asking("tenant", "its name space"),
                AdminRoute.delete("/schemas/{name}", "Deletes a schema", this::delete)
                        .asking("tenant", "its name space"),
                AdminRoute.list("/schema-bindings", "Subjects bound to schemas", this::bindings),
                AdminRoute.put(
                                "/schema-bindings/{filter}",
                                "Binds subjects (levels with dots, * and #) to a schema",
                                "schema, violation (reject, log)",
                                this::bind)
                        .asking("tenant", "its name space"),
                AdminRoute.delete("/schema-bindings/{filter}", "Unbinds subjects", this::unbind)
                        .asking("tenant", "its name space"));
    }

    private Object list(AdminCall call) {
        return call.page(schemas.schemas(call.tenant()), Schema::name, Function.identity());
    }

    private Object bindings(AdminCall call) {
        return call.page(
                schemas.bindings(call.tenant()), SchemaBinding::filter, Function.identity());
    }

    private Object put(AdminCall call) throws Exception {
        JsonNode json = call.json();
        Schema schema =
                new Schema(
                        call.segment("name"),
                        value(SchemaFormat.class, json.path("format").asText()),
                        json.path("text").asText(),
                        json.path("type").asText(),
                        json.path("framed").asBoolean());
        await(schemas.define(call.tenant(), schema));
        return schema;
    }

    private @Nullable Object delete(AdminCall call) throws Exception {
        await(schemas.remove(call.tenant(), call.segment("name")));
        return null;
    }

    private Object bind(AdminCall call) throws Exception {
        JsonNode json = call.json();
        SchemaBinding binding =
                new SchemaBinding(
                        call.segment("filter"),
                        json.path("schema").asText(),
                        value(
                                SchemaBinding.Violation.class,
                                json.path("violation").asText("reject")));
        await(schemas.bind(call.tenant(), binding));
        return Map.of(
                "filter", binding.filter(),
                "schema", binding.schema(),
                "violation", binding.violation());
    }

    private @Nullable Object unbind(AdminCall call) throws Exception {
        await(schemas.unbind(call.tenant(), call.segment("filter")));
        return null;
    }

    private static void await(CompletionStage<Void> result) throws Exception {
        try {
            AdminCall.await(result);
        } catch (SchemaException refused) {
            throw AdminRefusal.badRequest(String.valueOf(refused.getMessage()));
        }
    }

    private static <T extends Enum<T>> T value(Class<T> type, String text) {
        try {
            return Enum.valueOf(type, text.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException unknown) {
            throw AdminRefusal.badRequest("'" + text + "' is not known here.");
        }
    }
}
