package io.polymq.core.service;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * Who takes messages slowly, the slowest first: a ledger for consoles. What is slow each protocol
 * decides; an entry goes when nothing slow was seen of it for a while, or when slower ones need its
 * place. Any thread.
 */
public final class SlowConsumers {

    /**
     * @param forgetAfter how long an entry stays after its last slow delivery
     * @param most how many entries there are at most
     */
    public record Settings(Duration forgetAfter, int most) {
        public static final Settings DEFAULT = new Settings(Duration.ofMinutes(5), 1000);
    }

    /** Hears of a consumer when it comes onto the list. Any thread; must not block. */
    public interface SlowListener {
        void listed(Slow slow);
    }

    /** Who, and of what. */
    public record Consumer(String protocol, String tenant, String client, String source) {}

    /**
     * @param latencyMillis of its last slow delivery
     * @param worstMillis of all while it is listed
     * @param count how many slow deliveries there were while it is listed
     * @param at when the last one was, in milliseconds since 1970
     */
    public record Slow(
            Consumer consumer, long latencyMillis, long worstMillis, long count, long at) {}

    private final Settings settings;
    private final InstantSource clock;
    private volatile SlowListener listener = slow -> {};
    private final ConcurrentHashMap<Consumer, Slow> entries = new ConcurrentHashMap<>();

    public SlowConsumers(Settings settings, InstantSource clock) {
        this.settings = settings;
        this.clock = clock;
    }

    /** It took this long, which is slow. */
    public void delivered(Consumer consumer, long latencyMillis) {
        long now = clock.millis();
        if (!entries.containsKey(consumer) && entries.size() >= settings.most()) {
            makeRoom(now, latencyMillis);
            if (entries.size() >= settings.most()) {
                return;
            }
        }
        Slow listed =
                entries.merge(
                        consumer,
                        new Slow(consumer, latencyMillis, latencyMillis, 1, now),
                        (known, once) ->
                                new Slow(
                                        consumer,
                                        latencyMillis,
                                        Math.max(known.worstMillis(), latencyMillis),
                                        known.count() + 1,
                                        now));
        if (listed.count() == 1) {
            listener.listed(listed);
        }
    }

    /** Who hears of slow consumers from now on. */
    public void listen(SlowListener heard) {
        listener = heard;
    }

    /** It has gone. */
    public void forget(Consumer consumer) {
        entries.remove(consumer);
    }

    /** The slowest, as of their last slow delivery. */
    public List<Slow> slowest(int most) {
        return slowest(most, consumer -> true);
    }

    /** The slowest of some. */
    public List<Slow> slowest(int most, Predicate<Consumer> wanted) {
        forgetOld(clock.millis());
        return entries.values().stream()
                .filter(slow -> wanted.test(slow.consumer()))
                .sorted(Comparator.comparingLong(Slow::latencyMillis).reversed())
                .limit(most)
                .toList();
    }

    private void makeRoom(long now, long forLatency) {
        forgetOld(now);
        if (entries.size() >= settings.most()) {
            entries.values().stream()
                    .min(Comparator.comparingLong(Slow::latencyMillis))
                    .filter(least -> least.latencyMillis() < forLatency)
                    .ifPresent(least -> entries.remove(least.consumer()));
        }
    }

    private void forgetOld(long now) {
        long since = now - settings.forgetAfter().toMillis();
        entries.values().removeIf(slow -> slow.at() < since);
    }
}
