package io.polymq.network;

import io.polymq.config.LimitsConfig;
import io.polymq.config.RateConfig;
import io.polymq.network.RateHandle.Buckets;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Holds connections, messages and bytes per second to their limits: for the broker, each tenant,
 * each user, each client id. One per broker; the network layer asks it after each batch of reads
 * and leaves the client unread for as long as the answer says.
 *
 * <p>Shared zone. A connection's buckets are looked up at login; taking from them allocates nothing
 * and takes no lock. Buckets outlive their connections for as long as they owe something, so that
 * reconnecting clears no debt; how many may wait like that is bounded.
 */
public final class GlobalRateLimiter {

    private static final int SWEEP_AT = 65_536;

    private final LongSupplier nanoClock;
    private final Buckets broker;
    private final ConcurrentHashMap<Key, Buckets> named = new ConcurrentHashMap<>();
    private volatile Limits limits;
    private volatile int sweepAt = SWEEP_AT;
    private volatile Function<String, @Nullable RateConfig> ownRates = tenant -> null;

    public GlobalRateLimiter(LimitsConfig config, LongSupplier nanoClock) {
        this.limits = new Limits(config, 1, false);
        this.nanoClock = nanoClock;
        this.broker = new Buckets(nanoClock.getAsLong());
    }

    /** From now on these limits hold, for connections that stand as well. */
    public synchronized void reload(LimitsConfig next) {
        limits = new Limits(next, limits.generation + 1, limits.own);
    }

    /**
     * Some tenants have rates of their own from now on, in place of the one for all.
     *
     * @param rates by tenant's name, null for those who have none
     * @param any whether there is one at all
     */
    public synchronized void ownRates(Function<String, @Nullable RateConfig> rates, boolean any) {
        ownRates = rates;
        limits = new Limits(limits.config, limits.generation + 1, any);
    }

    public LimitsConfig limits() {
        return limits.config;
    }

    /** A connection was accepted: nanoseconds to wait before the next, 0 to go on. */
    long accepted() {
        return broker.connections.take(
                1, limits.config.broker().connectionsPerSecond(), nanoClock.getAsLong());
    }

    /** The handle of a connection that logs in; null when it logs in too often. */
    @Nullable RateHandle login(Login login) {
        Limits now = limits;
        long time = nanoClock.getAsLong();
        RateHandle handle = new RateHandle(login);
        resolve(handle, now, time);
        LimitsConfig config = now.config;
        if (mayConnect(handle.tenant, handle.tenantRate, time)
                && mayConnect(handle.user, config.user(), time)
                && mayConnect(handle.client, config.client(), time)) {
            return handle;
        }
        release(handle);
        return null;
    }

    private static boolean mayConnect(@Nullable Buckets buckets, RateConfig limit, long now) {
        return buckets == null || buckets.connections.tryTake(limit.connectionsPerSecond(), now);
    }

    /** The connection is gone. */
    void release(@Nullable RateHandle handle) {
        if (handle != null) {
            leave(handle.tenant);
            leave(handle.user);
            leave(handle.client);
            handle.tenant = null;
            handle.user = null;
            handle.client = null;
        }
    }

    private static void leave(@Nullable Buckets buckets) {
        if (buckets != null) {
            buckets.users.decrementAndGet();
        }
    }

    /** Nanoseconds for which nothing more is to be read, 0 to go on. */
    long take(@Nullable RateHandle handle, int messages, long bytes, long now) {
        Limits current = limits;
        if (!current.any) {
            return 0;
        }
        LimitsConfig config = current.config;
        long wait = take(broker, config.broker(), messages, bytes, now);
        if (handle != null) {
            if (handle.generation != current.generation) {
                release(handle);
                resolve(handle, current, now);
            }
            wait = Math.max(wait, take(handle.tenant, handle.tenantRate, messages, bytes, now));
            wait = Math.max(wait, take(handle.user, config.user(), messages, bytes, now));
            wait = Math.max(wait, take(handle.client, config.client(), messages, bytes, now));
        }
        return wait;
    }

    /** How long a tenant is beyond its rate by now, in milliseconds. */
    long owedMillis(@Nullable RateHandle handle, long now) {
        if (!limits.any || handle == null) {
            return 0;
        }
        Buckets tenant = handle.tenant;
        if (tenant == null) {
            return 0;
        }
        RateConfig rate = handle.tenantRate;
        return TimeUnit.NANOSECONDS.toMillis(
                Math.max(
                        tenant.messages.owed(rate.messagesPerSecond(), now),
                        tenant.bytes.owed(rate.bytesPerSecond(), now)));
    }

    private static long take(
            @Nullable Buckets buckets, RateConfig limit, int messages, long bytes, long now) {
        if (buckets == null) {
            return 0;
        }
        return Math.max(
                buckets.messages.take(messages, limit.messagesPerSecond(), now),
                buckets.bytes.take(bytes, limit.bytesPerSecond(), now));
    }

    private void resolve(RateHandle handle, Limits current, long now) {
        LimitsConfig config = current.config;
        Login login = handle.login;
        handle.generation = current.generation;
        RateConfig own = current.own ? ownRates.apply(login.tenant()) : null;
        handle.tenantRate = own == null ? config.tenant() : own;
        if (!handle.tenantRate.equals(RateConfig.UNLIMITED)) {
            handle.tenant = enter(new Key(Level.TENANT, login.tenant(), ""), now);
        }
        if (!config.user().equals(RateConfig.UNLIMITED)) {
            handle.user = enter(new Key(Level.USER, login.tenant(), login.user()), now);
        }
        if (!config.client().equals(RateConfig.UNLIMITED) && !login.clientId().isEmpty()) {
            handle.client = enter(new Key(Level.CLIENT, login.tenant(), login.clientId()), now);
        }
    }

    private Buckets enter(Key key, long now) {
        if (named.size() >= sweepAt) {
            sweep(now);
        }
        return named.compute(
                key,
                (same, known) -> {
                    Buckets found = known == null ? new Buckets(now) : known;
                    found.users.incrementAndGet();
                    return found;
                });
    }

    /** Forgets who is gone; when too many are gone and still owe, forgets these as well. */
    private void sweep(long now) {
        named.keySet().forEach(key -> forget(key, now, false));
        if (named.size() >= sweepAt) {
            named.keySet().forEach(key -> forget(key, now, true));
        }
        sweepAt = Math.max(SWEEP_AT, 2 * named.size());
    }

    private void forget(Key key, long now, boolean debtors) {
        named.computeIfPresent(
                key,
                (same, buckets) ->
                        buckets.isIdle(now) || (debtors && buckets.users.get() == 0)
                                ? null
                                : buckets);
    }

    /** How many tenants, users and clients have buckets. */
    int tracked() {
        return named.size();
    }

    private record Limits(LimitsConfig config, long generation, boolean own, boolean any) {
        Limits(LimitsConfig config, long generation, boolean own) {
            this(config, generation, own, own || !config.equals(LimitsConfig.DEFAULT));
        }
    }

    private enum Level {
        TENANT,
        USER,
        CLIENT
    }

    private record Key(Level level, String tenant, String name) {}
}
