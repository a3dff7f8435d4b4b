package io.polymq.network;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * One broadcast that ends the broker. Every part subscribes and drains by itself; {@link #begin} is
 * idempotent and its result completes when all parts have drained or the time is up. Any thread.
 */
public interface Shutdown {

    /** The order in which parts drain; parts of one phase drain side by side. */
    enum Phase {
        /** Stop accepting. */
        LISTENERS,
        /** Finish or fail what is in flight, say goodbye, close connections. */
        PROTOCOLS,
        /** Queues, routers, timers. */
        CORE,
        /** Flush and close. */
        STORAGE
    }

    /** A part's own drain; its stage completes when it is done. */
    interface Drain {
        CompletionStage<Void> drain(Duration within);
    }

    void subscribe(Phase phase, String name, Drain drain);

    boolean hasBegun();

    CompletionStage<Void> begin(String why);
}
