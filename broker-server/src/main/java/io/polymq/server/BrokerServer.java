package io.polymq.server;

import io.polymq.admin.AdminException;
import io.polymq.admin.AdminServer;
import io.polymq.admin.AdminServerParams;
import io.polymq.admin.Health;
import io.polymq.admin.api.ConfigSource;
import io.polymq.amqp.AmqpBroker;
import io.polymq.amqp.AmqpBrokerServerParams;
import io.polymq.config.LoopConfig;
import io.polymq.config.PolyMqConfig;
import io.polymq.config.RuntimeConfig;
import io.polymq.core.admin.AdminPages;
import io.polymq.core.message.HeaderCodec;
import io.polymq.core.service.SubjectService;
import io.polymq.kafka.KafkaBroker;
import io.polymq.kafka.KafkaBrokerServerParams;
import io.polymq.meta.MetadataException;
import io.polymq.mq9.Mq9Broker;
import io.polymq.mqtt.MqttBroker;
import io.polymq.mqtt.MqttBrokerServerParams;
import io.polymq.nats.NatsBroker;
import io.polymq.nats.NatsBrokerServerParams;
import io.polymq.nats.options.OptionsException;
import io.polymq.nats.options.ServerOptions;
import io.polymq.network.BoundAddress;
import io.polymq.network.NetworkException;
import io.polymq.network.NetworkServer;
import io.polymq.network.ProtocolBinding;
import io.polymq.network.ShutdownBroadcast;
import io.polymq.storage.StorageException;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One broker: has the shared objects made, hands every protocol its parameters, and ends everything
 * with one broadcast. Started on the caller's thread; {@link #stop} may come from any thread.
 */
public final class BrokerServer {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerServer.class);

    private static final List<HeaderCodec> HEADER_CODECS =
            Stream.concat(
                            Stream.of(
                                    MqttBroker.headerCodec(),
                                    NatsBroker.headerCodec(),
                                    Mq9Broker.headerCodec()),
                            AmqpBroker.headerCodecs().stream())
                    .toList();

    private final PolyMqConfig config;
    private final @Nullable ServerOptions natsOptions;
    private final ShutdownBroadcast shutdown;
    private final List<ProtocolBinding> bindings = new ArrayList<>();
    private final List<AdminPages> pages = new ArrayList<>();
    private final List<BoundAddress> addresses = new ArrayList<>();
    private final List<String> notices = new ArrayList<>();
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final CompletableFuture<Boolean> ended = new CompletableFuture<>();
    private @Nullable DataFolder data;
    private @Nullable SharedObjects shared;
    private @Nullable AdminServer admin;
    private @Nullable NatsBroker natsBroker;
    private volatile @Nullable ConfigSource source;

    private BrokerServer(PolyMqConfig config, @Nullable ServerOptions natsOptions) {
        this.config = config;
        this.natsOptions = natsOptions;
        this.shutdown = new ShutdownBroadcast(config.shutdownTimeout(), System::nanoTime);
    }

    /** Returns when every listener is open; on failure nothing of it stays behind. */
    public static BrokerServer start(PolyMqConfig config) throws StartupException {
        return start(config, NatsOptions.of(config.natsRuntime()));
    }

    /** The same with what a nats-server configuration says already read. */
    static BrokerServer start(PolyMqConfig config, @Nullable ServerOptions natsOptions)
            throws StartupException {
        BrokerServer server = new BrokerServer(config, natsOptions);
        try {
            server.start();
            return server;
        } catch (StartupException cannot) {
            server.stop("the start failed").join();
            throw cannot;
        } catch (NetworkException | AdminException cannotListen) {
            server.stop("the start failed").join();
            throw new StartupException(ExitCode.UNAVAILABLE, cannotListen);
        } catch (MetadataException | StorageException unusable) {
            server.stop("the start failed").join();
            throw new StartupException(ExitCode.DATA, unusable);
        } catch (RuntimeException fault) {
            server.stop("the start failed").join();
            throw fault;
        }
    }

    private void start() throws StartupException {
        DataFolder folder = DataFolder.open(config.dataPath());
        data = folder;
        RocksLibrary.load();
        SharedObjects parts = SharedObjects.create(config, folder.path(), HEADER_CODECS, shutdown);
        shared = parts;
        parts.health().add("broker", this::state);
        startProtocols(parts);
        startAuto(parts);
        startAdmin(parts);
        notices.addAll(Notices.of(config, parts.security()));
        LOG.atInfo()
                .addKeyValue("broker", config.brokerId())
                .addKeyValue("data", folder.path())
                .log("Started");
    }

    private String state() {
        return stopping.get() ? "It is shutting down." : Health.WELL;
    }

    /** For each protocol a line that builds its parameters and a line that starts it. */
    private void startProtocols(SharedObjects parts) throws StartupException {
        MqttBrokerServerParams mqtt = ProtocolParams.mqtt(parts, config);
        serve(
                parts,
                config.mqttRuntime(),
                () -> {
                    MqttBroker broker = MqttBroker.start(mqtt);
                    pages.addAll(broker.pages());
                    return new Served(broker.binding(), broker.entrances());
                });
        KafkaBrokerServerParams kafka = ProtocolParams.kafka(parts, config);
        serve(
                parts,
                config.kafkaRuntime(),
                () -> {
                    KafkaBroker broker = new KafkaBroker(kafka);
                    pages.add(broker.pages());
                    return new Served(broker.binding());
                });
        NatsBrokerServerParams nats =
                ProtocolParams.nats(parts, config, natsOptions, startMq9(parts));
        serve(parts, config.natsRuntime(), () -> new Served(startNats(nats)));
        tellNatsItsAddress();
        AmqpBrokerServerParams amqp = ProtocolParams.amqp(parts, config);
        serve(
                parts,
                config.amqpRuntime(),
                () -> {
                    AmqpBroker broker = AmqpBroker.start(amqp);
                    pages.add(broker.management(ProtocolParams.management(parts, this::addresses)));
                    pages.addAll(broker.pages(parts.security().users(), parts.security().rules()));
                    return new Served(broker.binding());
                });
    }

    private ProtocolBinding startNats(NatsBrokerServerParams params)
            throws IOException, StartupException {
        try {
            NatsBroker broker = NatsBroker.start(params);
            natsBroker = broker;
            Path file = config.natsRuntime().serverConfig();
            if (file != null) {
                broker.reloadFrom(() -> ServerOptions.read(file, System.getenv()));
            }
            pages.addAll(broker.pages());
            return broker.binding();
        } catch (OptionsException wrong) {
            throw new StartupException(ExitCode.CONFIGURATION, wrong);
        } catch (BindException taken) {
            throw new StartupException(ExitCode.UNAVAILABLE, taken);
        }
    }

    private void tellNatsItsAddress() {
        NatsBroker broker = natsBroker;
        if (broker == null) {
            return;
        }
        for (BoundAddress bound : addresses) {
            if (bound.protocol().equals("nats")
                    && bound.address() instanceof InetSocketAddress at) {
                broker.listensOn(at);
                return;
            }
        }
    }

    /** The NATS broker, for what is asked of it by name; null when it is not served. */
    @Nullable NatsBroker natsBroker() {
        return natsBroker;
    }

    /** It has no listeners of its own: it rides on the connections of NATS. */
    private List<SubjectService> startMq9(SharedObjects parts) {
        if (!config.mq9Runtime().enabled()) {
            return List.of();
        }
        Mq9Broker mq9 = Mq9Broker.start(ProtocolParams.mq9(parts, config));
        pages.addAll(mq9.pages());
        return List.of(mq9);
    }

    /** Opens a protocol's listeners, unless its section says that it is not served. */
    private void serve(SharedObjects parts, RuntimeConfig runtime, Protocol protocol)
            throws StartupException {
        if (!runtime.enabled()) {
            return;
        }
        try {
            Served served = protocol.start();
            bindings.add(served.binding());
            addresses.addAll(parts.network().listen(served.binding(), runtime, served.further()));
        } catch (IOException unusable) {
            throw new StartupException(ExitCode.DATA, unusable);
        }
    }

    /** Starts a broker, which may have to read what it kept. */
    private interface Protocol {
        Served start() throws IOException, StartupException;
    }

    /** A protocol that is served, and what leads to it besides the ports that all have. */
    private record Served(ProtocolBinding binding, List<NetworkServer.Entrance> further) {
        Served(ProtocolBinding binding) {
            this(binding, List.of());
        }
    }

    /** Opens the port on which every protocol is served. */
    private void startAuto(SharedObjects parts) {
        Integer port = config.network().autoPort();
        if (port != null) {
            addresses.addAll(parts.network().listenAuto(bindings, port, LoopConfig.DEFAULT));
        }
    }

    private void startAdmin(SharedObjects parts) {
        if (config.admin().port() == null) {
            return;
        }
        List<String> bind =
                config.admin().bind().isEmpty() ? config.network().bind() : config.admin().bind();
        admin =
                AdminServer.start(
                        new AdminServerParams(
                                config.admin(),
                                bind,
                                Version.current(),
                                parts.metrics(),
                                config.metrics().enabled(),
                                parts.health(),
                                parts.security(),
                                Administration.pages(
                                        parts, config, this::addresses, () -> source, pages)));
    }

    /** Says where the configuration came from, for administrators. */
    void configuredBy(ConfigSource from) {
        source = from;
    }

    /**
     * Takes on what can change at run time: limits, certificates, users and rules, those of NATS
     * too.
     */
    public void reload(PolyMqConfig now) {
        if (shared != null) {
            shared.rateLimiter().reload(now.limits());
            shared.network().reloadTls();
            try {
                shared.security().reload(now.auth());
            } catch (IllegalArgumentException wrong) {
                LOG.error("The users and rules stay as they were: {}", wrong.getMessage());
            }
        }
        NatsBroker nats = natsBroker;
        if (nats == null || natsOptions == null) {
            return;
        }
        try {
            nats.reload();
            LOG.info("Reloaded server configuration");
        } catch (OptionsException wrong) {
            LOG.error("Failed to reload server configuration: {}", wrong.getMessage());
        }
    }

    /** Begins to end, if that has not begun; does not wait. Any thread. */
    public CompletableFuture<Boolean> stop(String why) {
        if (stopping.compareAndSet(false, true)) {
            long begun = System.nanoTime();
            shutdown.begin(why)
                    .thenRunAsync(
                            () -> finish(begun), task -> new Thread(task, "polymq-stop").start());
        }
        return ended;
    }

    /** The admin port answers until now, so that the end can be watched. */
    private void finish(long begun) {
        boolean inTime = System.nanoTime() - begun < config.shutdownTimeout().toNanos();
        if (admin != null) {
            admin.close();
        }
        try {
            if (data != null) {
                data.close();
            }
        } catch (IOException failed) {
            LOG.error("The data path's lock cannot be given back", failed);
        }
        ended.complete(inTime);
    }

    /** Takes no more connections; those that stand stay. Any thread. */
    void stopListening() {
        if (shared != null) {
            shared.network().closeListeners();
        }
    }

    /** Completes when everything has ended; true when all of it did so in time. */
    public CompletableFuture<Boolean> ended() {
        return ended;
    }

    public PolyMqConfig config() {
        return config;
    }

    /** Where each protocol can be reached. */
    public List<BoundAddress> addresses() {
        return List.copyOf(addresses);
    }

    public List<InetSocketAddress> adminAddresses() {
        return admin == null ? List.of() : admin.addresses();
    }

    /** What the operator should know, a sentence each. */
    List<String> notices() {
        return List.copyOf(notices);
    }
}
