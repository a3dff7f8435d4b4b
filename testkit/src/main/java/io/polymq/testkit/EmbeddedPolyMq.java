package io.polymq.testkit;

import io.polymq.config.PolyMqConfig;
import io.polymq.config.load.ConfigException;
import io.polymq.config.load.ConfigLoader;
import io.polymq.config.load.ConfigSources;
import io.polymq.network.BoundAddress;
import io.polymq.network.TransportKind;
import io.polymq.server.BrokerServer;
import io.polymq.server.StartupException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A whole broker in this process, for tests:
 *
 * <pre>{@code
 * try (EmbeddedPolyMq broker = EmbeddedPolyMq.start()) {
 *     connect("127.0.0.1", broker.port("mqtt"));
 * }
 * }</pre>
 *
 * <p>Ports are picked by the system, data goes to a temporary folder that is deleted in the end,
 * and messages stay in memory unless the builder says otherwise. A restart keeps ports and data.
 * Logging is left to the program around it.
 */
public final class EmbeddedPolyMq implements AutoCloseable {
    private static final long SECONDS_TO_END = 60;
    private static final Map<String, TransportKind> PORT_KEYS =
            Map.of(
                    "tcp_port", TransportKind.TCP,
                    "tls_port", TransportKind.TLS,
                    "websocket_port", TransportKind.WEBSOCKET,
                    "websockets_port", TransportKind.WEBSOCKET_TLS,
                    "quic_port", TransportKind.QUIC);

    private final Map<String, String> settings;
    private final Path folder;
    private final @Nullable TestCertificates certificates;
    private @Nullable BrokerServer server;

    private EmbeddedPolyMq(
            Map<String, String> settings, Path folder, @Nullable TestCertificates certificates) {
        this.settings = new LinkedHashMap<>(settings);
        this.folder = folder;
        this.certificates = certificates;
    }

    /** A broker of defaults, in memory. */
    public static EmbeddedPolyMq start() {
        return builder().start();
    }

    public static Builder builder() {
        return new Builder();
    }

    /** What a broker should be like. */
    public static final class Builder {
        private final Map<String, String> settings = new LinkedHashMap<>();
        private boolean tls;

        private Builder() {
            List.of("mqtt", "kafka", "amqp", "nats")
                    .forEach(protocol -> settings.put(protocol + "_runtime.tcp_port", "0"));
            settings.put("mqtt_runtime.websocket_port", "0");
            settings.put("nats_runtime.websocket_port", "0");
            settings.put("admin.port", "0");
            settings.put("storage.driver", "memory");
            settings.put("meta.driver", "memory");
            settings.put("metrics.jvm", "false");
        }

        /** A key of the configuration, as after {@code --set}. */
        public Builder set(String key, Object value) {
            settings.put(key, value.toString());
            return this;
        }

        /** Keeps messages and metadata on disk, so that they are there after a restart. */
        public Builder onDisk() {
            settings.remove("storage.driver");
            settings.remove("meta.driver");
            return this;
        }

        /** With a certificate made for this broker, and the encrypted ports open. */
        public Builder withTls() {
            tls = true;
            return this;
        }

        public EmbeddedPolyMq start() {
            try {
                Path folder = Files.createTempDirectory("polymq-test");
                TestCertificates certificates = null;
                Map<String, String> all = new LinkedHashMap<>();
                if (tls) {
                    certificates = TestCertificates.create(folder.resolve("tls"));
                    all.put("tls.certificate", certificates.serverCertificate().toString());
                    all.put("tls.key", certificates.serverKey().toString());
                    all.put("tls.client_ca", certificates.authority().toString());
                    all.put("tls.client_auth", "optional");
                    all.put("mqtt_runtime.tls_port", "0");
                    all.put("mqtt_runtime.websockets_port", "0");
                    all.put("mqtt_runtime.quic_port", "0");
                    all.put("kafka_runtime.tls_port", "0");
                    all.put("amqp_runtime.tls_port", "0");
                }
                all.put("data_path", folder.resolve("data").toString());
                all.putAll(settings);
                EmbeddedPolyMq broker = new EmbeddedPolyMq(all, folder, certificates);
                try {
                    broker.open();
                } catch (RuntimeException refused) {
                    broker.close();
                    throw refused;
                }
                return broker;
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }
    }

    private void open() {
        List<String> list = new ArrayList<>();
        settings.forEach((key, value) -> list.add(key + '=' + value));
        try {
            PolyMqConfig config =
                    ConfigLoader.load(ConfigSources.of(list.toArray(String[]::new))).config();
            server = BrokerServer.start(config);
        } catch (ConfigException | StartupException refused) {
            throw new IllegalStateException(refused.getMessage(), refused);
        }
    }

    private BrokerServer running() {
        if (server == null) {
            throw new IllegalStateException("the broker is not running");
        }
        return server;
    }

    /** The plain TCP port of {@code mqtt}, {@code kafka}, {@code amqp} or {@code nats}. */
    public int port(String protocol) {
        return port(protocol, TransportKind.TCP);
    }

    public int port(String protocol, TransportKind transport) {
        if (address(protocol, transport) instanceof InetSocketAddress address) {
            return address.getPort();
        }
        throw new IllegalArgumentException(transport + " has no port");
    }

    public SocketAddress address(String protocol, TransportKind transport) {
        return running().addresses().stream()
                .filter(bound -> bound.protocol().equals(protocol))
                .filter(bound -> bound.transport() == transport)
                .map(BoundAddress::address)
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        protocol + " does not listen on " + transport));
    }

    /** The admin port's address, such as {@code http://127.0.0.1:9600}. */
    public URI adminUri() {
        InetSocketAddress admin = running().adminAddresses().getFirst();
        return URI.create("http://127.0.0.1:" + admin.getPort());
    }

    /** The broker's data folder. */
    public Path dataPath() {
        return Path.of(settings.getOrDefault("data_path", ""));
    }

    /** What to trust and to show; only after {@link Builder#withTls}. */
    public TestCertificates certificates() {
        if (certificates == null) {
            throw new IllegalStateException("the broker was built without TLS");
        }
        return certificates;
    }

    /** The broker itself. */
    public BrokerServer server() {
        return running();
    }

    /** Ends the broker in good order; {@link #restart} may follow. */
    public void stop() {
        BrokerServer running = running();
        List<BoundAddress> addresses = running.addresses();
        running.stop("the test stops it");
        try {
            running.ended().get(SECONDS_TO_END, TimeUnit.SECONDS);
        } catch (TimeoutException late) {
            throw new IllegalStateException("the broker did not end in time", late);
        } catch (ExecutionException failed) {
            throw new IllegalStateException("the broker did not end well", failed);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", interrupted);
        }
        addresses.forEach(this::keepPort);
        server = null;
    }

    private void keepPort(BoundAddress bound) {
        PORT_KEYS.forEach(
                (key, transport) -> {
                    if (transport == bound.transport()
                            && bound.address() instanceof InetSocketAddress address) {
                        settings.computeIfPresent(
                                bound.protocol() + "_runtime." + key,
                                (path, before) -> Integer.toString(address.getPort()));
                    }
                });
    }

    /** Ends the broker if it runs, and starts it on the same ports and the same data. */
    public void restart() {
        if (server != null) {
            stop();
        }
        open();
    }

    @Override
    public void close() {
        if (server != null) {
            stop();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
