package io.polymq.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        mixinStandardHelpOptions = true,
        name = "mailbox",
        description = "mq9: mailboxes and agents")
final class MailboxCommand {
    private static final String MAILBOXES = "mailboxes";

    private final Session session;

    MailboxCommand(Session session) {
        this.session = session;
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "list",
            description = "all mailboxes of the tenant")
    int list(
            @Mixin AdminTarget admin,
            @Option(names = "--search", defaultValue = "") String search) {
        admin.printer(session)
                .rows(
                        AdminApi.array(
                                admin.open(session)
                                        .all("/mailboxes?search=" + AdminApi.encoded(search))),
                        List.of("address", "messages", "created_at", "expires_at", "description"));
        return ExitStatus.OK.number();
    }

    @Command(mixinStandardHelpOptions = true, name = "show", description = "one mailbox")
    int show(@Mixin AdminTarget admin, @Parameters(paramLabel = "ADDRESS") String address) {
        admin.printer(session).answer(admin.open(session).get(AdminApi.path(MAILBOXES, address)));
        return ExitStatus.OK.number();
    }

    @Command(mixinStandardHelpOptions = true, name = "create", description = "makes a mailbox")
    int create(
            @Mixin AdminTarget admin,
            @Parameters(paramLabel = "ADDRESS") String address,
            @Option(names = "--ttl", paramLabel = "SECONDS", description = "0: for ever")
                    @Nullable Long ttl,
            @Option(names = "--description", defaultValue = "") String description) {
        ObjectNode body = AdminApi.object();
        if (ttl != null) {
            body.put("ttl", ttl);
        }
        body.put("description", description);
        JsonNode made = admin.open(session).put(AdminApi.path(MAILBOXES, address), body);
        Printer printer = admin.printer(session);
        if (printer.isJson()) {
            printer.answer(made);
        }
        printer.done("made " + address);
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "delete",
            description = "deletes a mailbox with its mail")
    int delete(@Mixin AdminTarget admin, @Parameters(paramLabel = "ADDRESS") String address) {
        admin.open(session).delete(AdminApi.path(MAILBOXES, address));
        admin.printer(session).done("deleted " + address);
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "agents",
            description = "the registry of agents")
    int agents(
            @Mixin AdminTarget admin,
            @Option(names = "--search", defaultValue = "") String search) {
        admin.printer(session)
                .answer(
                        AdminApi.array(
                                admin.open(session)
                                        .all("/agents?search=" + AdminApi.encoded(search))));
        return ExitStatus.OK.number();
    }
}
