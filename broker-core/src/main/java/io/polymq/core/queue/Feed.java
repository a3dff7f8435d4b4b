package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Receipt;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A sequence that is written once and consumed by any number of groups, each a queue of its own: a
 * message for a thousand sessions is stored once, in memory as well as in the store. What every
 * group has acknowledged is trimmed. Any thread.
 */
public interface Feed {

    String tenant();

    String name();

    /**
     * Appends; the receipt (which must have been told to expect it) is done when it is safe or
     * refused. With no group it is dropped.
     */
    void publish(KeptMessage message, @Nullable Receipt receipt);

    /**
     * The group of that name where it was, or a new one. Limits and priorities of the specification
     * do not apply: the feed's retention does.
     */
    CompletableFuture<Queue> group(String group, QueueSpec spec, Start start);

    Collection<String> groups();

    /** Forgets a group and what only it had not read. */
    CompletableFuture<Void> deleteGroup(String group);

    /** Where a new group begins. */
    enum Start {
        /** With the oldest message that is still there. */
        EARLIEST,
        /** With the next one. */
        LATEST
    }
}
