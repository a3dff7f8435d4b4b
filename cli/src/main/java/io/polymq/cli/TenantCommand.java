package io.polymq.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        mixinStandardHelpOptions = true,
        name = "tenant",
        description = "tenants: name spaces with quotas")
final class TenantCommand {
    private final Session session;

    TenantCommand(Session session) {
        this.session = session;
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "list",
            description = "all tenants that have quotas")
    int list(@Mixin AdminTarget admin) {
        admin.printer(session)
                .rows(
                        AdminApi.array(admin.open(session).all("/tenants")),
                        List.of("name", "quotas", "used"));
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "show",
            description = "one tenant with its use")
    int show(@Mixin AdminTarget admin, @Parameters(paramLabel = "TENANT") String name) {
        admin.printer(session).answer(admin.open(session).get(AdminApi.path("tenants", name)));
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "set",
            description = "makes or changes a tenant")
    int set(
            @Mixin AdminTarget admin,
            @Parameters(paramLabel = "TENANT") String name,
            @Option(
                            names = "--quota",
                            paramLabel = "KIND=NUMBER",
                            required = true,
                            description =
                                    "connections, sessions, subscriptions, topics, queues,"
                                            + " retained, stored_bytes, messages_per_second or"
                                            + " bytes_per_second; -1 for no limit; repeatable")
                    Map<String, Long> quotas) {
        ObjectNode body = AdminApi.object();
        quotas.forEach(body.putObject("quotas")::put);
        JsonNode now = admin.open(session).put(AdminApi.path("tenants", name), body);
        Printer printer = admin.printer(session);
        if (printer.isJson()) {
            printer.answer(now);
        }
        printer.done("kept " + name);
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "delete",
            description = "deletes a tenant's quotas; what it keeps stays")
    int delete(@Mixin AdminTarget admin, @Parameters(paramLabel = "TENANT") String name) {
        admin.open(session).delete(AdminApi.path("tenants", name));
        admin.printer(session).done("deleted the quotas of " + name);
        return ExitStatus.OK.number();
    }
}
