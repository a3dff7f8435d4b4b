package io.polymq.core.service;

import io.polymq.core.zone.ShardZone;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stream of what happens to the broker: told by any thread, heard in a shard zone, in order.
 * When listeners are too slow events are dropped and counted: a storm of connects must not fill the
 * heap. Without listeners telling costs nothing.
 */
public final class BrokerEvents {

    private static final Logger log = LoggerFactory.getLogger(BrokerEvents.class);
    private static final int MOST_WAITING = 10_000;

    /** Hears events, one at a time; must not block. */
    public interface Listener {
        void happened(BrokerEvent event);
    }

    private final ShardZone zone;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong dropped = new AtomicLong();

    public BrokerEvents(ShardZone zone) {
        this.zone = zone;
    }

    /** Whether anyone listens: an event need not be made otherwise. */
    public boolean isHeard() {
        return !listeners.isEmpty();
    }

    public void tell(BrokerEvent event) {
        if (listeners.isEmpty()) {
            return;
        }
        if (waiting.incrementAndGet() > MOST_WAITING) {
            waiting.decrementAndGet();
            dropped.incrementAndGet();
            return;
        }
        try {
            zone.execute(() -> pass(event));
        } catch (RejectedExecutionException e) {
            waiting.decrementAndGet();
            dropped.incrementAndGet();
        }
    }

    private void pass(BrokerEvent event) {
        waiting.decrementAndGet();
        for (Listener listener : listeners) {
            try {
                listener.happened(event);
            } catch (RuntimeException e) {
                log.atWarn()
                        .addKeyValue("event", event)
                        .addKeyValue("fault", e.toString())
                        .log("A listener to events failed");
            }
        }
    }

    /** Closing the result ends it. */
    public AutoCloseable listen(Listener listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /** How many nobody heard of. */
    public long dropped() {
        return dropped.get();
    }
}
