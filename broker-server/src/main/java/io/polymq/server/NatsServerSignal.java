package io.polymq.server;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code --signal}: tells a running server what to do. Stateless. */
final class NatsServerSignal {

    private NatsServerSignal() {}

    /**
     * @param command {@code signal=pid}, or {@code signal=file} with the file that holds the pid
     */
    static ExitCode send(String command, PrintStream err) throws IOException {
        int equals = command.indexOf('=');
        String name = equals < 0 ? command : command.substring(0, equals);
        String signal = signal(name);
        if (signal == null) {
            err.println("nats-server: unknown signal \"" + name + '"');
            return ExitCode.NOT_DRAINED;
        }
        if (equals < 0) {
            err.println("nats-server: --signal needs the process: " + name + "=<pid>");
            return ExitCode.NOT_DRAINED;
        }
        String target = command.substring(equals + 1);
        String pid = target.matches("\\d+") ? target : Files.readString(Path.of(target)).strip();
        if (!pid.matches("\\d+")) {
            err.println("nats-server: invalid pid: " + pid);
            return ExitCode.NOT_DRAINED;
        }
        try {
            int result =
                    new ProcessBuilder(List.of("kill", "-" + signal, pid))
                            .inheritIO()
                            .start()
                            .waitFor();
            return result == 0 ? ExitCode.OK : ExitCode.NOT_DRAINED;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return ExitCode.SOFTWARE;
        }
    }

    private static @Nullable String signal(String name) {
        return switch (name) {
            case "stop" -> "KILL";
            case "quit" -> "INT";
            case "term" -> "TERM";
            case "reopen" -> "USR1";
            case "reload" -> "HUP";
            case "ldm" -> "USR2";
            default -> null;
        };
    }
}
