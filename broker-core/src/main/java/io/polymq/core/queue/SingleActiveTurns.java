package io.polymq.core.queue;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One consumer gets everything; when it ends, the one with the highest priority that has waited
 * longest takes over. A newcomer never displaces it. Shard zone.
 */
final class SingleActiveTurns implements Turns {

    private final ArrayList<ShardConsumption> waiting = new ArrayList<>();
    private @Nullable ShardConsumption active;

    @Override
    public void add(ShardConsumption consumption) {
        if (active == null) {
            activate(consumption);
        } else {
            Turns.insert(waiting, consumption);
        }
    }

    @Override
    public void remove(ShardConsumption consumption) {
        if (active == consumption) {
            active = null;
            if (!waiting.isEmpty()) {
                activate(waiting.removeFirst());
            }
        } else {
            waiting.remove(consumption);
        }
    }

    private void activate(ShardConsumption consumption) {
        active = consumption;
        consumption.tellActive(true);
    }

    @Override
    public void creditChanged(ShardConsumption consumption) {
        // asked for when it is needed
    }

    @Override
    public boolean isHungry() {
        return active != null && active.hasCredit();
    }

    @Override
    public @Nullable ShardConsumption next(Entry entry) {
        ShardConsumption taker = active;
        if (taker == null || !taker.hasCredit()) {
            return null;
        }
        taker.spend();
        return taker;
    }

    @Override
    public List<ShardConsumption> all() {
        ArrayList<ShardConsumption> all = new ArrayList<>(waiting);
        if (active != null) {
            all.addFirst(active);
        }
        return all;
    }
}
