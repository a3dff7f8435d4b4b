package io.polymq.server;

import io.polymq.admin.Health;
import io.polymq.config.PolyMqConfig;
import io.polymq.core.message.HeaderCodec;
import io.polymq.core.router.Router;
import io.polymq.core.router.TrieRouter;
import io.polymq.core.security.BrokerSecurity;
import io.polymq.core.security.SecurityBuilder;
import io.polymq.core.zone.ShardZone;
import io.polymq.meta.ClientPool;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.NodeCache;
import io.polymq.meta.drivers.MetadataDrivers;
import io.polymq.network.ConnectionManager;
import io.polymq.network.GlobalRateLimiter;
import io.polymq.network.NetworkServer;
import io.polymq.network.NetworkServerParams;
import io.polymq.network.Shutdown;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;

/**
 * What all protocols share, each made exactly once. Everything that holds on to something
 * subscribes to the shutdown as soon as it is open, so that a start that fails half-way leaves
 * nothing behind. Immutable; any thread.
 */
record SharedObjects(
        Shutdown shutdown,
        InstantSource clock,
        PrometheusRegistry metrics,
        Health health,
        ConnectionManager connections,
        GlobalRateLimiter rateLimiter,
        ClientPool clients,
        NodeCache cache,
        Router router,
        BrokerSecurity security,
        NetworkServer network,
        CoreObjects core,
        CoreServices services) {

    static SharedObjects create(
            PolyMqConfig config, Path dataFolder, List<HeaderCodec> codecs, Shutdown shutdown)
            throws StartupException {
        PrometheusRegistry metrics = new PrometheusRegistry();
        if (config.metrics().jvm()) {
            JvmMetrics.builder().register(metrics);
        }
        ClientPool clients = new ClientPool(MetadataDrivers.connections(config.meta()));
        Ending.on(shutdown, Shutdown.Phase.STORAGE, "clients", clients);
        MetadataStore metadata = MetadataDrivers.open(config.meta(), dataFolder, clients);
        Ending.on(shutdown, Shutdown.Phase.STORAGE, "metadata", metadata);
        NodeCache cache = new NodeCache(metadata);
        Ending.on(shutdown, Shutdown.Phase.CORE, "metadata cache", cache);
        InstantSource clock = InstantSource.system();
        BrokerSecurity security =
                new SecurityBuilder(
                                config.auth(),
                                cache,
                                Reach.loopbackOnly(config),
                                clock,
                                new SecureRandom(),
                                metrics)
                        .build();
        Ending.on(shutdown, Shutdown.Phase.CORE, "security", security);
        TrieRouter router =
                new TrieRouter(
                        TrieRouter.Limits.DEFAULT,
                        new SecureRandom().nextLong(),
                        Watch.tracer(config, metrics, shutdown));
        List<ShardZone> zones = CoreObjects.zones(shutdown);
        CoreServices services = CoreServices.create(cache, zones.getFirst(), clock, shutdown);
        CoreObjects core =
                CoreObjects.create(
                        new CoreObjects.Params(
                                config.storage(),
                                dataFolder.resolve("storage"),
                                codecs,
                                metadata,
                                router,
                                zones,
                                services.tenants(),
                                clock,
                                metrics,
                                shutdown));
        services.schemas().guard(router::guard);
        ConnectionManager connections =
                Watch.over(config, services, core, router, security, clock, metrics, shutdown);
        GlobalRateLimiter rateLimiter = new GlobalRateLimiter(config.limits(), System::nanoTime);
        Watch.pace(services.tenants(), rateLimiter);
        NetworkServer network =
                new NetworkServer(
                        new NetworkServerParams(
                                config.network(),
                                config.tls(),
                                connections,
                                rateLimiter,
                                shutdown,
                                metrics,
                                clock,
                                System::nanoTime));
        // After its connections have ended by themselves, and before what they use goes away.
        Ending.on(shutdown, Shutdown.Phase.CORE, "network", network);
        return new SharedObjects(
                shutdown,
                clock,
                metrics,
                new Health(),
                connections,
                rateLimiter,
                clients,
                cache,
                router,
                security,
                network,
                core,
                services);
    }
}
