package io.polymq.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** What other brokers are told to keep; those imports that need no running broker are its own. */
@Command(
        mixinStandardHelpOptions = true,
        name = "import",
        description = "takes another broker's definitions into a running broker")
final class ImportCommand {
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final Session session;

    ImportCommand(Session session) {
        this.session = session;
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "rabbitmq",
            description = {
                "users with their password hashes, virtual hosts, permissions, policies,"
                        + " exchanges,",
                "queues and bindings of `rabbitmqctl export_definitions`; what is there stays"
            })
    int rabbitmq(@Mixin AdminTarget admin, @Parameters(paramLabel = "FILE") Path file) {
        JsonNode definitions;
        try {
            definitions = new ObjectMapper().readTree(Files.bytes(file));
        } catch (JsonProcessingException malformed) {
            throw new CliException(
                    ExitStatus.IO,
                    file + " is no JSON: " + malformed.getOriginalMessage(),
                    malformed);
        } catch (java.io.IOException unreadable) {
            throw new CliException(ExitStatus.IO, file + " cannot be read.", unreadable);
        }
        JsonNode answer = admin.open(session).post("/definitions", definitions, PATIENCE);
        Printer printer = admin.printer(session);
        if (printer.isJson()) {
            printer.answer(answer);
        }
        printer.done("imported " + file);
        return ExitStatus.OK.number();
    }
}
