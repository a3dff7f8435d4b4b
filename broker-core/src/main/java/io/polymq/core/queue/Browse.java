package io.polymq.core.queue;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A look at a queue's messages, level by level, the highest priority first. Shard zone. */
final class Browse {

    /** Takes what was found, or why nothing could be. */
    interface Result {
        void found(List<QueuedMessage> messages, @Nullable Throwable failure);
    }

    private final Level[] levels;
    private final long from;
    private final int max;
    private final Result to;
    private final List<QueuedMessage> all = new ArrayList<>();

    Browse(Level[] levels, long from, int max, Result to) {
        this.levels = levels;
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
        levels[index]
                .backing()
                .browse(
                        from,
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
