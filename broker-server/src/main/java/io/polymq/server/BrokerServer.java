package io.polymq.server;

import io.polymq.admin.AdminException;
import io.polymq.admin.AdminServer;
import io.polymq.admin.AdminServerParams;
import io.polymq.admin.Health;
import io.polymq.config.PolyMqConfig;
import io.polymq.core.security.Security;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One broker: creates each shared object exactly once, hands every protocol its parameters, and
 * ends everything with one broadcast. A protocol has one line that builds its parameters and one
 * that starts it. Started on the caller's thread; {@link #stop} may come from any thread.
 */
public final class BrokerServer {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerServer.class);

    private final PolyMqConfig config;
    private final Health health = new Health();
    private final PrometheusRegistry metrics = new PrometheusRegistry();
    private final List<String> notices = new ArrayList<>();
    private final CompletableFuture<Boolean> ended = new CompletableFuture<>();
    private final AtomicBoolean stopping = new AtomicBoolean();
    private @Nullable DataFolder data;
    private @Nullable AdminServer admin;

    private BrokerServer(PolyMqConfig config) {
        this.config = config;
    }

    /** Returns when every listener is open; on failure nothing of it stays behind. */
    public static BrokerServer start(PolyMqConfig config) throws StartupException {
        BrokerServer server = new BrokerServer(config);
        try {
            server.start();
            return server;
        } catch (AdminException cannotListen) {
            throw server.undone(
                    new StartupException(
                            ExitCode.UNAVAILABLE,
                            String.valueOf(cannotListen.getMessage()),
                            cannotListen));
        } catch (StartupException cannot) {
            throw server.undone(cannot);
        } catch (RuntimeException fault) {
            server.undone(null);
            throw fault;
        }
    }

    private void start() throws StartupException {
        health.add("broker", () -> stopping.get() ? "It is shutting down." : Health.WELL);
        if (config.metrics().jvm()) {
            JvmMetrics.builder().register(metrics);
        }
        DataFolder folder = DataFolder.open(config.dataPath());
        data = folder;
        Security security = LoopbackSecurity.of(config);
        startAdmin(security);
        LOG.atInfo()
                .addKeyValue("broker", config.brokerId())
                .addKeyValue("data", folder.path())
                .log("Started");
    }

    private void startAdmin(Security security) {
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
                                metrics,
                                config.metrics().enabled(),
                                health,
                                security));
    }

    private @Nullable StartupException undone(@Nullable StartupException cause) {
        stop("the start failed").join();
        return cause;
    }

    /** Begins to end, if that has not begun; does not wait. Any thread. */
    public CompletableFuture<Boolean> stop(String why) {
        if (stopping.compareAndSet(false, true)) {
            long begun = System.nanoTime();
            LOG.atInfo().addKeyValue("why", why).log("Shutting down");
            onItsOwnThread(() -> closeRest(begun));
        }
        return ended;
    }

    private static void onItsOwnThread(Runnable task) {
        new Thread(task, "polymq-stop").start();
    }

    private void closeRest(long begun) {
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

    /** Completes when everything has ended; true when all of it did so in time. */
    public CompletableFuture<Boolean> ended() {
        return ended;
    }

    public PolyMqConfig config() {
        return config;
    }

    public List<InetSocketAddress> adminAddresses() {
        return admin == null ? List.of() : admin.addresses();
    }

    /** What the operator should know, a sentence each. */
    List<String> notices() {
        return List.copyOf(notices);
    }
}
