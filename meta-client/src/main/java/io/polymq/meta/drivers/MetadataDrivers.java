package io.polymq.meta.drivers;

import io.polymq.config.MetaConfig;
import io.polymq.config.schema.Secret;
import io.polymq.meta.ClientPool;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.embedded.EmbeddedMetadata;
import io.polymq.meta.embedded.MemoryMetadata;
import io.polymq.meta.etcd.EtcdMetadata;
import io.polymq.meta.etcd.EtcdSettings;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;

/** Opens the metadata store. */
public final class MetadataDrivers {
    private static final String EMBEDDED = "meta";

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
            case "embedded" -> EmbeddedMetadata.open(dataPath.resolve(EMBEDDED));
            case "memory" -> new MemoryMetadata();
            case "etcd" -> EtcdMetadata.open(etcd(config), pool);
            default ->
                    throw new IllegalArgumentException(
                            "no metadata driver is called " + config.driver());
        };
    }

    /**
     * Writes all of a store that is kept in this process; false, and nothing, when a service keeps
     * it or nobody does. Blocks.
     */
    public static boolean snapshot(MetadataStore store, OutputStream out) throws IOException {
        if (store instanceof EmbeddedMetadata embedded) {
            embedded.snapshot(out);
            return true;
        }
        return false;
    }

    /** Makes an embedded store in a data folder of what {@link #snapshot} wrote. Blocks. */
    public static void restore(InputStream in, Path dataPath) throws IOException {
        EmbeddedMetadata.restore(in, dataPath.resolve(EMBEDDED));
    }

    private static EtcdSettings etcd(MetaConfig config) {
        EtcdSettings settings = EtcdSettings.of(config.endpoints(), config.keyPrefix());
        String user = config.user();
        Secret password = config.password();
        return user == null || password == null ? settings : settings.as(user, password.value());
    }
}
