package io.polymq.server;

import io.polymq.config.PolyMqConfig;
import io.polymq.config.load.ConfigException;
import io.polymq.config.load.ConfigLoader;
import io.polymq.config.load.ConfigSources;
import io.polymq.config.load.LoadedConfig;
import io.polymq.config.reference.TomlReference;
import io.polymq.config.reference.YamlReference;
import io.polymq.meta.MetadataException;
import io.polymq.server.backup.Restore;
import io.polymq.storage.StorageTool;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;

/** The process. Everything that it prints on standard output is meant for people. */
public final class PolyMq {
    private final PrintStream out;
    private final PrintStream err;
    private final Map<String, String> environment;

    PolyMq(PrintStream out, PrintStream err, Map<String, String> environment) {
        this.out = out;
        this.err = err;
        this.environment = Map.copyOf(environment);
    }

    public static void main(String[] arguments) {
        ExitCode exitCode = new PolyMq(System.out, System.err, System.getenv()).run(arguments);
        System.exit(exitCode.number());
    }

    ExitCode run(String... arguments) {
        if (arguments.length > 0 && arguments[0].equals("nats-server-compat")) {
            List<String> rest = List.of(arguments).subList(1, arguments.length);
            return new NatsServerProcess(out, err, environment).run(rest);
        }
        try {
            return run(CommandLine.parse(arguments));
        } catch (Command.UsageException wrong) {
            err.println("polymq: " + wrong.getMessage());
            return ExitCode.USAGE;
        } catch (ConfigException wrong) {
            err.println(wrong.getMessage());
            return ExitCode.CONFIGURATION;
        } catch (StartupException cannot) {
            err.println("polymq: " + cannot.getMessage());
            return cannot.exitCode();
        } catch (RuntimeException fault) {
            err.println("polymq: a fault of the broker, please report it:");
            fault.printStackTrace(err);
            return ExitCode.SOFTWARE;
        }
    }

    private ExitCode run(Command command)
            throws ConfigException, StartupException, Command.UsageException {
        switch (command) {
            case Command.Help help -> out.print(CommandLine.HELP);
            case Command.Version version -> out.println("polymq " + Version.current());
            case Command.PrintConfig print -> out.print(reference(print.format()));
            case Command.CheckConfig check -> {
                LoadedConfig loaded =
                        ConfigLoader.load(
                                new ConfigSources(check.file(), environment, check.settings()));
                loaded.warnings().forEach(err::println);
                out.println("The configuration is valid.");
            }
            case Command.Train train -> Training.run();
            case Command.Storage storage -> {
                return switch (StorageTool.run(storage.arguments(), out)) {
                    case SOUND -> ExitCode.OK;
                    case DAMAGED -> ExitCode.DATA;
                    case IN_USE -> ExitCode.IN_USE;
                    case NOT_UNDERSTOOD -> ExitCode.USAGE;
                };
            }
            case Command.ImportMosquitto from -> {
                return new Mosquitto(out, err).print(from.folder());
            }
            case Command.ImportNats from -> {
                return new NatsImport(out, err).print(from.file());
            }
            case Command.RestoreBackup restore -> {
                return restore(restore);
            }
            case Command.Client client -> ClientCommands.run(client.arguments());
            case Command.ServeMosquitto serve -> {
                return new Mosquitto(out, err).serve(serve, environment);
            }
            case Command.Serve serve -> {
                return new ServerProcess(
                                new ConfigSources(serve.file(), environment, serve.settings()), out)
                        .run();
            }
        }
        return ExitCode.OK;
    }

    private ExitCode restore(Command.RestoreBackup asked) {
        try {
            out.println("restored " + new Restore(asked.backup(), asked.dataPath()).run());
            List<String> verify = List.of("verify", asked.dataPath().toString());
            return switch (StorageTool.run(verify, out)) {
                case SOUND -> ExitCode.OK;
                // Of the other drivers it knows nothing; their files were compared.
                case NOT_UNDERSTOOD -> ExitCode.OK;
                case DAMAGED, IN_USE -> ExitCode.DATA;
            };
        } catch (IOException | MetadataException cannot) {
            err.println("polymq: " + cannot.getMessage());
            return ExitCode.DATA;
        }
    }

    private static String reference(Command.Format format) {
        return switch (format) {
            case TOML -> TomlReference.of(PolyMqConfig.class);
            case YAML -> YamlReference.of(PolyMqConfig.class);
        };
    }
}
