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
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Tenants, their quotas, and how much of them is used. Definitions are in metadata; use is counted
 * in memory by whoever takes and gives back. The tenant {@code default} always exists. Any thread.
 */
public final class Tenants implements AutoCloseable {

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

    private static final class Use {
        private final Map<TenantQuotas.Kind, AtomicLong> counts =
                new EnumMap<>(TenantQuotas.Kind.class);

        Use() {
            for (TenantQuotas.Kind kind : TenantQuotas.Kind.values()) {
                counts.put(kind, new AtomicLong());
            }
        }

        private AtomicLong of(TenantQuotas.Kind kind) {
            AtomicLong count = counts.get(kind);
            if (count == null) {
                throw new IllegalStateException(kind + " is not counted");
            }
            return count;
        }
    }

    private final ObjectMapper mapper = new ObjectMapper();
    private final MetadataStore store;
    private final CachedView<Tenant> tenants;
    private final ConcurrentHashMap<String, Use> uses = new ConcurrentHashMap<>();
    private final BrokerEvents events;
    private final InstantSource clock;

    public Tenants(NodeCache cache, BrokerEvents events, InstantSource clock) {
        this.store = cache.store();
        this.events = events;
        this.clock = clock;
        tenants = cache.view(PREFIX, (name, json) -> mapper.readValue(json, Tenant.class));
    }

    /** Completes when what is stored is known. */
    public CompletableFuture<Void> ready() {
        return tenants.ready();
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

    /** Takes so much of a quota, or nothing. */
    public boolean take(String tenant, TenantQuotas.Kind kind, long amount) {
        long limit = limit(tenant, kind);
        AtomicLong used = use(tenant).of(kind);
        if (limit < 0) {
            used.addAndGet(amount);
            return true;
        }
        long before = used.getAndUpdate(now -> now + amount > limit ? now : now + amount);
        if (before + amount <= limit) {
            return true;
        }
        if (events.isHeard()) {
            events.tell(new BrokerEvent.QuotaExceeded(clock.millis(), tenant, kind.name(), limit));
        }
        return false;
    }

    public void giveBack(String tenant, TenantQuotas.Kind kind, long amount) {
        use(tenant).of(kind).addAndGet(-amount);
    }

    public long used(String tenant, TenantQuotas.Kind kind) {
        Use known = uses.get(tenant);
        return known == null ? 0 : known.of(kind).get();
    }

    private long limit(String tenant, TenantQuotas.Kind kind) {
        @Nullable Tenant known = tenants.get(tenant);
        return known == null ? -1 : known.quotas().limit(kind);
    }

    private Use use(String tenant) {
        Use known = uses.get(tenant);
        return known == null ? uses.computeIfAbsent(tenant, absent -> new Use()) : known;
    }

    @Override
    public void close() {
        tenants.close();
    }
}
