package io.polymq.server;

import io.polymq.admin.api.ConfigSource;
import io.polymq.config.PolyMqConfig;
import io.polymq.config.load.ConfigException;
import io.polymq.config.load.ConfigLoader;
import io.polymq.config.load.ConfigSources;
import io.polymq.config.load.LoadedConfig;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The file, the environment and the options that a process was started with. Any thread. */
final class LoadedSource implements ConfigSource {
    private static final Logger LOG = LoggerFactory.getLogger(LoadedSource.class);

    private final ConfigSources sources;
    private final BrokerServer server;
    private final PolyMqConfig started;
    private volatile Map<String, String> origins;

    LoadedSource(ConfigSources sources, BrokerServer server, LoadedConfig loaded) {
        this.sources = sources;
        this.server = server;
        this.started = loaded.config();
        this.origins = loaded.origins();
    }

    @Override
    public Map<String, String> origins() {
        return origins;
    }

    @Override
    public boolean reload() throws ConfigException {
        LoadedConfig loaded = ConfigLoader.load(sources);
        PolyMqConfig now = loaded.config();
        origins = loaded.origins();
        LogSetup.levels(now.log());
        server.reload(now);
        LOG.info("The configuration was read again");
        boolean more = !Reloadable.restOf(now).equals(Reloadable.restOf(started));
        if (more) {
            LOG.warn(
                    "What changed besides [limits], [log], certificates and the users and rules of"
                            + " [auth] needs a restart");
        }
        return more;
    }
}
