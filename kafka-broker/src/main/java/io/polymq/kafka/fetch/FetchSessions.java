package io.polymq.kafka.fetch;

import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The fetch sessions of all clients, at most so many: when there is no slot left, one that was idle
 * for long enough gives way, else the newcomer fetches without. Any thread.
 */
final class FetchSessions {

    private static final long EVICTABLE_AFTER_MILLIS = 120_000;

    private final Map<Integer, FetchSession> sessions = new ConcurrentHashMap<>();
    private final int slots;
    private final LongSupplier clock;

    FetchSessions(int slots, LongSupplier clock) {
        this.slots = slots;
        this.clock = clock;
    }

    /** A new session; null when there is no room. */
    @Nullable FetchSession open(String tenant, boolean byId) {
        long now = clock.getAsLong();
        if (sessions.size() >= slots && !evict(now)) {
            return null;
        }
        while (true) {
            int id = ThreadLocalRandom.current().nextInt(1, Integer.MAX_VALUE);
            FetchSession session = new FetchSession(id, tenant, byId, now);
            if (sessions.putIfAbsent(id, session) == null) {
                return session;
            }
        }
    }

    private boolean evict(long now) {
        return sessions.values().stream()
                .filter(session -> now - session.lastUsed() > EVICTABLE_AFTER_MILLIS)
                .min(Comparator.comparingLong(FetchSession::lastUsed))
                .map(idle -> sessions.remove(idle.id(), idle))
                .orElse(false);
    }

    @Nullable FetchSession find(String tenant, int id) {
        FetchSession session = sessions.get(id);
        return session != null && session.tenant().equals(tenant) ? session : null;
    }

    void close(String tenant, int id) {
        FetchSession session = find(tenant, id);
        if (session != null) {
            sessions.remove(id, session);
        }
    }

    int size() {
        return sessions.size();
    }

    long now() {
        return clock.getAsLong();
    }
}
