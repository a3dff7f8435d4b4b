package io.polymq.core.service;

import io.polymq.core.zone.ShardZone;
import io.polymq.core.zone.WheelTimer;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Adds up now and then what tenants with a quota of stored bytes keep, and tells their {@link
 * Allowance}: appends count nothing. A tenant may so get beyond its quota by what it stores within
 * a second, or within twenty times of what a sum takes, whichever is longer: adding up many shards
 * takes at most a twentieth of a core.
 *
 * <p>Any thread; sums are made on the executor that was given, one at a time.
 */
public final class StoredBytes {

    private static final Logger log = LoggerFactory.getLogger(StoredBytes.class);
    private static final long EVERY_MILLIS = 1000;
    private static final int PAUSE_FOR_EACH = 20;

    /** Keeps something for tenants. */
    public interface Keeper {

        /** Bytes that it stores for a tenant. May read the store's index. */
        long bytes(String tenant);

        /** A tenant has used up its quota: what is not needed any more is to go now, not later. */
        default void tidy(String tenant) {}
    }

    private final Tenants tenants;
    private final ShardZone zone;
    private final Executor blocking;
    private final Map<String, Long> sums = new ConcurrentHashMap<>();
    private final AtomicBoolean asked = new AtomicBoolean();
    private final WheelTimer timer =
            new WheelTimer() {
                @Override
                protected void fire() {
                    ask();
                }
            };

    /**
     * @param zone has the timer
     * @param blocking may wait for the device
     */
    public StoredBytes(Tenants tenants, ShardZone zone, Executor blocking) {
        this.tenants = tenants;
        this.zone = zone;
        this.blocking = blocking;
    }

    /** From now on; a tenant whose quotas change is looked at once more at once. */
    public void begin() {
        tenants.counted(TenantQuotas.Kind.STORED_BYTES, this::used);
        tenants.listen(this::ask);
    }

    /** Of a tenant that has the quota as of the last sum, of others as of now. */
    public long used(String tenant) {
        Long known = sums.get(tenant);
        return known == null ? sum(tenant) : known;
    }

    private long sum(String tenant) {
        long sum = 0;
        for (Keeper keeper : tenants.keepers()) {
            sum += keeper.bytes(tenant);
        }
        return sum;
    }

    private void ask() {
        if (!asked.compareAndSet(false, true)) {
            return;
        }
        try {
            blocking.execute(this::turn);
        } catch (RejectedExecutionException ending) {
            log.atDebug().log("Stored bytes are no longer added up");
        }
    }

    private void turn() {
        asked.set(false);
        long began = System.nanoTime();
        boolean any = false;
        try {
            any = addUp();
        } catch (RuntimeException unreadable) {
            any = true;
            log.atWarn()
                    .addKeyValue("reason", unreadable.toString())
                    .log("What tenants store could not be added up; trying again");
        }
        long took = (System.nanoTime() - began) / 1_000_000;
        if (any) {
            long pause = Math.max(EVERY_MILLIS, took * PAUSE_FOR_EACH);
            zone.offer(() -> zone.arm(timer, pause));
        }
    }

    /**
     * Adds up for each tenant that has the quota.
     *
     * @return whether there is one
     */
    public synchronized boolean addUp() {
        boolean any = false;
        for (Tenants.Tenant tenant : tenants.list()) {
            if (tenant.quotas().storedBytes() >= 0) {
                any = true;
                addUp(tenant);
            }
        }
        for (String name : sums.keySet()) {
            if (limit(name) < 0) {
                sums.remove(name);
                tenants.allowance(name).used(false);
            }
        }
        return any;
    }

    private void addUp(Tenants.Tenant tenant) {
        String name = tenant.name();
        long limit = tenant.quotas().storedBytes();
        long sum = sum(name);
        sums.put(name, sum);
        Allowance allowance = tenants.allowance(name);
        boolean before = allowance.isUsed();
        boolean now = sum >= limit;
        allowance.used(now);
        if (now) {
            tenants.keepers().forEach(keeper -> keeper.tidy(name));
        }
        if (now != before) {
            if (now) {
                tenants.exceeded(name, TenantQuotas.Kind.STORED_BYTES, limit);
            }
            log.atInfo()
                    .addKeyValue("tenant", name)
                    .addKeyValue("bytes", sum)
                    .addKeyValue("quota", limit)
                    .log(now ? "A tenant may store no more" : "A tenant may store again");
        }
    }

    private long limit(String name) {
        return tenants.find(name).map(known -> known.quotas().storedBytes()).orElse(-1L);
    }

    /** Shows the {@code polymq_tenant_*} metrics: of tenants that have the quota. */
    public void register(PrometheusRegistry registry) {
        GaugeWithCallback.builder()
                .name("polymq_tenant_stored_bytes")
                .help("Bytes that a tenant with a quota of them stores")
                .labelNames("tenant")
                .callback(to -> sums.forEach((name, sum) -> to.call(sum, name)))
                .register(registry);
        GaugeWithCallback.builder()
                .name("polymq_tenant_stored_bytes_quota")
                .help("How many bytes a tenant may store")
                .labelNames("tenant")
                .callback(to -> sums.keySet().forEach(name -> to.call(limit(name), name)))
                .register(registry);
        CounterWithCallback.builder()
                .name("polymq_tenant_refused_appends_total")
                .help("Appends that were refused since a tenant has its quota of stored bytes")
                .labelNames("tenant")
                .callback(
                        to ->
                                sums.keySet()
                                        .forEach(
                                                name ->
                                                        to.call(
                                                                tenants.allowance(name).refused(),
                                                                name)))
                .register(registry);
    }
}
