package io.polymq.core.topic;

import io.polymq.core.service.TenantQuotas;
import io.polymq.core.subject.Filter;
import io.polymq.core.topic.TopicException.Kind;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.Transaction;
import io.polymq.meta.Transaction.Guard;
import io.polymq.storage.ShardStore;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Creates, alters and deletes topics. Changes of this process follow one another; those of several
 * meet in a transaction that is guarded by the tenant's last change, and are checked anew when they
 * lost. Shards are made before the topic is, and removed after it is gone, so that a topic never
 * lacks one.
 */
final class TopicChanges {

    private static final int MAX_ATTEMPTS = 50;
    private static final int MAX_NAME_BYTES = 255;

    private final TopicParams params;
    private final MetadataStore metadata;
    private final Executor executor;
    private final TopicCatalog catalog;
    private final TopicSpecJson json;
    private final AtomicReference<CompletableFuture<?>> last =
            new AtomicReference<>(CompletableFuture.completedFuture(null));

    TopicChanges(TopicParams params, TopicCatalog catalog, TopicSpecJson json) {
        this.params = params;
        this.metadata = params.metadata();
        this.executor = params.executor();
        this.catalog = catalog;
        this.json = json;
    }

    /** A tenant's last change: the catalogue is at least that new. */
    private record Epoch(String key, long revision) {}

    CompletableFuture<Topic> create(String tenant, UUID id, TopicSpec spec) {
        return inTurn(
                () ->
                        attempt(tenant, epoch -> create(tenant, id, spec, epoch), 1)
                                .thenApply(done -> found(tenant, spec.name())));
    }

    CompletableFuture<Topic> alter(String tenant, TopicSpec spec) {
        return inTurn(
                () ->
                        attempt(tenant, epoch -> alter(tenant, spec, epoch), 1)
                                .thenCompose(done -> alterShards(found(tenant, spec.name())))
                                .thenApply(done -> found(tenant, spec.name())));
    }

    CompletableFuture<Void> delete(String tenant, String name) {
        return inTurn(
                () -> {
                    StoredTopic topic = known(tenant, name);
                    return attempt(tenant, epoch -> delete(tenant, name, epoch), 1)
                            .thenCompose(done -> removeShards(topic.id(), topic.spec(), 0));
                });
    }

    // One try each: true when it was carried out, false when another change came between.

    private CompletableFuture<Boolean> create(String tenant, UUID id, TopicSpec spec, Epoch epoch) {
        validate(spec);
        TenantTopics topics = catalog.of(tenant);
        if (topics.find(spec.name()) != null) {
            throw new TopicException(Kind.EXISTS, "topic " + spec.name() + " exists");
        }
        catalog.reserved().check(tenant, spec);
        TopicLimits limits = params.limits();
        if (topics.all().size() >= limits.topicsPerTenant()) {
            throw new TopicException(
                    Kind.QUOTA_EXCEEDED, "more than " + limits.topicsPerTenant() + " topics");
        }
        if (!params.tenants().mayAdd(tenant, TenantQuotas.Kind.TOPICS, topics.all().size())) {
            throw new TopicException(
                    Kind.QUOTA_EXCEEDED, "the tenant " + tenant + " has its quota of topics");
        }
        checkPartitions(topics.partitions() + spec.partitions());
        checkOverlap(topics, spec);
        byte[] value = json.write(new TopicSpecJson.Stored(id, epoch.revision() + 1, spec));
        return makeShards(id, spec, 0)
                .thenCompose(
                        made ->
                                commit(
                                        epoch,
                                        new Guard(TopicCatalog.key(tenant, spec.name()), 0),
                                        new Transaction.Put(
                                                TopicCatalog.key(tenant, spec.name()), value, 0)))
                .handle(
                        (done, failure) ->
                                Boolean.TRUE.equals(done)
                                        ? CompletableFuture.completedFuture(true)
                                        : removeShards(id, spec, 0)
                                                .thenApply(gone -> outcome(done, failure)))
                .thenCompose(settled -> settled);
    }

    private CompletableFuture<Boolean> alter(String tenant, TopicSpec spec, Epoch epoch) {
        validate(spec);
        StoredTopic topic = known(tenant, spec.name());
        TopicSpec before = topic.spec();
        if (spec.partitions() < before.partitions()) {
            throw new TopicException(
                    Kind.INVALID_PARTITIONS,
                    "topic " + spec.name() + " has " + before.partitions() + " partitions");
        }
        if (!spec.driver().equals(before.driver())) {
            throw new TopicException(Kind.INVALID_SETTING, "the driver of a topic stays");
        }
        TenantTopics topics = catalog.of(tenant);
        checkPartitions(topics.partitions() + spec.partitions() - before.partitions());
        checkOverlap(topics, spec);
        TopicSpecJson.Stored stored =
                new TopicSpecJson.Stored(topic.id(), topic.log().rank(), spec);
        return makeShards(topic.id(), spec, before.partitions())
                .thenCompose(
                        made ->
                                commit(
                                        epoch,
                                        null,
                                        new Transaction.Put(
                                                TopicCatalog.key(tenant, spec.name()),
                                                json.write(stored),
                                                0)))
                .handle(
                        (done, failure) ->
                                Boolean.TRUE.equals(done)
                                        ? CompletableFuture.completedFuture(true)
                                        : removeShards(topic.id(), spec, before.partitions())
                                                .thenApply(gone -> outcome(done, failure)))
                .thenCompose(settled -> settled);
    }

    private CompletableFuture<Boolean> delete(String tenant, String name, Epoch epoch) {
        StoredTopic topic = known(tenant, name);
        byte[] remains =
                json.write(new TopicSpecJson.Stored(topic.id(), topic.log().rank(), topic.spec()));
        return commit(
                epoch,
                null,
                new Transaction.Delete(TopicCatalog.key(tenant, name)),
                new Transaction.Put(TopicCatalog.GONE + topic.id(), remains, 0));
    }

    /** Removes the shards of a topic that is gone, then the note that says so. */
    CompletableFuture<Void> bury(String note, UUID id, TopicSpec spec) {
        return removeShards(id, spec, 0)
                .thenCompose(removed -> metadata.delete(note))
                .thenApply(revision -> null);
    }

    private interface Try {
        CompletableFuture<Boolean> carryOut(Epoch epoch);
    }

    private CompletableFuture<Void> attempt(String tenant, Try change, int number) {
        String key = TopicCatalog.PREFIX + "epoch/" + tenant;
        return metadata.get(key)
                .thenCompose(
                        entry ->
                                catalog.reached(entry.modRevision())
                                        .thenApply(done -> new Epoch(key, entry.modRevision())))
                .thenComposeAsync(change::carryOut, executor)
                .thenCompose(
                        done -> {
                            if (done) {
                                return CompletableFuture.completedFuture(null);
                            }
                            if (number == MAX_ATTEMPTS) {
                                throw new TopicException(
                                        Kind.STORAGE, "topics change too fast, try again");
                            }
                            return attempt(tenant, change, number + 1);
                        });
    }

    private CompletableFuture<Boolean> commit(
            Epoch epoch, @Nullable Guard guard, Transaction.Operation... operations) {
        List<Guard> guards = new ArrayList<>();
        guards.add(new Guard(epoch.key(), epoch.revision()));
        if (guard != null) {
            guards.add(guard);
        }
        List<Transaction.Operation> all = new ArrayList<>(List.of(operations));
        all.add(new Transaction.Put(epoch.key(), new byte[0], 0));
        return metadata.commit(Transaction.of(guards, all))
                .thenCompose(
                        outcome ->
                                outcome.succeeded()
                                        ? catalog.reached(outcome.revision())
                                                .thenApply(done -> true)
                                        : CompletableFuture.completedFuture(false));
    }

    // Shards.

    private CompletableFuture<Void> makeShards(UUID id, TopicSpec spec, int from) {
        ShardStore store = store(spec);
        List<CompletableFuture<?>> made = new ArrayList<>();
        for (int i = from; i < spec.partitions(); i++) {
            String name = TopicLog.shardName(id, i);
            if (store.open(name).isEmpty()) {
                made.add(store.create(name, spec.shard()));
            }
        }
        return CompletableFuture.allOf(made.toArray(new CompletableFuture<?>[0]));
    }

    private CompletableFuture<Void> removeShards(UUID id, TopicSpec spec, int from) {
        ShardStore store = store(spec);
        List<CompletableFuture<?>> removed = new ArrayList<>();
        for (int i = from; i < spec.partitions(); i++) {
            String name = TopicLog.shardName(id, i);
            if (store.open(name).isPresent()) {
                removed.add(store.delete(name));
            }
        }
        return CompletableFuture.allOf(removed.toArray(new CompletableFuture<?>[0]));
    }

    private CompletableFuture<Void> alterShards(Topic topic) {
        ShardStore store = store(topic.spec());
        List<CompletableFuture<?>> altered = new ArrayList<>();
        for (int i = 0; i < topic.spec().partitions(); i++) {
            altered.add(store.alter(TopicLog.shardName(topic.id(), i), topic.spec().shard()));
        }
        return CompletableFuture.allOf(altered.toArray(new CompletableFuture<?>[0]));
    }

    private ShardStore store(TopicSpec spec) {
        ShardStore store = params.drivers().named(spec.driver());
        if (store == null) {
            throw new TopicException(
                    Kind.INVALID_SETTING, "there is no storage driver " + spec.driver());
        }
        return store;
    }

    // Checks.

    private void validate(TopicSpec spec) {
        String name = spec.name();
        boolean bad =
                name.isEmpty()
                        || name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES
                        || name.chars().anyMatch(c -> c == '/' || Character.isISOControl(c));
        if (bad) {
            throw new TopicException(
                    Kind.INVALID_NAME,
                    "a topic's name has 1 to 255 bytes, no slash and no control character");
        }
        if (spec.partitions() > params.limits().partitionsPerTopic()) {
            throw new TopicException(
                    Kind.INVALID_PARTITIONS,
                    "a topic has at most " + params.limits().partitionsPerTopic() + " partitions");
        }
        if (spec.maxMessageBytes() < 1) {
            throw new TopicException(
                    Kind.INVALID_SETTING, "the largest message has at least one byte");
        }
        for (Filter filter : spec.captures()) {
            if (!filter.isExact() && filter.levelCount() > params.router().maxLevels()) {
                throw new TopicException(
                        Kind.INVALID_SETTING, "the capture " + filter + " has too many levels");
            }
        }
        store(spec);
    }

    private void checkPartitions(long total) {
        if (total > params.limits().partitionsPerTenant()) {
            throw new TopicException(
                    Kind.QUOTA_EXCEEDED,
                    "more than " + params.limits().partitionsPerTenant() + " partitions");
        }
    }

    private static void checkOverlap(TenantTopics topics, TopicSpec spec) {
        if (!spec.exclusive()) {
            return;
        }
        for (Filter filter : spec.captures()) {
            for (Topic other : topics.overlapping(filter)) {
                if (other.spec().exclusive() && !other.name().equals(spec.name())) {
                    throw new TopicException(
                            Kind.OVERLAPPING_CAPTURE,
                            filter + " meets a capture of topic " + other.name());
                }
            }
        }
    }

    private StoredTopic known(String tenant, String name) {
        StoredTopic topic = catalog.stored(tenant, name);
        if (topic == null) {
            throw new TopicException(Kind.NO_SUCH_TOPIC, "there is no topic " + name);
        }
        return topic;
    }

    private Topic found(String tenant, String name) {
        return known(tenant, name);
    }

    // Futures.

    private static boolean outcome(@Nullable Boolean done, @Nullable Throwable failure) {
        if (failure != null) {
            throw failure instanceof CompletionException wrapped
                    ? wrapped
                    : new CompletionException(failure);
        }
        return Boolean.TRUE.equals(done);
    }

    /**
     * Begins when the change before it has ended; fails with nothing but {@link TopicException}.
     */
    private <T> CompletableFuture<T> inTurn(Supplier<CompletableFuture<T>> change) {
        CompletableFuture<T> result = new CompletableFuture<>();
        CompletableFuture<?> before = last.getAndSet(result);
        before.whenCompleteAsync(
                (ignored, ended) -> {
                    CompletableFuture<T> running;
                    try {
                        running = change.get();
                    } catch (RuntimeException refused) {
                        running = CompletableFuture.failedFuture(refused);
                    }
                    running.whenComplete(
                            (value, failure) -> {
                                if (failure == null) {
                                    result.complete(value);
                                } else {
                                    result.completeExceptionally(asTopicException(failure));
                                }
                            });
                },
                executor);
        return result;
    }

    private static TopicException asTopicException(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause instanceof TopicException known
                ? known
                : new TopicException(Kind.STORAGE, String.valueOf(cause.getMessage()), cause);
    }
}
