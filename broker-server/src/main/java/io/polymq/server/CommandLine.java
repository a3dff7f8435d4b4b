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
                   polymq restore BACKUP DATA_PATH    makes a data folder of a backup
                   polymq import mosquitto DIR        prints Mosquitto's installation as our configuration
                   polymq import nats FILE            prints a configuration that serves by nats-server's
                   polymq mosquitto [-c FILE] [-p PORT] [-v]   serves MQTT by Mosquitto's configuration

            Of a running broker (polymq COMMAND --help says more):
                   polymq status | top | connection | backup | completion
                   polymq topic | group | queue | stream | mailbox | user | acl | tenant | schema
                   polymq mqtt | kafka | amqp | nats  pub | sub | request
                   polymq bench PROTOCOL              load with latencies
                   polymq import rabbitmq FILE        takes RabbitMQ's definitions into the broker

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
            switch (first) {
                case "storage" -> {
                    return new Command.Storage(List.copyOf(arguments));
                }
                case "restore" -> {
                    return restore();
                }
                case "import" -> {
                    return importFrom();
                }
                case "mosquitto" -> {
                    return MosquittoArguments.parse(arguments);
                }
                case "server" -> {}
                case "train" -> train = true;
                default -> {
                    return client(first);
                }
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

    private Command client(String first) {
        List<String> all = new ArrayList<>();
        all.add(first);
        all.addAll(arguments);
        return new Command.Client(all);
    }

    private Command restore() throws Command.UsageException {
        String backup = arguments.poll();
        String dataPath = arguments.poll();
        if (backup == null || dataPath == null || !arguments.isEmpty()) {
            throw new Command.UsageException("It is: polymq restore BACKUP DATA_PATH");
        }
        return new Command.RestoreBackup(Path.of(backup), Path.of(dataPath));
    }

    private Command importFrom() throws Command.UsageException {
        if ("rabbitmq".equals(arguments.peek())) {
            return client("import");
        }
        String from = arguments.poll();
        String file = arguments.poll();
        if (from == null || file == null || !arguments.isEmpty()) {
            throw new Command.UsageException(
                    "It is: polymq import mosquitto DIR, nats FILE or rabbitmq FILE");
        }
        return switch (from) {
            case "mosquitto" -> new Command.ImportMosquitto(Path.of(file));
            case "nats" -> new Command.ImportNats(Path.of(file));
            default ->
                    throw new Command.UsageException(
                            "There is no import from " + from + ": mosquitto, nats, rabbitmq.");
        };
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
