package io.polymq.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        mixinStandardHelpOptions = true,
        name = "status",
        description = "the broker at a glance; 0 when it is there and well")
final class StatusCommand implements Callable<Integer> {
    @Mixin private AdminTarget admin = new AdminTarget();

    private final Session session;

    StatusCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        JsonNode overview = admin.open(session).get("/overview");
        Printer printer = admin.printer(session);
        printer.answer(overview);
        if (overview.path("storage_full").asBoolean()) {
            session.err().println("polymq: the storage is full, publishes are refused");
            return ExitStatus.INCOMPLETE.number();
        }
        return ExitStatus.OK.number();
    }

    /** What a glance has in one line, for {@code top}. */
    static List<String> headline(JsonNode overview) {
        return List.of(
                "connections " + overview.path("connections").asLong(),
                "subscriptions " + overview.path("subscriptions").asLong(),
                "topics " + overview.path("topics").asLong(),
                "queues " + overview.path("queues").asLong(),
                "retained " + overview.path("retained").asLong(),
                "heap " + (overview.path("heap_used").asLong() >> 20) + " MiB");
    }
}
