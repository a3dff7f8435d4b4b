package io.polymq.server;

import io.polymq.config.LogConfig;
import io.polymq.config.load.ConfigException;
import io.polymq.config.load.ConfigLoader;
import io.polymq.config.load.ConfigSources;
import io.polymq.nats.options.OptionsException;
import io.polymq.nats.options.ServerOptions;
import io.polymq.network.BoundAddress;
import io.polymq.network.TransportKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Short lives of a broker, one on an empty data path, one on what that left, and one in
 * nats-server's place, so that the JVM can record which classes a start loads, the first requests,
 * and what is hot under load. Ports are picked by the system, everything is on loopback, and the
 * data goes to a folder that is deleted.
 */
final class Training {
    private Training() {}

    static void run() throws ConfigException, StartupException {
        LogSetup.apply(LogConfig.DEFAULT);
        try {
            Path folder = Files.createTempDirectory("polymq-training");
            try {
                live(folder, false);
                live(folder, true);
                liveAsNatsServer(folder.resolve("nats"));
            } finally {
                delete(folder);
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static void live(Path folder, boolean loaded)
            throws ConfigException, StartupException, IOException {
        // Through a file, as in the usual start, so that the parsers are recorded as well.
        Path file =
                Files.writeString(
                        folder.resolve("training.toml"),
                        """
                        [mqtt_runtime]
                        tcp_port = 0
                        websocket_port = 0
                        [kafka_runtime]
                        tcp_port = 0
                        [amqp_runtime]
                        tcp_port = 0
                        [nats_runtime]
                        tcp_port = 0
                        websocket_port = 0
                        [admin]
                        port = 0
                        """);
        ConfigSources sources =
                new ConfigSources(file, Map.of(), List.of("data_path=" + folder.resolve("data")));
        BrokerServer server = BrokerServer.start(ConfigLoader.load(sources).config());
        try {
            StartTable.of(server, Duration.ZERO);
            scrape(server.adminAddresses().getFirst());
            talk(server);
            Path jar = ClientCommands.brokersJar();
            if (loaded && jar != null) {
                new TrainingLoad(jar).run(server.addresses());
            }
        } finally {
            server.stop("the training is over");
            server.ended().join();
        }
    }

    private static void liveAsNatsServer(Path folder)
            throws ConfigException, StartupException, IOException {
        try {
            ServerOptions options =
                    ServerOptions.parse(
                            """
                            listen: "127.0.0.1:-1"
                            jetstream { store_dir: "%s" }
                            accounts {
                              $SYS { users = [ { user: sys, password: sys } ] }
                              A { jetstream: enabled, users: [ { user: a, password: a } ] }
                            }
                            no_auth_user: a
                            """
                                    .formatted(folder),
                            Map.of());
            BrokerServer server = BrokerServer.start(NatsServerConfig.of(options, folder), options);
            try {
                talk(server);
            } finally {
                server.stop("the training is over");
                server.ended().join();
            }
        } catch (OptionsException wrong) {
            throw new IllegalStateException(wrong);
        }
    }

    private static void talk(BrokerServer server) throws IOException {
        for (BoundAddress bound : server.addresses()) {
            if (bound.protocol().equals("nats")
                    && bound.transport() == TransportKind.TCP
                    && bound.address() instanceof InetSocketAddress at) {
                try (TrainingClient client = new TrainingClient(at)) {
                    client.talk();
                }
            }
        }
    }

    private static void scrape(InetSocketAddress admin) throws IOException {
        try (var answer =
                URI.create("http://127.0.0.1:" + admin.getPort() + "/metrics")
                        .toURL()
                        .openStream()) {
            answer.readAllBytes();
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
