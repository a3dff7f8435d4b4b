package io.polymq.kafka.quota;

import io.polymq.kafka.cluster.BrokerSettings;
import io.polymq.meta.CachedView;
import io.polymq.meta.NodeCache;
import java.net.InetAddress;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The quotas, in the metadata under {@code kafka/quotas/}, and what was used of them. Shared;
 * without any quota it costs one look at a field.
 *
 * <p>Of the quotas that fit a user and its client id the most specific one holds: for both, for the
 * user, for the client id, each by name before the default. Those who share a quota share what is
 * used of it.
 */
public final class Quotas {

    private static final String PREFIX = "kafka/quotas/";
    private static final int MOST_KNOWN = 20_000;
    private static final long LONGEST_REQUEST_WAIT_MILLIS = 1000;

    private record Asked(QuotaKind kind, String user, String clientId) {}

    /** Whoever shares a quota; an empty name where it does not matter. */
    private record Sharers(QuotaKind kind, String user, String clientId) {}

    private record Used(RateWindow rate, MutationBucket mutations) {}

    /** A limit that holds for someone, and what was used of it. */
    private record Holding(double limit, Used used) {}

    private static final Holding FREE =
            new Holding(Double.MAX_VALUE, new Used(new RateWindow(), new MutationBucket()));

    private final NodeCache cache;
    private final CachedView<Map<String, Double>> view;
    private final InstantSource clock;
    private final Map<Sharers, Used> used = new ConcurrentHashMap<>();
    private volatile Map<Asked, Holding> holding = new ConcurrentHashMap<>();
    private volatile boolean active;

    public Quotas(NodeCache cache, InstantSource clock) {
        this.cache = cache;
        this.clock = clock;
        this.view = cache.view(PREFIX, (_, value) -> decode(value));
        view.listen((_, _, _) -> changed());
    }

    public CompletableFuture<Void> ready() {
        return view.ready().thenRun(this::changed);
    }

    private void changed() {
        holding = new ConcurrentHashMap<>();
        active = view.size() > 0;
    }

    private static Map<String, Double> decode(byte[] value) {
        Map<String, Double> limits = new HashMap<>();
        BrokerSettings.decode(value)
                .forEach((key, limit) -> limits.put(key, Double.parseDouble(limit)));
        return Map.copyOf(limits);
    }

    /** Whether there are any. */
    public boolean isActive() {
        return active;
    }

    // What is used of them.

    /** A produce request of so many bytes: how long the client has to wait, in milliseconds. */
    public long produced(String user, String clientId, int bytes) {
        return use(QuotaKind.PRODUCE, user, clientId, bytes);
    }

    /** A fetch response of so many bytes. */
    public long fetched(String user, String clientId, int bytes) {
        return use(QuotaKind.FETCH, user, clientId, bytes);
    }

    /** So much of a thread's time. */
    public long worked(String user, String clientId, long nanos) {
        return Math.min(
                LONGEST_REQUEST_WAIT_MILLIS,
                use(QuotaKind.REQUEST, user, clientId, nanos * 100.0 / 1_000_000_000));
    }

    private long use(QuotaKind kind, String user, String clientId, double amount) {
        Holding one = holding(kind, user, clientId);
        return one == FREE ? 0 : one.used.rate.add(amount, one.limit, clock.millis());
    }

    /** How long nothing of the metadata may be changed by the client, in milliseconds. */
    public long mutationsClosedFor(String user, String clientId) {
        Holding one = holding(QuotaKind.MUTATION, user, clientId);
        return one == FREE ? 0 : one.used.mutations.closedFor(one.limit, clock.millis());
    }

    /** It changes so many partitions. */
    public void mutated(String user, String clientId, int partitions) {
        Holding one = holding(QuotaKind.MUTATION, user, clientId);
        if (one != FREE) {
            one.used.mutations.take(partitions, one.limit, clock.millis());
        }
    }

    /** A connection from there: how long it has to wait. */
    public long connected(InetAddress address) {
        String text = address.getHostAddress();
        Holding one =
                holding.computeIfAbsent(
                        new Asked(QuotaKind.CONNECTION, text, ""), this::findByAddress);
        return one == FREE
                ? 0
                : Math.min(
                        LONGEST_REQUEST_WAIT_MILLIS,
                        one.used.rate.add(1, one.limit, clock.millis()));
    }

    private Holding findByAddress(Asked asked) {
        Double limit = limit(QuotaEntity.ip(asked.user), asked.kind);
        if (limit == null) {
            limit = limit(QuotaEntity.ip(QuotaEntity.DEFAULT), asked.kind);
        }
        return limit == null ? FREE : held(limit, new Sharers(asked.kind, asked.user, ""));
    }

    private Holding holding(QuotaKind kind, String user, String clientId) {
        if (!active) {
            return FREE;
        }
        Map<Asked, Holding> known = holding;
        if (known.size() >= MOST_KNOWN) {
            known.clear();
        }
        return known.computeIfAbsent(new Asked(kind, user, clientId), this::find);
    }

    private Holding find(Asked asked) {
        String[] users = {asked.user, QuotaEntity.DEFAULT};
        String[] clients = {asked.clientId, QuotaEntity.DEFAULT};
        for (String user : users) {
            for (String client : clients) {
                Double both = limit(QuotaEntity.of(user, client), asked.kind);
                if (both != null) {
                    return held(both, new Sharers(asked.kind, asked.user, asked.clientId));
                }
            }
            Double alone = limit(QuotaEntity.of(user, null), asked.kind);
            if (alone != null) {
                return held(alone, new Sharers(asked.kind, asked.user, ""));
            }
        }
        for (String client : clients) {
            Double alone = limit(QuotaEntity.of(null, client), asked.kind);
            if (alone != null) {
                return held(alone, new Sharers(asked.kind, "", asked.clientId));
            }
        }
        return FREE;
    }

    private Holding held(double limit, Sharers sharers) {
        if (used.size() >= MOST_KNOWN) {
            used.clear();
        }
        return new Holding(
                limit,
                used.computeIfAbsent(
                        sharers, _ -> new Used(new RateWindow(), new MutationBucket())));
    }

    private @Nullable Double limit(QuotaEntity entity, QuotaKind kind) {
        Map<String, Double> limits = view.get(entity.key());
        return limits == null ? null : limits.get(kind.key());
    }

    // What they are.

    /** All of them. */
    Map<QuotaEntity, Map<String, Double>> all() {
        Map<QuotaEntity, Map<String, Double>> all = new HashMap<>();
        view.all().forEach((key, limits) -> all.put(QuotaEntity.parse(key), limits.value()));
        return all;
    }

    /** Sets some limits of an entity; null takes one away. */
    CompletableFuture<Void> change(QuotaEntity entity, Map<QuotaKind, @Nullable Double> changes) {
        Map<String, String> limits = new HashMap<>();
        Map<String, Double> before = view.get(entity.key());
        if (before != null) {
            before.forEach((key, limit) -> limits.put(key, limit.toString()));
        }
        new EnumMap<>(changes)
                .forEach(
                        (kind, limit) -> {
                            if (limit == null) {
                                limits.remove(kind.key());
                            } else {
                                limits.put(kind.key(), limit.toString());
                            }
                        });
        if (limits.isEmpty() && before == null) {
            return CompletableFuture.completedFuture(null);
        }
        String key = PREFIX + entity.key();
        return (limits.isEmpty()
                        ? cache.store().delete(key)
                        : cache.store().put(key, BrokerSettings.encode(limits)))
                .thenCompose(view::reached);
    }
}
