package io.polymq.amqp.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * How many connections and channels each user may have, over all virtual hosts, and how many there
 * are. Any thread.
 */
public final class UserLimits {

    /**
     * @param maxConnections -1 for no limit
     * @param maxChannels -1 for no limit; sessions of 1.0 are none
     */
    public record Limits(int maxConnections, int maxChannels) {
        public static final Limits NONE = new Limits(-1, -1);
    }

    private final DefinitionStore store;
    private final Map<String, Limits> limits = new ConcurrentSkipListMap<>();
    private final Map<String, Integer> connections = new ConcurrentHashMap<>();
    private final Map<String, Integer> channels = new ConcurrentHashMap<>();

    UserLimits(DefinitionStore store) {
        this.store = store;
    }

    /** Of the users that have any. */
    public Map<String, Limits> all() {
        return Collections.unmodifiableMap(limits);
    }

    public Limits of(String user) {
        return limits.getOrDefault(user, Limits.NONE);
    }

    /** Completes when it is safe. What a user has already stays. */
    public CompletableFuture<Void> put(String user, Limits now) {
        if (now.equals(Limits.NONE)) {
            return limits.remove(user) == null
                    ? CompletableFuture.completedFuture(null)
                    : store.delete(DefinitionStore.Kind.USER_LIMITS, user);
        }
        limits.put(user, now);
        return store.put(
                DefinitionStore.Kind.USER_LIMITS,
                Map.of(
                        "max-connections", now.maxConnections(),
                        "max-channels", now.maxChannels()),
                user);
    }

    void known(String user, JsonNode value) {
        limits.put(
                user,
                new Limits(
                        value.path("max-connections").asInt(-1),
                        value.path("max-channels").asInt(-1)));
    }

    /** A connection is opened; false when there may be no more. */
    public boolean connects(String user) {
        return take(connections, user, of(user).maxConnections());
    }

    /** A connection is gone. */
    public void left(String user) {
        giveBack(connections, user, 1);
    }

    /** A channel is opened; false when there may be no more. */
    public boolean opens(String user) {
        return take(channels, user, of(user).maxChannels());
    }

    /** Channels are gone. */
    public void closed(String user, int number) {
        giveBack(channels, user, number);
    }

    private static boolean take(Map<String, Integer> counts, String user, int most) {
        int now = counts.merge(user, 1, Integer::sum);
        if (most >= 0 && now > most) {
            giveBack(counts, user, 1);
            return false;
        }
        return true;
    }

    private static void giveBack(Map<String, Integer> counts, String user, int number) {
        counts.computeIfPresent(user, (name, now) -> now <= number ? null : now - number);
    }
}
