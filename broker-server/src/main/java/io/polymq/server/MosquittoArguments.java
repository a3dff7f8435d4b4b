package io.polymq.server;

import java.nio.file.Path;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Reads the arguments of the {@code mosquitto} command: those of Mosquitto itself. */
final class MosquittoArguments {

    private MosquittoArguments() {}

    static Command parse(Deque<String> arguments) throws Command.UsageException {
        @Nullable Path file = null;
        int port = 0;
        boolean verbose = false;
        while (!arguments.isEmpty()) {
            String option = arguments.remove();
            switch (option) {
                case "-c", "--config-file" -> file = Path.of(value(option, arguments));
                case "-p", "--port" -> port = port(value(option, arguments));
                case "-v", "--verbose" -> verbose = true;
                case "-d", "--daemon", "-q", "--quiet" -> {
                    // the shell or the service manager sends it to the background
                }
                default ->
                        throw new Command.UsageException(
                                "Mosquitto's option \"" + option + "\" has no counterpart.");
            }
        }
        return new Command.ServeMosquitto(file, port, verbose);
    }

    private static int port(String text) throws Command.UsageException {
        try {
            int port = Integer.parseInt(text);
            if (port > 0 && port < 65_536) {
                return port;
            }
        } catch (NumberFormatException e) {
            // falls through to the one sentence
        }
        throw new Command.UsageException("\"" + text + "\" is no port.");
    }

    private static String value(String option, Deque<String> arguments)
            throws Command.UsageException {
        String value = arguments.poll();
        if (value == null) {
            throw new Command.UsageException(option + " needs a value.");
        }
        return value;
    }
}
