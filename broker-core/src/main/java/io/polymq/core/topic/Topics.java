package io.polymq.core.topic;

import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * All topics, kept in metadata and in memory. Reads are from memory and for any thread; changes
 * complete asynchronously.
 */
public interface Topics {

    /**
     * Fails with a {@link TopicException} when the name is taken or the specification is refused.
     */
    CompletableFuture<Topic> create(String tenant, TopicSpec spec);

    Optional<Topic> find(String tenant, String name);

    Optional<Topic> find(UUID id);

    Collection<Topic> list(String tenant);

    /** The topics that keep what is published to this subject. */
    List<Topic> capturing(String tenant, Subject subject);

    /** The topics of which a capture has a subject in common with the filter. */
    List<Topic> overlapping(String tenant, Filter filter);

    /** New limits, captures, settings; more partitions, never fewer. */
    CompletableFuture<Topic> alter(String tenant, TopicSpec spec);

    CompletableFuture<Void> delete(String tenant, String name);

    /** A partition without the records of transactions that are open or were given up. */
    CompletableFuture<Committed> committed(Topic topic, int partition);

    /** Who is asked about transactions from now on; until then nobody has any. */
    void heed(Committed.Source transactions);

    /** Called after each create, alter and delete, on an own thread, in order. */
    void listen(Listener listener);

    /** Hears of changes. */
    interface Listener {
        void created(Topic topic);

        void altered(Topic before, Topic now);

        void deleted(Topic topic);
    }
}
