package io.polymq.server;

import io.polymq.config.LogConfig;
import io.polymq.config.load.ConfigException;
import io.polymq.config.load.ConfigLoader;
import io.polymq.config.load.ConfigSources;
import io.polymq.config.load.LoadedConfig;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;

/**
 * A broker that runs until the process is told to end: SIGTERM and SIGINT drain, SIGHUP reads the
 * configuration again. The main thread starts the broker and then waits.
 */
final class ServerProcess {
    private static final Logger LOG = LoggerFactory.getLogger(ServerProcess.class);

    private final ConfigSources sources;
    private final PrintStream out;
    private final Refresh refresh;
    private final Runnable afterwards;

    /** Writes the configuration file anew where it is made of other files. */
    interface Refresh {
        void run() throws IOException;
    }

    ServerProcess(ConfigSources sources, PrintStream out) {
        this(sources, out, () -> {}, () -> {});
    }

    /**
     * @param afterwards runs when the broker has ended
     */
    ServerProcess(ConfigSources sources, PrintStream out, Refresh refresh, Runnable afterwards) {
        this.sources = sources;
        this.out = out;
        this.refresh = refresh;
        this.afterwards = afterwards;
    }

    ExitCode run() throws ConfigException, StartupException {
        LogSetup.apply(LogConfig.DEFAULT);
        LoadedConfig loaded = ConfigLoader.load(sources);
        LogSetup.apply(loaded.config().log());
        loaded.warnings().forEach(LOG::warn);
        BrokerServer server = BrokerServer.start(loaded.config());
        drainOnExit(server);
        LoadedSource source = new LoadedSource(sources, server, loaded);
        server.configuredBy(source);
        reloadOnHangup(source);
        out.print(StartTable.of(server, sinceJavaStarted()));
        out.flush();
        return awaitEnd(server.ended());
    }

    private static ExitCode awaitEnd(CompletableFuture<Boolean> ended) {
        try {
            return ended.get() ? ExitCode.OK : ExitCode.NOT_DRAINED;
        } catch (ExecutionException failed) {
            LOG.error("The broker did not end as it should", failed.getCause());
            return ExitCode.SOFTWARE;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return ExitCode.SOFTWARE;
        }
    }

    /** The JVM would end a process told to end with 143; one that drained has done as asked. */
    private void drainOnExit(BrokerServer server) {
        Thread drain =
                new Thread(
                        () -> {
                            server.stop("the process was told to end");
                            ExitCode end = awaitEnd(server.ended());
                            afterwards.run();
                            Runtime.getRuntime().halt(end.number());
                        },
                        "polymq-drain");
        Runtime.getRuntime().addShutdownHook(drain);
    }

    private void reloadOnHangup(LoadedSource source) {
        try {
            Signal.handle(new Signal("HUP"), signal -> reload(source));
        } catch (IllegalArgumentException noSuchSignal) {
            LOG.debug("This system has no SIGHUP", noSuchSignal);
        }
    }

    private void reload(LoadedSource source) {
        try {
            refresh.run();
            source.reload();
        } catch (ConfigException | IOException wrong) {
            LOG.error(
                    "The configuration cannot be used, so nothing was changed: {}",
                    wrong.getMessage());
        }
    }

    /** The process is older where a launcher became it, which may have built the jar before. */
    private static Duration sinceJavaStarted() {
        long started = ManagementFactory.getRuntimeMXBean().getStartTime();
        return Duration.ofMillis(System.currentTimeMillis() - started);
    }
}
