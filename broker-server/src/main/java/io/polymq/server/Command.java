package io.polymq.server;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the command line asks for. */
sealed interface Command {

    /** Serve until told to end. */
    record Serve(@Nullable Path file, List<String> settings) implements Command {}

    /** Say what is wrong with the configuration, or that nothing is. */
    record CheckConfig(@Nullable Path file, List<String> settings) implements Command {}

    /** Print the defaults with their comments. */
    record PrintConfig(Format format) implements Command {}

    record Version() implements Command {}

    record Help() implements Command {}

    /** Start, listen on ports that the system picks, and end: makes the start-up cache. */
    record Train() implements Command {}

    /** Look after a data folder while no broker uses it; the arguments are the tool's own. */
    record Storage(List<String> arguments) implements Command {}

    /** Make a data folder of a backup. */
    record RestoreBackup(Path backup, Path dataPath) implements Command {}

    /** A command that is polymq-cli.jar's: it talks to a running broker. */
    record Client(List<String> arguments) implements Command {}

    /** Print a configuration of ours that serves by a nats-server configuration. */
    record ImportNats(Path file) implements Command {}

    /** Print another broker's installation as a configuration of ours. */
    record ImportMosquitto(Path folder) implements Command {}

    /**
     * Serve MQTT alone, by Mosquitto's configuration.
     *
     * @param file null for Mosquitto's defaults
     * @param port of the listener where the file names none, 0 for 1883
     */
    record ServeMosquitto(@Nullable Path file, int port, boolean verbose) implements Command {}

    enum Format {
        TOML,
        YAML
    }

    /** The command line cannot be understood; the message is one sentence. */
    final class UsageException extends Exception {
        private static final long serialVersionUID = 1L;

        UsageException(String message) {
            super(message);
        }
    }
}
