package io.polymq.amqp.management;

import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Rates of counters, from what they were when somebody last asked: nothing is counted for nobody.
 * Whoever asks every few seconds, as RabbitMQ's tools do, sees the rate of these seconds; the first
 * answer has none. Any thread.
 */
final class Rates {

    /** A rate is over at least this time. */
    private static final long LEAST_MILLIS = 1_000;

    /** After this time the next rate begins where this one ends. */
    private static final long FULL_MILLIS = 5_000;

    private static final class Past {
        private long at;
        private Map<String, Long> counts;
        private Map<String, Double> rates = Map.of();

        Past(long at, Map<String, Long> counts) {
            this.at = at;
            this.counts = counts;
        }
    }

    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Object, Past> known = new WeakHashMap<>();

    Rates(InstantSource clock) {
        this.clock = clock;
    }

    /**
     * The counts as {@code message_stats} have them, each with its rate in {@code NAME_details}.
     *
     * @param of what is counted; known as long as it is reachable
     */
    Map<String, Object> with(Object of, Map<String, Long> counts) {
        Map<String, Double> rates = rates(of, counts);
        Map<String, Object> stats = new LinkedHashMap<>();
        counts.forEach(
                (name, count) -> {
                    stats.put(name, count);
                    stats.put(name + "_details", Map.of("rate", rates.getOrDefault(name, 0.0)));
                });
        return stats;
    }

    private Map<String, Double> rates(Object of, Map<String, Long> counts) {
        long now = clock.millis();
        lock.lock();
        try {
            Past past = known.get(of);
            if (past == null) {
                known.put(of, new Past(now, counts));
                return Map.of();
            }
            long passed = now - past.at;
            if (passed < LEAST_MILLIS) {
                return past.rates;
            }
            Map<String, Double> rates = new LinkedHashMap<>();
            counts.forEach(
                    (name, count) -> {
                        long before = past.counts.getOrDefault(name, count);
                        rates.put(name, Math.max(0, count - before) * 1000.0 / passed);
                    });
            past.rates = rates;
            if (passed >= FULL_MILLIS) {
                past.at = now;
                past.counts = counts;
            }
            return rates;
        } finally {
            lock.unlock();
        }
    }
}
