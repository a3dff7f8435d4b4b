package io.polymq.core.router;

import io.polymq.core.subject.Subject;
import org.jspecify.annotations.Nullable;

/**
 * Match results that one thread keeps; opaque to all but the router. Four places for each hash; a
 * result that was used since its neighbours came stays, so that a publisher of ever new subjects
 * displaces only its own kind. Bounded by the number of results and by the references in them.
 * Connection zone: one per loop.
 */
public final class RouteCache {

    private static final int WAYS = 4;

    private final @Nullable Route[] routes;

    /** Hashes and weights stand apart from the routes, so that a newcomer touches no old one. */
    private final int[] tags;

    private final int[] weights;
    private final boolean[] used;
    private final int mask;
    private final long maxWeight;
    private final Matches<SubjectTrie.Entry> scratch = new Matches<>();
    private long weight;
    private int hand;
    private long hits;
    private long misses;

    /**
     * @param capacity results, rounded up to a power of two
     * @param maxWeight references in all results together
     */
    RouteCache(int capacity, long maxWeight) {
        int size = Integer.highestOneBit(Math.max(WAYS, capacity - 1) * 2 - 1);
        this.routes = new @Nullable Route[size];
        this.tags = new int[size];
        this.weights = new int[size];
        this.used = new boolean[size];
        this.mask = size - WAYS;
        this.maxWeight = maxWeight;
    }

    public long hits() {
        return hits;
    }

    public long misses() {
        return misses;
    }

    Route route(SubscriptionSpace space, Subject subject) {
        int tag = (subject.hashCode() ^ space.number()) * 0x9E3779B1;
        int set = tag >>> 9 & mask;
        for (int i = set; i < set + WAYS; i++) {
            Route known = tags[i] == tag ? routes[i] : null;
            if (known != null && isFor(known, space, subject)) {
                if (known.isCurrent()) {
                    used[i] = true;
                    hits++;
                    return known;
                }
                Route fresh = space.match(subject, scratch);
                replace(i, tag, fresh);
                misses++;
                return fresh;
            }
        }
        misses++;
        Route fresh = space.match(subject, scratch);
        int place = placeIn(set);
        if (place >= 0) {
            replace(place, tag, fresh);
        }
        return fresh;
    }

    /** Where a newcomer may go; -1 when all four have been used since the last one came. */
    private int placeIn(int set) {
        for (int i = set; i < set + WAYS; i++) {
            if (routes[i] == null) {
                return i;
            }
        }
        int place = -1;
        for (int i = set; i < set + WAYS; i++) {
            if (!used[i]) {
                place = i;
            }
        }
        if (place < 0) {
            for (int i = set; i < set + WAYS; i++) {
                used[i] = false;
            }
        }
        return place;
    }

    private void replace(int place, int tag, Route fresh) {
        weight -= weights[place];
        weights[place] = 0;
        routes[place] = null;
        used[place] = false;
        int added = fresh.weight();
        if (added * 4L > maxWeight) {
            return;
        }
        weight += added;
        while (weight > maxWeight) {
            hand = hand + 1 & routes.length - 1;
            weight -= weights[hand];
            weights[hand] = 0;
            routes[hand] = null;
        }
        weights[place] = added;
        tags[place] = tag;
        routes[place] = fresh;
    }

    @SuppressWarnings("ReferenceEquality") // a space is itself
    private static boolean isFor(Route route, SubscriptionSpace space, Subject subject) {
        return route.space == space && route.subject.equals(subject);
    }
}
