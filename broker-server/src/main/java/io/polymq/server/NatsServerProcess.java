package io.polymq.server;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.config.load.ConfigException;
import io.polymq.nats.NatsBroker;
import io.polymq.nats.NatsSettings;
import io.polymq.nats.options.ListenOptions;
import io.polymq.nats.options.OptionsException;
import io.polymq.nats.options.ServerOptions;
import io.polymq.network.BoundAddress;
import io.polymq.network.TransportKind;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;

/**
 * PolyMQ in nats-server's place: its flags, its configuration file, its log lines, its signals, its
 * pid and ports files. The main thread starts the broker and waits.
 */
final class NatsServerProcess {

    private static final Logger LOG = LoggerFactory.getLogger(NatsServerProcess.class);
    private static final String NAME = "nats-server";

    private final PrintStream out;
    private final PrintStream err;
    private final Map<String, String> environment;

    NatsServerProcess(PrintStream out, PrintStream err, Map<String, String> environment) {
        this.out = out;
        this.err = err;
        this.environment = environment;
    }

    ExitCode run(List<String> arguments) {
        try {
            NatsServerFlags flags = NatsServerFlags.parse(arguments);
            if (flags.has("help")) {
                out.print(NatsServerFlags.HELP);
                return ExitCode.OK;
            }
            if (flags.has("version")) {
                out.println(NAME + ": v" + NatsSettings.VERSION);
                return ExitCode.OK;
            }
            String signal = flags.value("signal");
            if (signal != null) {
                return NatsServerSignal.send(signal, err);
            }
            ServerOptions options = flags.options(environment);
            if (flags.has("t")) {
                err.println(NAME + ": configuration file " + flags.value("config") + " is valid");
                return ExitCode.OK;
            }
            return serve(options, flags);
        } catch (Command.UsageException | OptionsException | ConfigException wrong) {
            String message = String.valueOf(wrong.getMessage());
            err.println(message.startsWith(NAME) ? message : NAME + ": " + message);
            return ExitCode.NOT_DRAINED;
        } catch (StartupException cannot) {
            LOG.error("{}", cannot.getMessage());
            return ExitCode.NOT_DRAINED;
        } catch (IOException cannot) {
            err.println(NAME + ": " + cannot.getMessage());
            return ExitCode.NOT_DRAINED;
        }
    }

    private ExitCode serve(ServerOptions options, NatsServerFlags flags)
            throws OptionsException, ConfigException, StartupException, IOException {
        NatsServerLog.apply(options.log());
        LOG.info("Starting nats-server");
        LOG.info("  Version:  {}", NatsSettings.VERSION);
        Path kept = options.jetStream().storeDir();
        TemporaryFolder temporary = null;
        Path data;
        if (options.jetStream().enabled()) {
            data =
                    (kept == null ? Path.of(System.getProperty("java.io.tmpdir"), "nats") : kept)
                            .resolve("polymq");
        } else {
            temporary = TemporaryFolder.create("nats-server-compat");
            data = temporary.path();
        }
        BrokerServer server = BrokerServer.start(NatsServerConfig.of(options, data), options);
        drainOnExit(server, temporary);
        NatsBroker nats = server.natsBroker();
        if (nats != null) {
            nats.reloadFrom(() -> readAgain(flags));
        }
        listenForSignals(server);
        announce(server, options);
        return await(server);
    }

    private ServerOptions readAgain(NatsServerFlags flags) throws OptionsException {
        try {
            ServerOptions options = flags.options(environment);
            NatsServerLog.apply(options.log());
            return options;
        } catch (Command.UsageException wrong) {
            throw new OptionsException(String.valueOf(wrong.getMessage()));
        }
    }

    private static ExitCode await(BrokerServer server) {
        try {
            server.ended().get();
            return ExitCode.OK;
        } catch (ExecutionException failed) {
            LOG.error("The server did not end as it should", failed.getCause());
            return ExitCode.SOFTWARE;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return ExitCode.SOFTWARE;
        }
    }

    private static void drainOnExit(BrokerServer server, @Nullable TemporaryFolder temporary) {
        Thread drain =
                new Thread(
                        () -> {
                            LOG.info("Initiating Shutdown...");
                            server.stop("the process was told to end");
                            await(server);
                            LOG.info("Server Exiting..");
                            if (temporary != null) {
                                temporary.remove();
                            }
                            Runtime.getRuntime().halt(0);
                        },
                        "nats-server-drain");
        Runtime.getRuntime().addShutdownHook(drain);
    }

    private static void listenForSignals(BrokerServer server) {
        handle(
                "HUP",
                () -> {
                    LOG.info("Trapped \"hangup\" signal, reloading server configuration");
                    server.reload(server.config());
                });
        handle("USR2", () -> lameDuck(server));
    }

    /** USR2 is the JVM's own unless _JAVA_SR_SIGNUM gives it another. */
    private static void handle(String name, Runnable action) {
        try {
            Signal.handle(new Signal(name), signal -> action.run());
        } catch (IllegalArgumentException taken) {
            LOG.debug("Signal {} is not to be had", name, taken);
        }
    }

    private static void lameDuck(BrokerServer server) {
        NatsBroker nats = server.natsBroker();
        if (nats != null) {
            LOG.info("Entering lame duck mode, stop accepting new clients");
            server.stopListening();
            nats.lameDuck().thenRun(() -> System.exit(0));
        }
    }

    private void announce(BrokerServer server, ServerOptions options) throws IOException {
        List<InetSocketAddress> clients = new ArrayList<>();
        List<InetSocketAddress> webSockets = new ArrayList<>();
        for (BoundAddress bound : server.addresses()) {
            if (bound.address() instanceof InetSocketAddress at) {
                boolean webSocket =
                        bound.transport() == TransportKind.WEBSOCKET
                                || bound.transport() == TransportKind.WEBSOCKET_TLS;
                (webSocket ? webSockets : clients).add(at);
            }
        }
        NatsBroker nats = server.natsBroker();
        InetSocketAddress monitor = nats == null ? null : nats.monitorAddress();
        if (monitor != null) {
            LOG.info("Starting http monitor on {}", written(monitor));
        }
        boolean plain =
                options.transports().webSocket() == null
                        || options.transports().webSocket().plain();
        webSockets.forEach(
                at ->
                        LOG.info(
                                "Listening for websocket clients on {}://{}",
                                plain ? "ws" : "wss",
                                written(at)));
        clients.forEach(at -> LOG.info("Listening for client connections on {}", written(at)));
        if (options.transports().tls() != null) {
            LOG.info("TLS required for client connections");
        }
        LOG.info("Server is ready");
        files(options.listen(), options, clients, webSockets, monitor);
    }

    private static String written(InetSocketAddress address) {
        String host = address.getAddress().getHostAddress();
        return (host.contains(":") && !host.equals("0:0:0:0:0:0:0:0")
                        ? '[' + host + ']'
                        : host.equals("0:0:0:0:0:0:0:0") ? "0.0.0.0" : host)
                + ':'
                + address.getPort();
    }

    private static void files(
            ListenOptions listen,
            ServerOptions options,
            List<InetSocketAddress> clients,
            List<InetSocketAddress> webSockets,
            @Nullable InetSocketAddress monitor)
            throws IOException {
        long pid = ProcessHandle.current().pid();
        if (listen.pidFile() != null) {
            Files.writeString(listen.pidFile(), Long.toString(pid));
        }
        Path folder = listen.portsFileDir();
        if (folder == null) {
            return;
        }
        ObjectMapper json = new ObjectMapper();
        ObjectNode ports = json.createObjectNode();
        urls(ports, "nats", options.transports().tls() == null ? "nats" : "tls", clients);
        urls(ports, "monitoring", "http", monitor == null ? List.of() : List.of(monitor));
        var webSocket = options.transports().webSocket();
        urls(ports, "websocket", webSocket == null || webSocket.plain() ? "ws" : "wss", webSockets);
        Path file = folder.resolve(NAME + '_' + pid + ".ports");
        Path draft = folder.resolve(NAME + '_' + pid + ".ports.tmp");
        Files.write(draft, json.writeValueAsBytes(ports));
        Files.move(draft, file);
        file.toFile().deleteOnExit();
    }

    private static void urls(
            ObjectNode ports, String key, String scheme, List<InetSocketAddress> addresses)
            throws SocketException {
        if (addresses.isEmpty()) {
            return;
        }
        var list = ports.putArray(key);
        for (InetSocketAddress address : addresses) {
            for (String host : reachable(address)) {
                list.add(scheme + "://" + host + ':' + address.getPort());
            }
        }
    }

    /** The addresses of this machine behind the one for all. */
    private static List<String> reachable(InetSocketAddress address) throws SocketException {
        if (!address.getAddress().isAnyLocalAddress()) {
            String host = address.getAddress().getHostAddress();
            return List.of(host.contains(":") ? '[' + host + ']' : host);
        }
        List<String> hosts = new ArrayList<>();
        for (NetworkInterface one : Collections.list(NetworkInterface.getNetworkInterfaces())) {
            for (InetAddress host : Collections.list(one.getInetAddresses())) {
                if (!host.isLinkLocalAddress() && host.getAddress().length == 4) {
                    hosts.add(host.getHostAddress());
                }
            }
        }
        return hosts.isEmpty() ? List.of("127.0.0.1") : hosts;
    }
}
