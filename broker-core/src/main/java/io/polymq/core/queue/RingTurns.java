package io.polymq.core.queue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One after the other among those who have credit; with priorities, a lower one only when no higher
 * one has credit. A ring per priority holds the hungry only, so that the others cost nothing. Shard
 * zone.
 */
final class RingTurns implements Turns {

    private record Ring(int priority, ArrayDeque<ShardConsumption> hungry) {}

    private final boolean byPriority;
    private final ArrayList<ShardConsumption> all = new ArrayList<>();
    private final ArrayList<Ring> rings = new ArrayList<>(1);
    private int hungry;

    RingTurns(boolean byPriority) {
        this.byPriority = byPriority;
    }

    @Override
    public void add(ShardConsumption consumption) {
        all.add(consumption);
        if (consumption.hasCredit()) {
            ring(consumption).hungry().add(consumption);
            hungry++;
        }
    }

    @Override
    public void remove(ShardConsumption consumption) {
        all.remove(consumption);
        Ring ring = ring(consumption);
        if (ring.hungry().remove(consumption)) {
            hungry--;
        }
        if (byPriority && all.stream().noneMatch(c -> c.priority() == ring.priority())) {
            rings.remove(ring);
        }
    }

    @Override
    public void creditChanged(ShardConsumption consumption) {
        ArrayDeque<ShardConsumption> ring = ring(consumption).hungry();
        if (consumption.hasCredit()) {
            ring.add(consumption);
            hungry++;
        } else if (ring.remove(consumption)) {
            hungry--;
        }
    }

    @Override
    public boolean isHungry() {
        return hungry > 0;
    }

    @Override
    public @Nullable ShardConsumption next(Entry entry) {
        for (int i = 0; i < rings.size(); i++) {
            ArrayDeque<ShardConsumption> ring = rings.get(i).hungry();
            ShardConsumption next = ring.poll();
            if (next != null) {
                next.spend();
                if (next.hasCredit()) {
                    ring.add(next);
                } else {
                    hungry--;
                }
                return next;
            }
        }
        return null;
    }

    @Override
    public List<ShardConsumption> all() {
        return all;
    }

    private Ring ring(ShardConsumption consumption) {
        int priority = byPriority ? consumption.priority() : 0;
        int at = 0;
        while (at < rings.size() && rings.get(at).priority() > priority) {
            at++;
        }
        if (at == rings.size() || rings.get(at).priority() != priority) {
            rings.add(at, new Ring(priority, new ArrayDeque<>(4)));
        }
        return rings.get(at);
    }
}
