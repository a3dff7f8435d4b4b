package io.polymq.core.service;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import org.jspecify.annotations.Nullable;

/**
 * Message ids seen in the last while, each with what became of the first message (such as its
 * offset). Bounded in time and number: the oldest go first. Kept in memory; whoever stores messages
 * with their ids fills it again after a restart by {@link #remember}. Any thread, own lock.
 */
public final class DeduplicationWindow {

    private record Seen(String id, long value, long at) {}

    private final int most;
    private final HashMap<String, Seen> byId = new HashMap<>();
    private final ArrayDeque<Seen> byAge = new ArrayDeque<>();
    private long millis;

    /**
     * @param window how long an id is remembered
     * @param most how many are, at most
     */
    public DeduplicationWindow(Duration window, int most) {
        if (most < 1) {
            throw new IllegalArgumentException("a window has room for at least one id");
        }
        this.millis = window.toMillis();
        this.most = most;
    }

    /** What was remembered for the id, null when it is new. */
    public synchronized @Nullable Long find(String id, long now) {
        forgetOld(now);
        Seen seen = byId.get(id);
        return seen == null ? null : seen.value();
    }

    /** From now on the id is known; an id that is known keeps what was remembered first. */
    public synchronized void remember(String id, long value, long now) {
        forgetOld(now);
        Seen seen = new Seen(id, value, now);
        if (byId.putIfAbsent(id, seen) == null) {
            byAge.add(seen);
            if (byAge.size() > most) {
                forgetOldest();
            }
        }
    }

    /** The message was not taken after all. */
    public synchronized void forget(String id) {
        Seen seen = byId.remove(id);
        if (seen != null) {
            byAge.removeLastOccurrence(seen);
        }
    }

    /** Another length of time, from now on. */
    public synchronized void window(Duration window, long now) {
        millis = window.toMillis();
        forgetOld(now);
    }

    public synchronized int size() {
        return byAge.size();
    }

    private void forgetOld(long now) {
        while (!byAge.isEmpty() && byAge.getFirst().at() + millis <= now) {
            forgetOldest();
        }
    }

    private void forgetOldest() {
        byId.remove(byAge.removeFirst().id());
    }
}
