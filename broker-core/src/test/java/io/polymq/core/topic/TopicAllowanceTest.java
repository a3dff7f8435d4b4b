package io.polymq.core.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.core.message.Message;
import io.polymq.core.router.Capture;
import io.polymq.core.service.BrokerEvents;
import io.polymq.core.service.StoredBytes;
import io.polymq.core.service.TenantQuotas;
import io.polymq.core.service.Tenants;
import io.polymq.core.zone.ShardZone;
import io.polymq.core.zone.Ticks;
import io.polymq.meta.NodeCache;
import io.polymq.meta.embedded.MemoryMetadata;
import io.polymq.storage.AppendListener;
import io.polymq.storage.Durability;
import io.polymq.storage.ShardStore;
import io.polymq.storage.StorageException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Topics of a tenant that has its quota of stored bytes. */
final class TopicAllowanceTest {

    private final MemoryMetadata metadata = new MemoryMetadata();
    private final NodeCache cache = new NodeCache(metadata);
    private final ShardZone zone = new ShardZone("test", Ticks.SYSTEM, () -> {});
    private final Tenants tenants =
            new Tenants(cache, new BrokerEvents(zone), InstantSource.system());
    private final ShardStore store = TopicRig.memoryStore();
    private final TopicRig rig = new TopicRig(store, metadata, TopicLimits.DEFAULT, tenants);
    private final StoredBytes stored = new StoredBytes(tenants, zone, Runnable::run);

    TopicAllowanceTest() {
        tenants.stores(
                tenant -> rig.topics.list(tenant).stream().mapToLong(Topic::storedBytes).sum());
    }

    @AfterEach
    void close() {
        tenants.close();
        cache.close();
        rig.close();
    }

    private void quota(long bytes) {
        tenants.alter(
                        new Tenants.Tenant(
                                TopicRig.TENANT, TenantQuotas.UNLIMITED.withStoredBytes(bytes)))
                .join();
        stored.addUp();
    }

    @Test
    void messagesAndBatchesAreRefusedAndLiveSubscribersStillSeeMessages() {
        Topic topic = rig.create("orders.eu", 2);
        TopicRig.produce(topic, 1, TopicRig.batch("a record"));
        rig.publish("orders.eu", "before").join();
        List<String> seen = rig.subscribe("orders/eu");
        quota(1);

        assertThatThrownBy(() -> rig.publish("orders.eu", "beyond").join())
                .cause()
                .isInstanceOfSatisfying(StorageException.class, TopicAllowanceTest::isQuota);
        assertThatThrownBy(() -> TopicRig.produce(topic, 1, TopicRig.batch("beyond")))
                .cause()
                .isInstanceOfSatisfying(StorageException.class, TopicAllowanceTest::isQuota);

        assertThat(seen).containsExactly("orders.eu beyond");
        assertThat(TopicRig.values(topic.partition(1))).containsExactly("a record");
        assertThat(TopicRig.values(topic.partition(0))).containsExactly("before");
    }

    private static void isQuota(StorageException refused) {
        assertThat(refused.kind()).isEqualTo(StorageException.Kind.QUOTA);
        assertThat(refused).hasMessage("the tenant t has its quota of stored bytes");
    }

    @Test
    void aTransactionThatWasBegunBeforeStillEnds() {
        Topic topic = rig.create("orders.eu", 1);
        TopicRig.produce(topic, 0, TopicRig.transactional(7, "held back"));
        quota(1);

        TopicRig.produce(topic, 0, TopicRig.marker(7, true));

        assertThat(topic.partition(0).endOffset()).isEqualTo(2);
    }

    @Test
    void whatIsTrimmedMakesRoom() {
        Topic topic = rig.create("orders.eu", 1);
        TopicRig.produce(topic, 0, TopicRig.batch("a", "b"));
        long one = topic.storedBytes();
        quota(one);
        assertThat(topic.allowance().isUsed()).isTrue();
        topic.partition(0).trim(2).join();
        stored.addUp();

        assertThat(rig.publish("orders.eu", "again").join()).containsExactly("orders.eu/0@2");
    }

    @Test
    void othersMayStoreAndSoMayTheTenantWithoutTheQuota() {
        Topic topic = rig.create("orders.eu", 1);
        Topic foreign = rig.topics.create("other", TopicSpec.of("theirs", 1)).join();
        TopicRig.produce(topic, 0, TopicRig.batch("a"));
        quota(1);

        TopicRig.produce(foreign, 0, TopicRig.batch("b"));
        assertThat(foreign.storedBytes()).isPositive();
        quota(-1);
        TopicRig.produce(topic, 0, TopicRig.batch("c"));

        assertThat(TopicRig.values(topic.partition(0))).containsExactly("a", "c");
    }

    @Test
    void partitionsThatNobodyHasUsedSinceTheStartAreCountedWithoutBeingLoaded() {
        Topic topic = rig.create("orders.eu", 3);
        TopicRig.produce(topic, 2, TopicRig.batch("a"));
        long bytes = topic.storedBytes();
        try (TopicRig again = new TopicRig(store, metadata, TopicLimits.DEFAULT, tenants)) {
            Topic reopened = again.topics.find(TopicRig.TENANT, "orders.eu").orElseThrow();

            assertThat(reopened.storedBytes()).isEqualTo(bytes).isPositive();
        }
    }

    @Test
    void anIntakeHearsOfMessagesAndOfNoBatches() {
        Topic topic = rig.create("orders.eu", 1);
        TopicRig.produce(topic, 0, TopicRig.batch("a"));
        List<String> taken = new ArrayList<>();
        topic.intake(
                new Topic.Intake() {
                    @Override
                    public int take(
                            Message message,
                            @Nullable AppendListener listener,
                            Capture.@Nullable Fanout live) {
                        taken.add(TopicRig.text(message) + topic.allowance().isUsed());
                        return 0;
                    }

                    @Override
                    public void take(
                            int partition,
                            ByteBuffer batches,
                            Durability durability,
                            AppendListener listener) {
                        taken.add("batches");
                    }
                });
        quota(1);

        rig.publish("orders.eu", "m").join();
        assertThatThrownBy(() -> TopicRig.produce(topic, 0, TopicRig.batch("b")))
                .hasStackTraceContaining("quota of stored bytes");

        assertThat(taken).containsExactly("orders.eu mtrue");
    }
}
