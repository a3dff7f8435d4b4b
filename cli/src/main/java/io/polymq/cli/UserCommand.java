package io.polymq.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(mixinStandardHelpOptions = true, name = "user", description = "users and their passwords")
final class UserCommand {
    private final Session session;

    UserCommand(Session session) {
        this.session = session;
    }

    @Command(mixinStandardHelpOptions = true, name = "list", description = "all users")
    int list(
            @Mixin AdminTarget admin,
            @Option(names = "--search", defaultValue = "") String search) {
        admin.printer(session)
                .rows(
                        AdminApi.array(
                                admin.open(session)
                                        .all("/users?search=" + AdminApi.encoded(search))),
                        List.of("name", "tenant", "groups", "admin", "enabled", "scram"));
        return ExitStatus.OK.number();
    }

    @Command(mixinStandardHelpOptions = true, name = "show", description = "one user")
    int show(@Mixin AdminTarget admin, @Parameters(paramLabel = "USER") String name) {
        admin.printer(session).answer(admin.open(session).get(AdminApi.path("users", name)));
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "set",
            description = "adds or changes a user; what is left out stays")
    int set(
            @Mixin AdminTarget admin,
            @Parameters(paramLabel = "USER") String name,
            @Option(
                            names = "--password-stdin",
                            description = "reads the new password from standard input")
                    boolean password,
            @Option(names = "--in", paramLabel = "TENANT", description = "the user's name space")
                    @Nullable String tenant,
            @Option(names = "--group", description = "repeatable; replaces the groups before")
                    @Nullable List<String> groups,
            @Option(names = "--admin", negatable = true, description = "an administrator")
                    @Nullable Boolean administrator,
            @Option(names = "--enabled", negatable = true, description = "may log in")
                    @Nullable Boolean enabled) {
        ObjectNode body = AdminApi.object();
        if (password) {
            body.put("password", typed());
        }
        if (groups != null) {
            groups.forEach(body.withArray("groups")::add);
        }
        put(body, "tenant", tenant);
        put(body, "admin", administrator);
        put(body, "enabled", enabled);
        JsonNode now = admin.open(session).put(AdminApi.path("users", name), body);
        Printer printer = admin.printer(session);
        if (printer.isJson()) {
            printer.answer(now);
        }
        printer.done("kept " + name);
        return ExitStatus.OK.number();
    }

    private static void put(ObjectNode body, String name, @Nullable String value) {
        if (value != null) {
            body.put(name, value);
        }
    }

    private static void put(ObjectNode body, String name, @Nullable Boolean value) {
        if (value != null) {
            body.put(name, value);
        }
    }

    private String typed() {
        try {
            String text = new String(session.in().readAllBytes(), StandardCharsets.UTF_8);
            return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
        } catch (IOException failed) {
            throw new CliException(ExitStatus.IO, "Standard input cannot be read.", failed);
        }
    }

    @Command(mixinStandardHelpOptions = true, name = "delete", description = "deletes a user")
    int delete(@Mixin AdminTarget admin, @Parameters(paramLabel = "USER") String name) {
        admin.open(session).delete(AdminApi.path("users", name));
        admin.printer(session).done("deleted " + name);
        return ExitStatus.OK.number();
    }
}
