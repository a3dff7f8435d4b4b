package io.polymq.core.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.core.service.TenantQuotas.Kind;
import io.polymq.core.service.Tenants.Tenant;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.NodeCache;
import io.polymq.meta.embedded.EmbeddedMetadata;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TenantsTest {

    @TempDir Path folder;
    private final ServiceYard yard = new ServiceYard();
    private final BrokerEvents events = new BrokerEvents(yard.zone);
    private MetadataStore store;
    private NodeCache cache;
    private Tenants tenants;

    @BeforeEach
    void open() {
        store = EmbeddedMetadata.open(folder);
        cache = new NodeCache(store);
        tenants = new Tenants(cache, events, InstantSource.system());
        tenants.ready().join();
    }

    @AfterEach
    void close() {
        tenants.close();
        cache.close();
        store.close();
        yard.close();
    }

    private static Tenant tenant(String name, long queues) {
        return new Tenant(name, new TenantQuotas(-1, -1, -1, -1, queues, -1, -1, -1, -1));
    }

    @Test
    void theDefaultTenantIsAlwaysThereAndOthersAreMadeOnce() {
        assertThat(tenants.find("default")).isPresent();
        assertThat(tenants.find("acme")).isEmpty();
        tenants.create(tenant("acme", 2)).join();
        assertThatThrownBy(() -> tenants.create(tenant("acme", 3)).join())
                .hasCauseInstanceOf(IllegalStateException.class);
        assertThat(tenants.list()).extracting(Tenant::name).containsExactly("default", "acme");
        tenants.delete("acme").join();
        assertThat(tenants.find("acme")).isEmpty();
    }

    @Test
    void thereMayBeMoreUpToTheLimitAndOperatorsAreTold() {
        List<BrokerEvent> heard = new ArrayList<>();
        events.listen(heard::add);
        assertThat(tenants.mayAdd("acme", Kind.QUEUES, 1_000_000)).isTrue();
        tenants.create(tenant("acme", 2)).join();
        assertThat(tenants.mayAdd("acme", Kind.QUEUES, 1)).isTrue();
        assertThat(tenants.mayAdd("acme", Kind.QUEUES, 2)).isFalse();
        yard.settle();
        assertThat(heard)
                .singleElement()
                .isInstanceOfSatisfying(
                        BrokerEvent.QuotaExceeded.class, e -> assertThat(e.limit()).isEqualTo(2));
        tenants.alter(tenant("acme", 0)).join();
        assertThat(tenants.mayAdd("acme", Kind.QUEUES, 0)).isFalse();
        assertThat(tenants.mayAdd("acme", Kind.TOPICS, 1_000_000)).isTrue();
        assertThat(tenants.mayAdd("default", Kind.QUEUES, 1_000_000)).isTrue();
    }

    @Test
    void useIsWhatItsHoldersCount() {
        assertThat(tenants.used("acme", Kind.TOPICS)).isZero();
        tenants.counted(Kind.TOPICS, name -> name.equals("acme") ? 3 : 0);
        assertThat(tenants.used("acme", Kind.TOPICS)).isEqualTo(3);
    }

    @Test
    void whatWasStoredWithoutRatesHasNone() {
        store.put(
                        "tenants/old",
                        "{\"name\":\"old\",\"quotas\":{\"connections\":5,\"sessions\":-1,\"subscriptions\":-1,\"topics\":-1,\"queues\":-1,\"retained\":-1,\"storedBytes\":-1}}"
                                .getBytes(java.nio.charset.StandardCharsets.UTF_8))
                .join();
        tenants.alter(tenant("other", 1)).join();
        assertThat(tenants.find("old"))
                .hasValueSatisfying(
                        old -> {
                            assertThat(old.quotas().connections()).isEqualTo(5);
                            assertThat(old.quotas().isPaced()).isFalse();
                        });
    }

    @Test
    void quotasAreValidated() {
        assertThatThrownBy(() -> tenant("acme", -2)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> tenant("a/b", 1)).isInstanceOf(IllegalArgumentException.class);
    }
}
