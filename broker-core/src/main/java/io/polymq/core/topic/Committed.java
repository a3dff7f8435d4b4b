package io.polymq.core.topic;

import io.polymq.storage.Shard;
import java.util.concurrent.CompletableFuture;

/**
 * A partition as those see it who heed transactions: it ends where the oldest open one begins, and
 * batches of one that was given up are to be left out. Control records are not its business: every
 * reader leaves these out. Any thread.
 */
public interface Committed {

    /** What lies below it will not change its meaning any more. */
    long end();

    /** Calls once when the end may lie above that. */
    Shard.Watch watch(long seen, Runnable action);

    /** Whether a batch below the end came of a transaction that was given up. */
    boolean isAborted(long producerId, long baseOffset);

    /** Who knows of transactions: the protocol that has them. */
    @FunctionalInterface
    interface Source {
        CompletableFuture<Committed> of(Topic topic, int partition);
    }

    /** A shard that has no transactions, or whose readers want to see all of them. */
    record Everything(Shard shard) implements Committed {

        @Override
        public long end() {
            return shard.highWatermark();
        }

        @Override
        public Shard.Watch watch(long seen, Runnable action) {
            return shard.watchEnd(seen, action);
        }

        @Override
        public boolean isAborted(long producerId, long baseOffset) {
            return false;
        }
    }
}
