package io.polymq.meta.drivers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.config.MetaConfig;
import io.polymq.config.schema.Defaults;
import io.polymq.meta.ClientPool;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.embedded.EmbeddedMetadata;
import io.polymq.meta.embedded.MemoryMetadata;
import io.polymq.meta.etcd.EtcdMetadata;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetadataDriversTest {

    @TempDir Path data;

    private void opens(Class<?> driver, String... settings) {
        MetaConfig config = Defaults.with(MetaConfig.class, settings);
        try (ClientPool pool = new ClientPool(MetadataDrivers.connections(config));
                MetadataStore store = MetadataDrivers.open(config, data, pool)) {
            assertThat(store).isInstanceOf(driver);
        }
    }

    @Test
    void everyDriverThatCanBeConfiguredOpens() {
        opens(EmbeddedMetadata.class);
        assertThat(Files.isDirectory(data.resolve("meta"))).isTrue();
        opens(MemoryMetadata.class, "driver=memory");
        opens(EtcdMetadata.class, "driver=etcd", "endpoints=127.0.0.1:1");
        opens(
                EtcdMetadata.class,
                "driver=etcd",
                "endpoints=127.0.0.1:1",
                "user=u",
                "password=p",
                "tls=true");
    }

    @Test
    void halvesOfPairsAreRefused() {
        assertThatThrownBy(() -> Defaults.with(MetaConfig.class, "user=u"))
                .hasMessageContaining("user and password together");
        assertThatThrownBy(() -> Defaults.with(MetaConfig.class, "certificate=c.pem"))
                .hasMessageContaining("certificate and key together");
    }
}
