package io.polymq.core.topic;

import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * All topics, kept in metadata and in memory. Reads are from memory and for any thread; changes
 * complete asynchronously.
 */
public interface Topics {

    /**
     * Fails with a {@link TopicException} when the name is taken or the specification is refused.
     */
    CompletableFuture<Topic> create(String tenant, TopicSpec spec);

    /**
     * The same for a topic that gets an intake: what comes to it before that is there is held back,
     * and goes to it first.
     */
    CompletableFuture<Topic> createForIntake(String tenant, TopicSpec spec);

    Optional<Topic> find(String tenant, String name);

    Optional<Topic> find(UUID id);

    /** Finds it, or makes it when the provider of such names wants it to be. */
    CompletableFuture<Optional<Topic>> obtain(String tenant, String name);

    /** Topics whose names begin so are the provider's alone to want, from now on. */
    void reserve(String prefix, Provider provider);

    /** Whether it is for a provider to say that a topic of that name may be. */
    boolean isReserved(String name);

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

    /** Has topics that are made when somebody asks for them. From memory; any thread. */
    interface Provider {

        /** What the topic is to be made of; null when there is to be none. */
        @Nullable TopicSpec wanted(String tenant, String name);

        /** One is there, and captures nothing yet. On the topics' own thread: must not block. */
        default void made(Topic topic) {}
    }

    /** Hears of changes. */
    interface Listener {
        void created(Topic topic);

        void altered(Topic before, Topic now);

        void deleted(Topic topic);
    }
}
