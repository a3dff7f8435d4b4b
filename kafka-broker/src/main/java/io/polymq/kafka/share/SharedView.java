package io.polymq.kafka.share;

import io.polymq.core.topic.Committed;
import io.polymq.storage.Shard;
import java.util.HashMap;
import java.util.Map;

/**
 * What a share group sees of a partition, which its setting {@code share.isolation.level} says and
 * may change while it reads. Any thread.
 */
final class SharedView implements Committed {

    private final Committed committed;
    private final Committed everything;
    private final Map<Object, Runnable> waiting = new HashMap<>();
    private volatile boolean committedOnly;

    SharedView(Shard shard, Committed committed, boolean committedOnly) {
        this.committed = committed;
        this.everything = new Everything(shard);
        this.committedOnly = committedOnly;
    }

    private Committed now() {
        return committedOnly ? committed : everything;
    }

    /** Holds for what is read from now on. */
    void set(boolean only) {
        if (committedOnly == only) {
            return;
        }
        committedOnly = only;
        Map<Object, Runnable> due;
        synchronized (this) {
            due = Map.copyOf(waiting);
        }
        due.forEach((key, action) -> fire(key));
    }

    private void fire(Object key) {
        Runnable action;
        synchronized (this) {
            action = waiting.remove(key);
        }
        if (action != null) {
            action.run();
        }
    }

    @Override
    public long end() {
        return now().end();
    }

    @Override
    public Shard.Watch watch(long seen, Runnable action) {
        Object key = new Object();
        synchronized (this) {
            waiting.put(key, action);
        }
        Shard.Watch watch = now().watch(seen, () -> fire(key));
        return () -> {
            synchronized (this) {
                waiting.remove(key);
            }
            watch.close();
        };
    }

    @Override
    public boolean isAborted(long producerId, long baseOffset) {
        return now().isAborted(producerId, baseOffset);
    }
}
