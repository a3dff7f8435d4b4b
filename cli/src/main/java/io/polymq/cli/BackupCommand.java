package io.polymq.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        mixinStandardHelpOptions = true,
        name = "backup",
        description = {
            "has the running broker write a consistent copy of all it keeps, while it serves;",
            "`polymq restore` makes a data folder of it"
        })
final class BackupCommand implements Callable<Integer> {
    @Mixin private AdminTarget admin = new AdminTarget();

    @Parameters(
            paramLabel = "NAME",
            arity = "0..1",
            defaultValue = "",
            description = "of a folder in the broker's backup_path; the time without one")
    private String name = "";

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "3600",
            description = "how long it may take (${DEFAULT-VALUE})")
    private long timeout;

    private final Session session;

    BackupCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        ObjectNode body = AdminApi.object();
        body.put("name", name);
        JsonNode made = admin.open(session).post("/backups", body, Duration.ofSeconds(timeout));
        Printer printer = admin.printer(session);
        if (printer.isJson()) {
            printer.answer(made);
        }
        printer.done(
                made.path("folder").asText()
                        + ": "
                        + made.path("files").asLong()
                        + " files, "
                        + made.path("bytes").asLong()
                        + " bytes, verified");
        return ExitStatus.OK.number();
    }
}
