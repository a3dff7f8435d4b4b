package io.polymq.server;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the arguments. */
final class CommandLine {
    static final String HELP =
            """
            Usage: polymq [server] [--config FILE] [--set KEY=VALUE ...]
                   polymq storage verify|dump|repair FOLDER [options]
                   polymq import mosquitto DIR        prints Mosquitto's installation as our configuration
                   polymq mosquitto [-c FILE] [-p PORT] [-v]   serves MQTT by Mosquitto's configuration

              --config FILE         TOML or YAML by its extension; without one the defaults hold
              --set KEY=VALUE       overrides a key, e.g. --set mqtt_runtime.tcp_port=1884; repeatable
              --check-config        says what is wrong with the configuration and ends
              --print-config[=yaml] prints every key with its default and a comment
              --version             prints the version
              --help                prints this

            storage looks after a data path that no broker uses; polymq storage says more.

            Keys can also be set in the environment: POLYMQ_MQTT_RUNTIME_TCP_PORT=1884.

            Exit codes: 0 ended when told to, 1 ended when told to but not everything was flushed in time,
            64 wrong command line, 69 a port is taken, 70 a fault of the broker, 73 the data path cannot be
            written, 74 what is kept cannot be read, 75 another broker uses the data path, 78 wrong
            configuration, certificate or Java.
            """;

    private final Deque<String> arguments;
    private final List<String> settings = new ArrayList<>();
    private @Nullable Path file;
    private @Nullable Command other;

    private CommandLine(List<String> arguments) {
        this.arguments = new ArrayDeque<>(arguments);
    }

    static Command parse(String... arguments) throws Command.UsageException {
        return new CommandLine(List.of(arguments)).parse();
    }

    private Command parse() throws Command.UsageException {
        String first = arguments.peek();
        boolean train = false;
        if (first != null && !first.startsWith("-")) {
            arguments.remove();
            if (first.equals("storage")) {
                return new Command.Storage(List.copyOf(arguments));
            }
            if (first.equals("import")) {
                return importFrom();
            }
            if (first.equals("mosquitto")) {
                return MosquittoArguments.parse(arguments);
            }
            train = first.equals("train");
            if (!train && !first.equals("server")) {
                throw new Command.UsageException(
                        "There is no command \""
                                + first
                                + "\"; polymq --help lists what there is.");
            }
        }
        while (!arguments.isEmpty()) {
            option(arguments.remove());
        }
        if (other instanceof Command.CheckConfig) {
            return new Command.CheckConfig(file, settings);
        }
        if (other != null) {
            return other;
        }
        return train ? new Command.Train() : new Command.Serve(file, settings);
    }

    private Command importFrom() throws Command.UsageException {
        String from = arguments.poll();
        String folder = arguments.poll();
        if (!"mosquitto".equals(from) || folder == null || !arguments.isEmpty()) {
            throw new Command.UsageException("It is: polymq import mosquitto DIR");
        }
        return new Command.ImportMosquitto(Path.of(folder));
    }

    private void option(String option) throws Command.UsageException {
        int equals = option.indexOf('=');
        String name = equals < 0 ? option : option.substring(0, equals);
        String inline = equals < 0 ? null : option.substring(equals + 1);
        switch (name) {
            case "--config", "-c" -> {
                if (file != null) {
                    throw new Command.UsageException("--config was given twice.");
                }
                file = Path.of(value(name, inline));
            }
            case "--set" -> settings.add(value(name, inline));
            case "--check-config" -> other = new Command.CheckConfig(null, List.of());
            case "--print-config" -> other = new Command.PrintConfig(format(inline));
            case "--version", "-v" -> other = new Command.Version();
            case "--help", "-h" -> other = new Command.Help();
            default ->
                    throw new Command.UsageException(
                            "There is no option \""
                                    + name
                                    + "\"; polymq --help lists what there is.");
        }
    }

    private String value(String option, @Nullable String inline) throws Command.UsageException {
        String value = inline != null ? inline : arguments.poll();
        if (value == null || value.isEmpty()) {
            throw new Command.UsageException(option + " needs a value.");
        }
        return value;
    }

    private static Command.Format format(@Nullable String name) throws Command.UsageException {
        return switch (name) {
            case null -> Command.Format.TOML;
            case "toml" -> Command.Format.TOML;
            case "yaml" -> Command.Format.YAML;
            default ->
                    throw new Command.UsageException(
                            "--print-config prints toml or yaml, not \"" + name + "\".");
        };
    }
}
