package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Receipt;
import io.polymq.storage.Shard;
import org.jspecify.annotations.Nullable;

/** Who writes the shard that a queue reads, and who may trim it. Shard zone. */
sealed interface ShardSource permits OwnSource, ForeignSource {

    /** From now on the reader, which knows of all below {@code end}, hears of what comes. */
    void begin(ShardBacking reader, long end);

    /**
     * Up to where there is something to read by now, for a reader that knows of all below {@code
     * end}: others may know of a record before the news of it has come here.
     */
    long end(long end);

    /** What lies below may be read. */
    default long readable(Shard shard) {
        return shard.highWatermark();
    }

    /** Whether a transaction's batch is for nobody. */
    default boolean isLeftOut(long producerId, long baseOffset) {
        return false;
    }

    void publish(KeptMessage message, @Nullable Receipt receipt);

    /** The end of a turn. */
    void flush();

    /** Messages published through it that have no offset yet. */
    long open();

    long openBytes();

    /** The queue has done with everything below. */
    void acknowledged(long floor);

    /** The same, and what is its own to delete is to go now. */
    default void tidy(long floor) {}

    void close(long floor);
}
