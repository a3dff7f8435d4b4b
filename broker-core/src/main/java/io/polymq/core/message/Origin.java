package io.polymq.core.message;

import io.polymq.storage.Shard;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * Names a message that its publisher may hand over once more when a crash kept the answer back. A
 * topic or a queue keeps the name with the record, so that it is known afterwards who has the
 * message already. Immutable.
 *
 * @param publisher number of the publishing session, never used for another
 * @param number of the message, unlike those of the session's others of late
 * @param keptBy topics and queues that have it and are not to be handed it again
 */
public record Origin(long publisher, long number, Set<UUID> keptBy) {

    public Origin {
        keptBy = Set.copyOf(keptBy);
    }

    public Origin(long publisher, long number) {
        this(publisher, number, Set.of());
    }

    public Origin withKeptBy(Set<UUID> topics) {
        return new Origin(publisher, number, topics);
    }

    /** Whether a shard has a record of that name that was written at a time or later. */
    public CompletableFuture<Boolean> isIn(Shard shard, long since) {
        return shard.offsetForTime(since)
                .thenCompose(
                        from ->
                                from.isEmpty()
                                        ? CompletableFuture.completedFuture(false)
                                        : shard.readByHeader(
                                                        MessageRecords.ORIGIN,
                                                        mark(),
                                                        from.getAsLong(),
                                                        1)
                                                .thenApply(records -> !records.isEmpty()));
    }

    /** As a record's header has it. */
    public ByteBuffer mark() {
        return ByteBuffer.allocate(16).putLong(publisher).putLong(number).flip();
    }
}
