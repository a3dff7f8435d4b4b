package io.polymq.core.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.message.Receipt;
import io.polymq.core.queue.Queue;
import io.polymq.core.queue.QueueException;
import io.polymq.core.queue.QueueSpec;
import io.polymq.core.queue.QueuedMessage;
import io.polymq.core.queue.ShardQueues;
import io.polymq.core.service.TenantQuotas.Kind;
import io.polymq.core.service.Tenants.Tenant;
import io.polymq.core.subject.Subject;
import io.polymq.core.trace.MessageTracer;
import io.polymq.meta.NodeCache;
import io.polymq.meta.embedded.MemoryMetadata;
import io.polymq.storage.StorageException;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class StoredBytesTest {

    private final ServiceYard yard = new ServiceYard();
    private final BrokerEvents events = new BrokerEvents(yard.zone);
    private final NodeCache cache = new NodeCache(new MemoryMetadata());
    private final Tenants tenants = new Tenants(cache, events, yard.ticks.wall());
    private final ArrayDeque<Runnable> blocking = new ArrayDeque<>();
    private final StoredBytes stored = new StoredBytes(tenants, yard.zone, blocking::add);
    private final AtomicLong bytes = new AtomicLong();
    private final List<String> tidied = new ArrayList<>();
    private int asked;

    @BeforeEach
    void begin() {
        tenants.stores(
                new StoredBytes.Keeper() {
                    @Override
                    public long bytes(String tenant) {
                        asked++;
                        return tenant.equals("acme") ? bytes.get() : 0;
                    }

                    @Override
                    public void tidy(String tenant) {
                        tidied.add(tenant);
                    }
                });
        stored.begin();
        work();
    }

    @AfterEach
    void close() {
        tenants.close();
        cache.close();
        yard.close();
    }

    /** What is to be done on the executor; timers are armed behind it. */
    private void work() {
        yard.settle();
        while (!blocking.isEmpty()) {
            blocking.remove().run();
            yard.settle();
        }
    }

    private void quota(long limit) {
        tenants.alter(new Tenant("acme", TenantQuotas.UNLIMITED.withStoredBytes(limit))).join();
        work();
    }

    private void aSecondPasses() {
        yard.pass(Duration.ofSeconds(2));
        work();
    }

    @Test
    void aTenantIsHeldToItsQuotaAtItsNextSumAndLetGoWhenSpaceIsFree() {
        List<BrokerEvent> heard = new ArrayList<>();
        events.listen(heard::add);
        Allowance allowance = tenants.allowance("acme");
        quota(100);
        bytes.set(99);
        aSecondPasses();
        assertThat(allowance.isUsed()).isFalse();

        bytes.set(100);
        aSecondPasses();
        assertThat(allowance.isUsed()).isTrue();
        assertThat(tenants.allowance("default").isUsed()).isFalse();
        assertThat(allowance.refusal()).hasMessage("the tenant acme has its quota of stored bytes");
        aSecondPasses();
        assertThat(tidied).containsExactly("acme", "acme");
        assertThat(heard)
                .singleElement()
                .isEqualTo(
                        new BrokerEvent.QuotaExceeded(
                                yard.ticks.now() - 2000, "acme", "STORED_BYTES", 100));

        bytes.set(50);
        aSecondPasses();
        assertThat(allowance.isUsed()).isFalse();
        assertThat(tenants.used("acme", Kind.STORED_BYTES)).isEqualTo(50);
    }

    @Test
    void aQuotaThatIsTakenAwayHoldsNobodyAtOnce() {
        bytes.set(10);
        quota(5);
        assertThat(tenants.allowance("acme").isUsed()).isTrue();

        quota(-1);
        assertThat(tenants.allowance("acme").isUsed()).isFalse();
        quota(5);
        tenants.delete("acme").join();
        work();
        assertThat(tenants.allowance("acme").isUsed()).isFalse();
    }

    @Test
    void nothingIsAddedUpWhileNobodyHasTheQuota() {
        tenants.alter(new Tenant("acme", TenantQuotas.UNLIMITED)).join();
        work();
        int before = asked;
        aSecondPasses();
        aSecondPasses();
        assertThat(asked).isEqualTo(before);

        bytes.set(7);
        assertThat(tenants.used("acme", Kind.STORED_BYTES)).isEqualTo(7);
    }

    @Test
    void aKeeperThatFailsIsAskedAgain() {
        boolean[] failing = {true};
        tenants.stores(
                tenant -> {
                    if (failing[0]) {
                        throw new IllegalStateException("unreadable");
                    }
                    return 0;
                });
        bytes.set(10);
        quota(5);
        assertThat(tenants.allowance("acme").isUsed()).isFalse();

        failing[0] = false;
        aSecondPasses();
        assertThat(tenants.allowance("acme").isUsed()).isTrue();
    }

    @Test
    void theMetricsAreOfTenantsThatHaveTheQuota() {
        PrometheusRegistry registry = new PrometheusRegistry();
        stored.register(registry);
        assertThat(points(registry)).isEmpty();
        bytes.set(10);
        quota(5);
        tenants.allowance("acme").refusal();

        assertThat(points(registry))
                .containsExactlyInAnyOrder(
                        "polymq_tenant_stored_bytes acme",
                        "polymq_tenant_stored_bytes_quota acme",
                        "polymq_tenant_refused_appends acme");
    }

    private static List<String> points(PrometheusRegistry registry) {
        List<String> found = new ArrayList<>();
        MetricSnapshots all = registry.scrape();
        all.forEach(
                metric ->
                        metric.getDataPoints()
                                .forEach(
                                        point ->
                                                found.add(
                                                        metric.getMetadata().getName()
                                                                + ' '
                                                                + point.getLabels()
                                                                        .get("tenant"))));
        return found;
    }

    // With what the core keeps.

    @Test
    void aDurableQueueRefusesAndWhatIsConsumedOfItIsDeletedAtOnce() {
        ShardQueues queues =
                new ShardQueues(
                        new ShardQueues.Params(
                                yard.store,
                                List.of(yard.zone),
                                List.of(),
                                Runnable::run,
                                MessageTracer.NONE,
                                tenants));
        StoredBytes both = new StoredBytes(tenants, yard.zone, Runnable::run);
        tenants.stores(
                new StoredBytes.Keeper() {
                    @Override
                    public long bytes(String tenant) {
                        return queues.storedBytes(tenant);
                    }

                    @Override
                    public void tidy(String tenant) {
                        queues.tidy(tenant);
                    }
                });
        Queue queue = yard.get(queues.open("acme", "q", QueueSpec.DURABLE));
        Queue fleeting = yard.get(queues.open("acme", "f", QueueSpec.TRANSIENT));
        yard.get(published(queue));
        tenants.alter(new Tenant("acme", TenantQuotas.UNLIMITED.withStoredBytes(1))).join();
        both.addUp();

        assertThatThrownBy(() -> yard.get(published(queue)))
                .cause()
                .isInstanceOfSatisfying(
                        QueueException.class,
                        e -> assertThat(e.kind()).isEqualTo(QueueException.Kind.QUOTA));
        yard.get(published(fleeting));
        Queue.Consumption by = queue.holder("test");
        List<QueuedMessage> got = new ArrayList<>();
        queue.get(by, got::add);
        yard.await(() -> !got.isEmpty());
        by.ack(got.getFirst().offset(), null);
        yard.await(
                () -> {
                    both.addUp();
                    return queues.storedBytes("acme") == 0;
                });
        both.addUp();
        yard.get(published(queue));

        assertThat(queues.storedBytes("acme")).isPositive();
    }

    private static CompletableFuture<Void> published(Queue queue) {
        CompletableFuture<Void> safe = new CompletableFuture<>();
        Receipt receipt = Receipt.completing(safe);
        receipt.expect();
        queue.publish(message("x"), receipt);
        receipt.seal();
        return safe;
    }

    private static KeptMessage message(String text) {
        return message("a.b", text);
    }

    private static KeptMessage message(String subject, String text) {
        byte[] payload = text.getBytes(UTF_8);
        return new Message().begin(Subject.ofDotted(subject), payload, 0, payload.length).keep();
    }

    @Test
    void noMessageIsPutOffThatCouldNotBeStoredLater() {
        DelayedStore delayed =
                yard.get(
                        DelayedStore.open(
                                new DelayedStore.Params(
                                        yard.store,
                                        yard.zone,
                                        new MessageRecords(List.of()),
                                        Runnable::run,
                                        tenants)));
        yard.get(delayed.schedule("test", "acme", message("x"), yard.ticks.now() + 60_000));
        bytes.set(10);
        quota(5);

        assertThatThrownBy(() -> yard.get(delayed.schedule("test", "acme", message("y"), 0)))
                .hasCauseInstanceOf(StorageException.class);
        yard.get(delayed.schedule("test", "other", message("z"), yard.ticks.now() + 60_000));

        assertThat(delayed.pending()).isEqualTo(2);
    }

    @Test
    void aRetainedMessageMayBecomeSmallerOrGoAndNoneMayCome() {
        RetainedStore retained =
                yard.get(
                        RetainedStore.open(
                                new RetainedStore.Params(
                                        yard.store,
                                        yard.zone,
                                        new MessageRecords(List.of()),
                                        RetainedStore.Limits.DEFAULT,
                                        Runnable::run,
                                        tenants)));
        retained.put("acme", message("a long one"), null);
        bytes.set(10);
        quota(5);

        assertThatThrownBy(() -> yard.get(retained(retained, "a longer one")))
                .cause()
                .isInstanceOf(RetainedMessages.RetainedException.class)
                .hasMessageContaining("quota of stored bytes");
        yard.get(retained(retained, "short"));
        long one = retained.storedBytes("acme");
        retained.put("acme", message("$SYS.uptime", "told by the broker"), null);
        assertThat(retained.storedBytes("acme")).isEqualTo(one).isPositive();
        assertThat(retained.bytes("acme")).isGreaterThan(one);
        yard.get(retained(retained, ""));

        assertThat(retained.storedBytes("acme")).isZero();
        assertThat(retained.count("acme")).isOne();
    }

    private static CompletableFuture<Void> retained(RetainedStore retained, String text) {
        CompletableFuture<Void> safe = new CompletableFuture<>();
        Receipt receipt = Receipt.completing(safe);
        receipt.expect();
        retained.put("acme", message(text), receipt);
        receipt.seal();
        return safe;
    }
}
