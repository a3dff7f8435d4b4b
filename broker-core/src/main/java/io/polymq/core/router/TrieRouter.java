package io.polymq.core.router;

import io.polymq.core.trace.MessageTracer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** The router: a trie per tenant. Shared. */
public final class TrieRouter implements Router {

    /**
     * What peers can make the router hold.
     *
     * @param maxLevels the deepest filter taken
     * @param cachedRoutes match results per loop
     * @param cachedReferences references in a loop's match results together
     */
    public record Limits(int maxLevels, int cachedRoutes, long cachedReferences) {
        public static final Limits DEFAULT = new Limits(1_024, 8_192, 1_000_000);

        public Limits {
            if (maxLevels < 1 || cachedRoutes < 1 || cachedReferences < 1) {
                throw new IllegalArgumentException("limits are at least 1");
            }
        }
    }

    private final Limits limits;
    private final MessageTracer tracer;
    private final LevelHash hashes;
    private final Generations generations;
    private final LongAdder failures = new LongAdder();
    private final AtomicReference<@Nullable PublishGuard> guard = new AtomicReference<>();
    private final AtomicReference<SubscriptionEvents> events =
            new AtomicReference<>(SubscriptionEvents.NONE);
    private final AtomicLong spaceIds = new AtomicLong();
    private final ConcurrentMap<String, SubscriptionSpace> spaces = new ConcurrentHashMap<>();

    /**
     * @param secret makes the places of subjects in tables unpredictable for peers
     */
    public TrieRouter(Limits limits, long secret) {
        this(limits, secret, MessageTracer.NONE);
    }

    /** The same, and the tracer hears of what is published and delivered. */
    public TrieRouter(Limits limits, long secret, MessageTracer tracer) {
        this.limits = limits;
        this.tracer = tracer;
        this.hashes = new LevelHash(secret);
        this.generations = new Generations(hashes);
    }

    @Override
    public Space space(String tenant) {
        return spaces.computeIfAbsent(
                tenant,
                name ->
                        new SubscriptionSpace(
                                name,
                                spaceIds.incrementAndGet(),
                                hashes,
                                limits.maxLevels(),
                                generations,
                                failures,
                                guard,
                                events,
                                tracer));
    }

    /** Who is asked of every publish from now on; null: nobody. */
    public void guard(@Nullable PublishGuard asked) {
        guard.set(asked);
    }

    /** Who is asked of and hears of subscriptions from now on. */
    public void events(SubscriptionEvents heard) {
        events.set(heard);
    }

    @Override
    public RouteCache newCache() {
        return new RouteCache(limits.cachedRoutes(), limits.cachedReferences());
    }

    @Override
    public RouteCache newCache(int subjects) {
        return new RouteCache(subjects, limits.cachedReferences());
    }

    @Override
    public int maxLevels() {
        return limits.maxLevels();
    }

    @Override
    public MessageTracer tracer() {
        return tracer;
    }

    /** Subscriptions of all tenants. */
    public long size() {
        return spaces.values().stream().mapToLong(Space::size).sum();
    }

    /** Deliveries that a sink answered with an exception. */
    public long failures() {
        return failures.sum();
    }
}
