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

    /** What may be put aside; beyond it the queue waits for who wants its first message. */
    private static final int MOST_PARKED = 16_384;

    private static final long MOST_PARKED_BYTES = 64 << 20;

    private record Ring(int priority, ArrayDeque<ShardConsumption> hungry) {}

    private final boolean byPriority;
    private final ArrayList<ShardConsumption> all = new ArrayList<>();
    private final ArrayList<Ring> rings = new ArrayList<>(1);
    private int hungry;
    private int selective;

    /** Wanted by someone who has no credit. */
    private final EntryHeap waiting = new EntryHeap();

    /** Wanted by nobody who is there. */
    private final EntryHeap unwanted = new EntryHeap();

    RingTurns(boolean byPriority) {
        this.byPriority = byPriority;
    }

    @Override
    public void add(ShardConsumption consumption) {
        all.add(consumption);
        selective += consumption.isSelective() ? 1 : 0;
        unpark(unwanted);
        unpark(waiting);
        if (consumption.hasCredit()) {
            ring(consumption).hungry().add(consumption);
            hungry++;
        }
    }

    @Override
    public void remove(ShardConsumption consumption) {
        all.remove(consumption);
        selective -= consumption.isSelective() ? 1 : 0;
        if (selective == 0) {
            unpark(unwanted);
            unpark(waiting);
        }
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
            unpark(waiting);
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
            ShardConsumption next = selective == 0 ? ring.poll() : wanting(entry, ring);
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

    /** The next of the ring that wants the message; the others keep their order. */
    private static @Nullable ShardConsumption wanting(
            Entry entry, ArrayDeque<ShardConsumption> ring) {
        ShardConsumption found = null;
        for (int i = ring.size(); i > 0; i--) {
            ShardConsumption next = ring.remove();
            if (found == null && next.wants(entry)) {
                found = next;
            } else {
                ring.add(next);
            }
        }
        return found;
    }

    @Override
    public boolean park(Entry entry) {
        if (selective == 0
                || waiting.size() + unwanted.size() >= MOST_PARKED
                || entry.level().parkedBytes() >= MOST_PARKED_BYTES) {
            return false;
        }
        boolean wanted = false;
        for (int i = 0; i < all.size() && !wanted; i++) {
            wanted = !all.get(i).hasCredit() && all.get(i).wants(entry);
        }
        entry.level().park(entry, wanted ? waiting : unwanted);
        return true;
    }

    private static void unpark(EntryHeap heap) {
        Entry entry = heap.peek();
        while (entry != null) {
            entry.level().unpark(entry);
            entry = heap.peek();
        }
    }

    @Override
    public @Nullable Entry oldestParked() {
        Entry one = waiting.peek();
        Entry other = unwanted.peek();
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.offset < other.offset ? one : other;
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
