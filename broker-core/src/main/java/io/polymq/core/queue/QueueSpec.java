package io.polymq.core.queue;

import io.polymq.storage.Durability;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a queue behaves. Zero means "no limit" or "off" throughout.
 *
 * @param durability where messages and acknowledgements are kept; {@link Durability#MEMORY} for a
 *     transient queue
 * @param maxMessages length limit
 * @param maxBytes size limit
 * @param overflow what a full queue does
 * @param messageTtl the longest a message may wait; null for ever, {@link Duration#ZERO} only until
 *     no consumer takes it at once
 * @param maxDeliveries deliveries after which a message is dead
 * @param backOff how long each redelivery waits, the last one for all further; empty: at once
 * @param ackDeadline how long a consumer may hold a message; zero for ever
 * @param priorities number of priorities, 0 for none
 * @param dispatch how consumers take turns
 * @param deadLetter where the dead go
 */
public record QueueSpec(
        Durability durability,
        long maxMessages,
        long maxBytes,
        Overflow overflow,
        @Nullable Duration messageTtl,
        int maxDeliveries,
        List<Duration> backOff,
        Duration ackDeadline,
        int priorities,
        Dispatch dispatch,
        @Nullable DeadLetter deadLetter) {

    public QueueSpec {
        backOff = List.copyOf(backOff);
    }

    /** What happens to a publish, or to the oldest message, when a limit is reached. */
    public enum Overflow {
        DROP_HEAD,
        REJECT,
        REJECT_DEAD_LETTER
    }

    /** How consumers take turns. */
    public enum Dispatch {
        ROUND_ROBIN,
        /** The highest consumer priority with credit first. */
        PRIORITY,
        SINGLE_ACTIVE,
        /** The same key to the same consumer. */
        STICKY_BY_KEY
    }
}
