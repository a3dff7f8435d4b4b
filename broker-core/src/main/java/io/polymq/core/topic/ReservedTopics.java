package io.polymq.core.topic;

import io.polymq.core.topic.TopicException.Kind;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Names whose topics a provider wants or does not want to be, made when somebody asks for one. Any
 * thread.
 */
final class ReservedTopics {

    private record Reservation(String prefix, Topics.Provider provider) {}

    private final List<Reservation> all = new CopyOnWriteArrayList<>();
    private final Topics topics;

    ReservedTopics(Topics topics) {
        this.topics = topics;
    }

    void add(String prefix, Topics.Provider provider) {
        all.add(new Reservation(prefix, provider));
    }

    private Topics.@Nullable Provider provider(String name) {
        for (Reservation reservation : all) {
            if (name.startsWith(reservation.prefix())) {
                return reservation.provider();
            }
        }
        return null;
    }

    boolean covers(String name) {
        return provider(name) != null;
    }

    void made(Topic topic) {
        Topics.Provider provider = provider(topic.name());
        if (provider != null) {
            provider.made(topic);
        }
    }

    /** Refuses a topic of a reserved name that is not as its provider wants it. */
    void check(String tenant, TopicSpec spec) {
        Topics.Provider provider = provider(spec.name());
        if (provider != null && !spec.equals(provider.wanted(tenant, spec.name()))) {
            throw new TopicException(
                    Kind.INVALID_NAME, "topics called like " + spec.name() + " are not made so");
        }
    }

    CompletableFuture<Optional<Topic>> obtain(String tenant, String name) {
        Optional<Topic> known = topics.find(tenant, name);
        Topics.Provider provider = known.isPresent() ? null : provider(name);
        TopicSpec spec = provider == null ? null : provider.wanted(tenant, name);
        if (provider == null || spec == null) {
            return CompletableFuture.completedFuture(known);
        }
        return topics.create(tenant, spec)
                .handle((made, failure) -> made == null ? theirs(tenant, name, failure) : made)
                .thenCompose(
                        topic ->
                                spec.equals(provider.wanted(tenant, name))
                                        ? CompletableFuture.completedFuture(Optional.of(topic))
                                        : topics.delete(tenant, name)
                                                .handle((gone, failed) -> Optional.empty()));
    }

    /** Somebody was quicker. */
    private Topic theirs(String tenant, String name, Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return topics.find(tenant, name)
                .filter(there -> cause instanceof TopicException e && e.kind() == Kind.EXISTS)
                .orElseThrow(() -> new CompletionException(cause));
    }
}
