package io.polymq.core.service;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.polymq.meta.CachedView;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.NodeCache;
import io.polymq.meta.Transaction;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Tenants and their quotas, which are in metadata. What is used of them is known by whoever holds
 * it: they ask before they make more. The tenant {@code default} always exists. Any thread.
 */
public final class Tenants implements TenantLimits, AutoCloseable {

    public static final String DEFAULT = "default";
    private static final String PREFIX = "tenants/";

    /**
     * @param name its name space: subjects, topics, queues, users of others are not seen
     */
    public record Tenant(String name, TenantQuotas quotas) {
        public Tenant {
            if (name.isEmpty() || name.indexOf('/') >= 0) {
                throw new IllegalArgumentException("a tenant's name is empty or has a slash");
            }
        }
    }

    private final ObjectMapper mapper = new ObjectMapper();
    private final MetadataStore store;
    private final CachedView<Tenant> tenants;
    private final Map<TenantQuotas.Kind, ToLongFunction<String>> counts = new ConcurrentHashMap<>();
    private final Map<String, Allowance> allowances = new ConcurrentHashMap<>();
    private final List<StoredBytes.Keeper> keepers = new CopyOnWriteArrayList<>();
    private volatile boolean limited;
    private final BrokerEvents events;
    private final InstantSource clock;

    public Tenants(NodeCache cache, BrokerEvents events, InstantSource clock) {
        this.store = cache.store();
        this.events = events;
        this.clock = clock;
        tenants = cache.view(PREFIX, (name, json) -> mapper.readValue(json, Tenant.class));
        tenants.listen((name, before, after) -> limited = tenants.size() > 0);
    }

    /** Who knows how many a tenant has, for lists of what is used. */
    public void counted(TenantQuotas.Kind kind, ToLongFunction<String> count) {
        counts.put(kind, count);
    }

    /** Called after each change of a tenant, once now. */
    public void listen(Runnable changed) {
        tenants.listen((name, before, after) -> changed.run());
        changed.run();
    }

    /** Completes when what is stored is known. */
    public CompletableFuture<Void> ready() {
        return tenants.ready().thenRun(() -> limited = tenants.size() > 0);
    }

    public Optional<Tenant> find(String name) {
        Tenant known = tenants.get(name);
        if (known == null && name.equals(DEFAULT)) {
            known = new Tenant(DEFAULT, TenantQuotas.UNLIMITED);
        }
        return Optional.ofNullable(known);
    }

    public Collection<Tenant> list() {
        List<Tenant> stored =
                tenants.all().values().stream().map(CachedView.Versioned::value).toList();
        if (tenants.get(DEFAULT) != null) {
            return stored;
        }
        return java.util.stream.Stream.concat(find(DEFAULT).stream(), stored.stream()).toList();
    }

    /** Fails with an {@link IllegalStateException} when there is one of that name. */
    public CompletableFuture<Void> create(Tenant tenant) {
        String key = PREFIX + tenant.name();
        return store.commit(
                        Transaction.of(
                                List.of(new Transaction.Guard(key, 0)),
                                List.of(new Transaction.Put(key, json(tenant), 0))))
                .thenCompose(
                        outcome ->
                                outcome.succeeded()
                                        ? tenants.reached(outcome.revision())
                                        : CompletableFuture.failedFuture(
                                                new IllegalStateException(
                                                        tenant.name() + " exists")));
    }

    /** New quotas; what is already above them stays, and nothing more comes. */
    public CompletableFuture<Void> alter(Tenant tenant) {
        return store.put(PREFIX + tenant.name(), json(tenant)).thenCompose(tenants::reached);
    }

    public CompletableFuture<Void> delete(String name) {
        return store.delete(PREFIX + name).thenCompose(tenants::reached);
    }

    private byte[] json(Tenant tenant) {
        try {
            return mapper.writeValueAsBytes(tenant);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean mayAdd(String tenant, TenantQuotas.Kind kind, long have) {
        if (!limited) {
            return true;
        }
        @Nullable Tenant known = tenants.get(tenant);
        long limit = known == null ? -1 : known.quotas().limit(kind);
        if (limit < 0 || have < limit) {
            return true;
        }
        exceeded(tenant, kind, limit);
        return false;
    }

    void exceeded(String tenant, TenantQuotas.Kind kind, long limit) {
        if (events.isHeard()) {
            events.tell(new BrokerEvent.QuotaExceeded(clock.millis(), tenant, kind.name(), limit));
        }
    }

    @Override
    public Allowance allowance(String tenant) {
        return allowances.computeIfAbsent(tenant, Allowance::new);
    }

    @Override
    public void stores(StoredBytes.Keeper keeper) {
        keepers.add(keeper);
    }

    /** Who keeps something for tenants. */
    List<StoredBytes.Keeper> keepers() {
        return keepers;
    }

    /** How many it has now; 0 where nobody counts. */
    public long used(String tenant, TenantQuotas.Kind kind) {
        ToLongFunction<String> count = counts.get(kind);
        return count == null ? 0 : count.applyAsLong(tenant);
    }

    @Override
    public void close() {
        tenants.close();
    }
}
