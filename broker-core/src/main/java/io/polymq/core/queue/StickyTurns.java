package io.polymq.core.queue;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The same key to the same consumer. Keys fall into slots, and each slot belongs to a consumer,
 * chosen so that few slots move when consumers come and go (highest random weight). A slot moves
 * only when nothing of it is in flight, so two consumers never work on one key at once. Messages
 * whose consumer has no credit are put aside, up to a bound, and do not hold up the others.
 *
 * <p>Shard zone.
 */
final class StickyTurns implements Turns {

    private static final int SLOTS = 1024;
    private static final int MOST_PARKED = 4096;

    private final ArrayList<ShardConsumption> all = new ArrayList<>();
    private final @Nullable ShardConsumption[] owners = new ShardConsumption[SLOTS];
    private final @Nullable ShardConsumption[] wanted = new ShardConsumption[SLOTS];
    private final int[] inFlight = new int[SLOTS];
    private int parked;
    private int hungry;

    @Override
    public void add(ShardConsumption consumption) {
        all.add(consumption);
        if (consumption.hasCredit()) {
            hungry++;
        }
        assign();
    }

    @Override
    public void remove(ShardConsumption consumption) {
        all.remove(consumption);
        unparkAll(consumption);
        if (consumption.hasCredit()) {
            hungry--;
        }
        assign();
    }

    @Override
    public void creditChanged(ShardConsumption consumption) {
        hungry += consumption.hasCredit() ? 1 : -1;
    }

    @Override
    public boolean isHungry() {
        return hungry > 0;
    }

    @Override
    public @Nullable ShardConsumption next(Entry entry) {
        ShardConsumption owner = owner(entry);
        if (owner == null || !owner.hasCredit()) {
            return null;
        }
        owner.spend();
        if (!owner.hasCredit()) {
            hungry--;
        }
        entry.stickySlot = slot(entry);
        inFlight[entry.stickySlot]++;
        return owner;
    }

    @Override
    public boolean park(Entry entry) {
        ShardConsumption owner = owner(entry);
        if (owner == null || parked >= MOST_PARKED || entry.heap == owner.parked()) {
            return false;
        }
        entry.level().park(entry, owner.parked());
        parked++;
        return true;
    }

    @Override
    public @Nullable Entry parked() {
        if (parked == 0) {
            return null;
        }
        parked = 0;
        Entry found = null;
        for (ShardConsumption consumption : all) {
            Entry first = consumption.parked().peek();
            parked += consumption.parked().size();
            if (first != null && found == null && consumption.hasCredit()) {
                found = first;
            }
        }
        return found;
    }

    @Override
    public @Nullable Entry oldestParked() {
        Entry oldest = null;
        for (ShardConsumption consumption : all) {
            Entry first = consumption.parked().peek();
            if (first != null && (oldest == null || first.offset < oldest.offset)) {
                oldest = first;
            }
        }
        return oldest;
    }

    @Override
    public void settled(Entry entry) {
        int slot = entry.stickySlot;
        if (slot < 0) {
            return;
        }
        entry.stickySlot = -1;
        ShardConsumption owner = owners[slot];
        if (--inFlight[slot] == 0 && owner != wanted[slot]) {
            owners[slot] = wanted[slot];
            if (owner != null) {
                unparkAll(owner);
            }
        }
    }

    @Override
    public List<ShardConsumption> all() {
        return all;
    }

    private @Nullable ShardConsumption owner(Entry entry) {
        int slot = slot(entry);
        if (inFlight[slot] == 0) {
            owners[slot] = wanted[slot];
        }
        ShardConsumption owner = owners[slot];
        return owner == null || owner.isClosed() ? null : owner;
    }

    private static int slot(Entry entry) {
        return mix(entry.message().subject().hashCode()) & SLOTS - 1;
    }

    /** Chooses anew; whatever was put aside is looked at again in its old order. */
    private void assign() {
        for (int slot = 0; slot < SLOTS; slot++) {
            ShardConsumption best = null;
            int weight = Integer.MIN_VALUE;
            for (ShardConsumption consumption : all) {
                int its = mix(slot * 0x9E3779B1 ^ consumption.number() * 0x85EBCA6B);
                if (best == null || its > weight) {
                    best = consumption;
                    weight = its;
                }
            }
            wanted[slot] = best;
        }
        for (ShardConsumption consumption : all) {
            unparkAll(consumption);
        }
        parked = 0;
    }

    private static void unparkAll(ShardConsumption consumption) {
        Entry entry = consumption.parked().peek();
        while (entry != null) {
            entry.level().unpark(entry);
            entry = consumption.parked().peek();
        }
    }

    private static int mix(int value) {
        int h = value * 0xC2B2AE35;
        h ^= h >>> 15;
        h *= 0x27D4EB2F;
        return h ^ h >>> 13;
    }
}
