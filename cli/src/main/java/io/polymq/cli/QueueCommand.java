package io.polymq.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        mixinStandardHelpOptions = true,
        name = "queue",
        description = "queues, whatever protocol made them")
final class QueueCommand {
    private final Session session;

    QueueCommand(Session session) {
        this.session = session;
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "list",
            description = "all queues of the tenant")
    int list(
            @Mixin AdminTarget admin,
            @Option(names = "--search", defaultValue = "") String search) {
        admin.printer(session)
                .answer(
                        AdminApi.array(
                                admin.open(session)
                                        .all("/queues?search=" + AdminApi.encoded(search))));
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "show",
            description = "one queue with its counters")
    int show(@Mixin AdminTarget admin, @Parameters(paramLabel = "QUEUE") String queue) {
        admin.printer(session).answer(admin.open(session).get(AdminApi.path("queues", queue)));
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "messages",
            description = "looks at messages without consuming them")
    int messages(
            @Mixin AdminTarget admin,
            @Parameters(paramLabel = "QUEUE") String queue,
            @Option(names = "--offset", defaultValue = "0") long offset,
            @Option(names = "--limit", defaultValue = "50") int limit) {
        JsonNode page =
                admin.open(session)
                        .get(
                                AdminApi.path("queues", queue, "messages")
                                        + "?limit="
                                        + limit
                                        + (offset == 0 ? "" : "&offset=" + offset));
        Printer printer = admin.printer(session);
        JsonNode rows = page.isArray() ? page : page.path("items");
        if (printer.isJson()) {
            printer.answer(page);
        } else {
            printer.rows(rows, List.of("offset", "subject", "written_by", "size", "payload"));
        }
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "pause",
            description = "delivers nothing until resumed")
    int pause(@Mixin AdminTarget admin, @Parameters(paramLabel = "QUEUE") String queue) {
        return change(admin, queue, "pause", "paused ");
    }

    @Command(mixinStandardHelpOptions = true, name = "resume", description = "delivers again")
    int resume(@Mixin AdminTarget admin, @Parameters(paramLabel = "QUEUE") String queue) {
        return change(admin, queue, "resume", "resumed ");
    }

    private int change(AdminTarget admin, String queue, String what, String done) {
        admin.open(session).post(AdminApi.path("queues", queue, what), AdminApi.object());
        admin.printer(session).done(done + queue);
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "purge",
            description = "drops everything that is not in flight")
    int purge(@Mixin AdminTarget admin, @Parameters(paramLabel = "QUEUE") String queue) {
        JsonNode answer = admin.open(session).delete(AdminApi.path("queues", queue, "messages"));
        Printer printer = admin.printer(session);
        if (printer.isJson()) {
            printer.answer(answer);
        }
        printer.done("purged " + queue);
        return ExitStatus.OK.number();
    }
}
