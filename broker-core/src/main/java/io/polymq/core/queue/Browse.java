package io.polymq.core.queue;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A look at a queue's messages, level by level, the highest priority first, each from its front on.
 * In a queue with priorities the first offset tells the level to begin with as well. Shard zone.
 */
final class Browse {

    /** Takes what was found, or why nothing could be. */
    interface Result {
        void found(List<QueuedMessage> messages, @Nullable Throwable failure);
    }

    private final Level[] levels;
    private final boolean priorities;
    private final long from;
    private final int max;
    private final Result to;
    private final List<QueuedMessage> all = new ArrayList<>();

    /**
     * @param priorities whether offsets are places and priorities
     */
    Browse(Level[] levels, boolean priorities, long from, int max, Result to) {
        this.levels = levels;
        this.priorities = priorities;
        this.from = from;
        this.max = max;
        this.to = to;
    }

    void begin() {
        step(0);
    }

    private void step(int index) {
        if (index == levels.length || all.size() >= max) {
            to.found(all, null);
            return;
        }
        int first = (int) (from & 0xFF);
        boolean seen = priorities && from > 0 && levels[index].priority > first;
        if (seen) {
            step(index + 1);
            return;
        }
        boolean begun = from > 0 && levels[index].priority == first;
        levels[index]
                .backing()
                .browse(
                        priorities ? (begun ? from >>> 8 : 0) : from,
                        max - all.size(),
                        (more, failure) -> {
                            if (failure != null) {
                                to.found(List.of(), failure);
                            } else {
                                all.addAll(more);
                                step(index + 1);
                            }
                        });
    }
}
