package io.polymq.core.queue;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How the consumers of one queue take turns. Shard zone. */
sealed interface Turns permits RingTurns, SingleActiveTurns, StickyTurns {

    static Turns of(QueueSpec.Dispatch dispatch) {
        return switch (dispatch) {
            case ROUND_ROBIN -> new RingTurns(false);
            case PRIORITY -> new RingTurns(true);
            case SINGLE_ACTIVE -> new SingleActiveTurns();
            case STICKY_BY_KEY -> new StickyTurns();
        };
    }

    void add(ShardConsumption consumption);

    void remove(ShardConsumption consumption);

    /** It has credit now and had none before, or the other way round. */
    void creditChanged(ShardConsumption consumption);

    /** Whether anyone could take a message. */
    boolean isHungry();

    /** Who takes this one, one credit less; null when nobody can now. */
    @Nullable ShardConsumption next(Entry entry);

    /**
     * Whether a message that nobody can take now was put aside, so that those behind it may be
     * tried.
     */
    default boolean park(Entry entry) {
        return false;
    }

    /** One that was put aside and can be taken now. */
    default @Nullable Entry parked() {
        return null;
    }

    /** The oldest that was put aside, whether it can be taken or not. */
    default @Nullable Entry oldestParked() {
        return null;
    }

    /** It is no longer in flight. */
    default void settled(Entry entry) {}

    /** Everyone, in no order. */
    List<ShardConsumption> all();

    /** A list that keeps higher priorities in front and equals in the order of their coming. */
    static void insert(ArrayList<ShardConsumption> sorted, ShardConsumption consumption) {
        int at = sorted.size();
        while (at > 0 && sorted.get(at - 1).priority() < consumption.priority()) {
            at--;
        }
        sorted.add(at, consumption);
    }
}
