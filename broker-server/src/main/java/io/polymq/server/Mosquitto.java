package io.polymq.server;

import io.polymq.config.load.ConfigException;
import io.polymq.config.load.ConfigSources;
import io.polymq.mqtt.migration.MosquittoImport;
import io.polymq.mqtt.migration.PolyMqToml;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What people who come from Mosquitto run: its installation read, or served as it is. On the main
 * thread; SIGHUP's reads the installation again.
 */
final class Mosquitto {

    private final PrintStream out;
    private final PrintStream err;

    Mosquitto(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /** Prints the configuration; what has no counterpart goes to standard error. */
    ExitCode print(Path folder) {
        try {
            MosquittoImport found = MosquittoImport.read(folder);
            out.print(PolyMqToml.of(found));
            found.notes().forEach(note -> err.println("# " + note));
            return ExitCode.OK;
        } catch (IOException e) {
            err.println("polymq: cannot read " + folder + ": " + e.getMessage());
            return ExitCode.CONFIGURATION;
        }
    }

    ExitCode serve(Command.ServeMosquitto asked, Map<String, String> environment)
            throws ConfigException, StartupException {
        try {
            MosquittoImport found = read(asked.file());
            TemporaryFolder work = TemporaryFolder.create("polymq-mosquitto");
            try {
                return serve(found, asked, environment, work);
            } catch (IOException | ConfigException | StartupException cannot) {
                work.remove();
                throw cannot;
            }
        } catch (IOException e) {
            err.println("polymq: cannot read " + asked.file() + ": " + e.getMessage());
            return ExitCode.CONFIGURATION;
        }
    }

    private ExitCode serve(
            MosquittoImport found,
            Command.ServeMosquitto asked,
            Map<String, String> environment,
            TemporaryFolder work)
            throws IOException, ConfigException, StartupException {
        Path config = work.path().resolve("polymq.toml");
        Files.writeString(config, PolyMqToml.of(found));
        found.notes().forEach(note -> err.println("# " + note));
        List<String> settings = new ArrayList<>();
        settings(found, asked, work.path(), settings);
        return new ServerProcess(
                        new ConfigSources(config, environment, settings),
                        out,
                        () -> Files.writeString(config, PolyMqToml.of(read(asked.file()))),
                        work::remove)
                .run();
    }

    private static MosquittoImport read(@Nullable Path file) throws IOException {
        return file == null ? MosquittoImport.NOTHING : MosquittoImport.readFile(file);
    }

    /**
     * What Mosquitto has where its configuration says nothing. A name that nobody has takes as long
     * to refuse as one whose password Mosquitto hashed, in 101 rounds, and nobody has to wait for
     * having guessed wrongly.
     */
    private static final Map<String, String> DEFAULTS =
            Map.of(
                    "auth.allow_anonymous", "true",
                    "auth.password_iterations", "1000",
                    "auth.backoff.after", "0",
                    "mqtt_runtime.max_inflight", "20",
                    "mqtt_runtime.receive_maximum", "20",
                    "mqtt_runtime.max_queued_messages", "1000",
                    "mqtt_runtime.max_topic_levels", "201",
                    "mqtt_runtime.max_packet_size", "268435455");

    /** Nothing but MQTT; without persistence nothing is kept, as with Mosquitto. */
    private static void settings(
            MosquittoImport found, Command.ServeMosquitto asked, Path work, List<String> settings)
            throws IOException {
        for (String other : List.of("kafka", "amqp", "nats")) {
            settings.add(other + "_runtime.enabled=false");
        }
        settings.add("admin.port=off");
        for (String transport : List.of("tls", "websocket", "websockets", "quic")) {
            settings.add("mqtt_runtime." + transport + "_port=" + port(found, transport, "off"));
        }
        boolean elsewhere =
                !found.listeners().isEmpty()
                        || found.settings().keySet().stream()
                                .anyMatch(key -> key.endsWith("_port"));
        if (asked.port() > 0) {
            settings.add("mqtt_runtime.tcp_port=" + asked.port());
        } else {
            settings.add("mqtt_runtime.tcp_port=" + port(found, "tcp", elsewhere ? "off" : "1883"));
        }
        if (!found.settings().containsKey("data_path")) {
            String file = found.persistenceFile();
            settings.add("data_path=" + (file.isEmpty() ? work.resolve("data") : data(file)));
        }
        DEFAULTS.forEach(
                (key, value) -> {
                    if (!found.settings().containsKey(key)) {
                        settings.add(key + '=' + value);
                    }
                });
        if (asked.verbose()) {
            settings.add("log.level=debug");
        }
    }

    /**
     * Where a persistence file without a location keeps its data: in a folder beside it. Who
     * removes the file starts anew, as with Mosquitto.
     */
    private static Path data(String persistenceFile) throws IOException {
        Path file = Path.of(persistenceFile).toAbsolutePath();
        Path data = file.resolveSibling(file.getFileName() + ".polymq");
        if (!Files.exists(file)) {
            TemporaryFolder.removeTree(data);
            Files.writeString(file, "The data is in " + data.getFileName() + ".\n");
        }
        return data;
    }

    private static String port(MosquittoImport found, String transport, String otherwise) {
        return found.settings().getOrDefault("mqtt_runtime." + transport + "_port", otherwise);
    }
}
