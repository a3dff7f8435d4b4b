package io.polymq.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        mixinStandardHelpOptions = true,
        name = "schema",
        description = "schemas of payloads, and the subjects that are bound to them")
final class SchemaCommand {
    private final Session session;

    SchemaCommand(Session session) {
        this.session = session;
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "list",
            description = "all schemas of the tenant")
    int list(@Mixin AdminTarget admin) {
        admin.printer(session)
                .rows(
                        AdminApi.array(admin.open(session).all("/schemas")),
                        List.of("name", "format", "type", "framed", "text"));
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "set",
            description = "adds or replaces a schema")
    int set(
            @Mixin AdminTarget admin,
            @Parameters(paramLabel = "SCHEMA") String name,
            @Parameters(paramLabel = "FILE", description = "its text") Path file,
            @Option(names = "--format", required = true, description = "json, avro or protobuf")
                    String format,
            @Option(names = "--type", description = "of protobuf, the message's name")
                    @Nullable String type,
            @Option(names = "--framed", description = "payloads begin with Confluent's five bytes")
                    boolean framed) {
        ObjectNode body = AdminApi.object();
        body.put("format", format);
        body.put("text", Files.text(file));
        body.put("type", type == null ? "" : type);
        body.put("framed", framed);
        admin.open(session).put(AdminApi.path("schemas", name), body);
        admin.printer(session).done("kept " + name);
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "delete",
            description = "deletes a schema that nothing is bound to")
    int delete(@Mixin AdminTarget admin, @Parameters(paramLabel = "SCHEMA") String name) {
        admin.open(session).delete(AdminApi.path("schemas", name));
        admin.printer(session).done("deleted " + name);
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "bindings",
            description = "which subjects are bound to which schema")
    int bindings(@Mixin AdminTarget admin) {
        admin.printer(session)
                .rows(
                        AdminApi.array(admin.open(session).all("/schema-bindings")),
                        List.of("filter", "schema", "violation"));
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "bind",
            description = "binds subjects to a schema")
    int bind(
            @Mixin AdminTarget admin,
            @Parameters(paramLabel = "FILTER", description = "levels with dots, * and #")
                    String filter,
            @Parameters(paramLabel = "SCHEMA") String schema,
            @Option(
                            names = "--violation",
                            defaultValue = "reject",
                            description = "reject or log (${DEFAULT-VALUE})")
                    String violation) {
        ObjectNode body = AdminApi.object();
        body.put("schema", schema);
        body.put("violation", violation);
        admin.open(session).put(AdminApi.path("schema-bindings", filter), body);
        admin.printer(session).done("bound " + filter + " to " + schema);
        return ExitStatus.OK.number();
    }

    @Command(mixinStandardHelpOptions = true, name = "unbind", description = "unbinds subjects")
    int unbind(@Mixin AdminTarget admin, @Parameters(paramLabel = "FILTER") String filter) {
        admin.open(session).delete(AdminApi.path("schema-bindings", filter));
        admin.printer(session).done("unbound " + filter);
        return ExitStatus.OK.number();
    }
}
