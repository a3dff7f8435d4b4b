package io.polymq.core.message;

import java.nio.ByteBuffer;
import java.util.Set;
import java.util.UUID;

/**
 * Names a message that its publisher may hand over once more when a crash kept the answer back. A
 * topic keeps the name with the record, so that it is known afterwards who has the message already.
 * Immutable.
 *
 * @param publisher number of the publishing session, never used for another
 * @param number of the message, unlike those of the session's others of late
 * @param keptBy topics that have it and are not to be handed it again
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

    /** As a record's header has it. */
    public ByteBuffer mark() {
        return ByteBuffer.allocate(16).putLong(publisher).putLong(number).flip();
    }
}
