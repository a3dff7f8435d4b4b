package io.polymq.nats.jetstream.stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/** The account, as its streams know it. Shard zone. */
public interface Home {

    /** Another stream of the account; null when there is none. */
    @Nullable Stream find(String name);

    /**
     * Tells who listens what has happened.
     *
     * @param tail the advisory's subject behind {@code $JS.EVENT.ADVISORY.}
     */
    void advise(String type, String tail, ObjectNode body);

    /** Whether the account may hold so many bytes more. */
    boolean hasRoom(boolean memory, long bytes);

    /** The account holds so many bytes more, or less. */
    void used(boolean memory, long bytes);

    /** How many bytes of messages a stream may keep in memory. */
    long cacheBudget();

    /** The stream's numbers have a new beginning, which must be kept. */
    void rebased(Stream stream);

    String domain();
}
