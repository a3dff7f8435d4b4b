package io.polymq.meta.drivers;

import io.polymq.config.MetaConfig;
import io.polymq.config.schema.Secret;
import io.polymq.meta.ClientPool;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.embedded.EmbeddedMetadata;
import io.polymq.meta.embedded.MemoryMetadata;
import io.polymq.meta.etcd.EtcdMetadata;
import io.polymq.meta.etcd.EtcdSettings;
import java.nio.file.Path;

/** Opens the metadata store. */
public final class MetadataDrivers {

    private MetadataDrivers() {}

    /** How the pool has to connect for this store. */
    public static ClientPool.Settings connections(MetaConfig config) {
        boolean secure =
                config.tls() || config.authorities() != null || config.certificate() != null;
        return secure
                ? ClientPool.Settings.PLAIN.withTls(
                        new ClientPool.Tls(
                                config.authorities(), config.certificate(), config.key()))
                : ClientPool.Settings.PLAIN;
    }

    /**
     * Blocks while files are opened; fails with one sentence.
     *
     * @param dataPath the broker's data folder; the embedded store is {@code meta} in it
     * @param pool for a store that is a service
     */
    public static MetadataStore open(MetaConfig config, Path dataPath, ClientPool pool) {
        return switch (config.driver()) {
            case "embedded" -> EmbeddedMetadata.open(dataPath.resolve("meta"));
            case "memory" -> new MemoryMetadata();
            case "etcd" -> EtcdMetadata.open(etcd(config), pool);
            default ->
                    throw new IllegalArgumentException(
                            "no metadata driver is called " + config.driver());
        };
    }

    private static EtcdSettings etcd(MetaConfig config) {
        EtcdSettings settings = EtcdSettings.of(config.endpoints(), config.keyPrefix());
        String user = config.user();
        Secret password = config.password();
        return user == null || password == null ? settings : settings.as(user, password.value());
    }
}
