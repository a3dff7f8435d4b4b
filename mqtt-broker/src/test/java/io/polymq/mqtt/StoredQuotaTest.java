package io.polymq.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.ReasonCode;
import io.polymq.conformance.AllowAll;
import io.polymq.core.router.TrieRouter;
import io.polymq.core.service.BrokerEvents;
import io.polymq.core.service.StoredBytes;
import io.polymq.core.service.TenantQuotas;
import io.polymq.core.service.Tenants;
import io.polymq.core.zone.ShardZone;
import io.polymq.core.zone.Ticks;
import io.polymq.meta.NodeCache;
import io.polymq.meta.embedded.MemoryMetadata;
import io.polymq.storage.ShardStore;
import io.polymq.storage.ShardStores;
import io.polymq.storage.StorageParams;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What waits for sessions counts for the bytes that their tenant may store. */
class StoredQuotaTest {

    private static final String PAYLOAD = "x".repeat(1_000);

    private final MemoryMetadata metadata = new MemoryMetadata();
    private final NodeCache cache = new NodeCache(metadata);
    private final ShardZone zone = new ShardZone("test", Ticks.SYSTEM, () -> {});
    private Tenants tenants;
    private StoredBytes stored;
    private ShardStore shards;
    private TestServer server;

    @BeforeEach
    void start() throws IOException {
        shards =
                ShardStores.open(
                        new StorageParams(
                                Path.of("target"),
                                InMemory.CONFIG,
                                Clock.systemUTC(),
                                new PrometheusRegistry()));
        begin();
    }

    private void begin() throws IOException {
        tenants = new Tenants(cache, new BrokerEvents(zone), Clock.systemUTC());
        stored = new StoredBytes(tenants, zone, Runnable::run);
        server =
                new TestServer(
                        MqttSettings.DEFAULT,
                        new AllowAll(),
                        shards,
                        new TrieRouter(TrieRouter.Limits.DEFAULT, 42),
                        new LaterMessages(),
                        Clock.systemUTC(),
                        tenants,
                        0,
                        1);
    }

    private void end() {
        server.close();
        tenants.close();
    }

    @AfterEach
    void stop() {
        end();
        shards.close();
        cache.close();
        metadata.close();
    }

    private void quota(long limit) {
        tenants.alter(
                        new Tenants.Tenant(
                                Tenants.DEFAULT, TenantQuotas.UNLIMITED.withStoredBytes(limit)))
                .join();
        stored.addUp();
    }

    private void away(String id) {
        try (TestClient subscriber = TestClient.v5(server.port())) {
            subscriber.connect(id, false, 1000);
            subscriber.subscribe("a", 1);
            subscriber.disconnect();
        }
    }

    private ReasonCode published(TestClient publisher, int id) {
        publisher.send(TestClient.message("a", 1, false, PAYLOAD, id));
        return publisher.expect(MqttPacket.PubAck.class).reason();
    }

    @Test
    void aMessageForManyCountsOnceAlsoAfterARestartAndUntilAllHaveIt() throws Exception {
        away("one");
        away("two");
        try (TestClient publisher = TestClient.v5(server.port())) {
            publisher.connect("p", true);
            publisher.publish("a", 1, PAYLOAD);
        }
        long limit = System.nanoTime() + 10_000_000_000L; // it is counted after it is acknowledged
        while (stored.used(Tenants.DEFAULT) == 0 && System.nanoTime() < limit) {
            Thread.onSpinWait();
        }
        assertThat(stored.used(Tenants.DEFAULT)).isBetween(1_000L, 1_100L);
        assertThat(stored.used("other")).isZero();
        end();
        begin();
        assertThat(stored.used(Tenants.DEFAULT)).isBetween(1_000L, 1_100L);
        for (String id : new String[] {"one", "two"}) {
            assertThat(stored.used(Tenants.DEFAULT)).isBetween(1_000L, 1_100L);
            try (TestClient subscriber = TestClient.v5(server.port())) {
                subscriber.connect(id, false, 1000);
                subscriber.ack(subscriber.expectMessage("a", PAYLOAD));
                subscriber.disconnect();
            }
        }
        end();
        begin();
        assertThat(stored.used(Tenants.DEFAULT)).isZero();
    }

    @Test
    void beyondTheQuotaNothingIsKeptForThoseWhoAreAway() throws Exception {
        away("s");
        try (TestClient publisher = TestClient.v5(server.port());
                TestClient live = TestClient.v5(server.port())) {
            publisher.connect("p", true);
            assertThat(published(publisher, 1)).isEqualTo(ReasonCode.SUCCESS);
            quota(500);
            assertThat(published(publisher, 2)).isEqualTo(ReasonCode.QUOTA_EXCEEDED);
            live.connect("live", false, 1000);
            live.subscribe("a", 1);
            assertThat(published(publisher, 3)).isEqualTo(ReasonCode.QUOTA_EXCEEDED);
            live.ack(live.expectMessage("a", PAYLOAD));
            try (TestClient back = TestClient.v5(server.port())) {
                back.connect("s", false, 1000);
                back.ack(back.expectMessage("a", PAYLOAD));
                back.expectNothing();
                assertThat(published(publisher, 4)).isEqualTo(ReasonCode.SUCCESS);
                back.ack(back.expectMessage("a", PAYLOAD));
                live.ack(live.expectMessage("a", PAYLOAD));
                back.disconnect();
            }
            quota(2_000);
            assertThat(published(publisher, 5)).isEqualTo(ReasonCode.SUCCESS);
        }
    }
}
