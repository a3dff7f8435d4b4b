package io.polymq.amqp.model;

import static io.polymq.amqp.model.DefinitionStore.Kind.QUEUE;

import io.polymq.core.queue.Queue;
import io.polymq.core.service.BrokerEvent;
import io.polymq.core.service.BrokerEvents;
import io.polymq.core.service.TenantQuotas;
import io.polymq.core.topic.Topic;
import io.polymq.core.topic.TopicSpec;
import io.polymq.storage.Durability;
import io.polymq.storage.ShardSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A virtual host's queues: classic and quorum ones in the core's queues, streams as topics. A queue
 * is seen once its messages have a place. Any thread; changes under the host's lock.
 */
public final class HostQueues {

    private static final Logger LOG = LoggerFactory.getLogger(HostQueues.class);
    private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

    private final VirtualHost host;
    private final ModelParams params;
    private final DefinitionStore store;
    private final Map<String, AmqpQueue> queues = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<AmqpQueue>> opening = new ConcurrentHashMap<>();
    private final Map<Long, Set<AmqpQueue>> owned = new ConcurrentHashMap<>();

    HostQueues(VirtualHost host, ModelParams params, DefinitionStore store) {
        this.host = host;
        this.params = params;
        this.store = store;
    }

    /** Null when there is none; a topic of the tenant is a stream. */
    public @Nullable AmqpQueue find(String name) {
        AmqpQueue known = queues.get(name);
        return known != null ? known : topic(name);
    }

    /** A topic that another protocol made is a stream to whoever asks for it by its name. */
    private @Nullable AmqpQueue topic(String name) {
        return params.topics()
                .find(host.tenant(), name)
                .map(
                        topic -> {
                            QueueDefinition definition =
                                    new QueueDefinition(
                                            name,
                                            QueueDefinition.Type.STREAM,
                                            true,
                                            false,
                                            false,
                                            new Arguments(Map.of(QueueArguments.TYPE, "stream")));
                            return queues.computeIfAbsent(
                                    name, absent -> made(definition, 0, null, topic));
                        })
                .orElse(null);
    }

    /**
     * @throws ModelException when there is none
     */
    public AmqpQueue require(String name) {
        AmqpQueue found = find(name);
        if (found == null) {
            throw Faults.noQueue(name, host.name());
        }
        return found;
    }

    public Collection<AmqpQueue> all() {
        return Collections.unmodifiableCollection(queues.values());
    }

    public int count() {
        return queues.size();
    }

    /** What a declaration without {@code x-queue-type} means here. */
    public QueueDefinition definition(
            String name,
            boolean durable,
            boolean exclusive,
            boolean autoDelete,
            Arguments arguments) {
        Arguments all = arguments;
        String standard = host.limits().defaultQueueType();
        if (!standard.isEmpty()
                && !all.has(QueueArguments.TYPE)
                && durable
                && !exclusive
                && !autoDelete) {
            all = all.with(QueueArguments.TYPE, standard);
        }
        return new QueueDefinition(
                name,
                QueueArguments.type(name, host.name(), all),
                durable,
                exclusive,
                autoDelete,
                all);
    }

    /**
     * Declares it, or finds that it is there and the same.
     *
     * @param connection owns the queue if it is exclusive
     * @param serverNamed whether the broker made up the name
     * @throws ModelException when it is refused
     */
    public CompletableFuture<AmqpQueue> declare(
            QueueDefinition definition, long connection, boolean serverNamed) {
        AmqpQueue there = find(definition.name());
        if (there != null) {
            checkSame(there, definition, connection);
            there.used();
            return CompletableFuture.completedFuture(there);
        }
        if (!serverNamed && definition.name().startsWith("amq.")) {
            throw VirtualHost.reserved("queue", definition.name());
        }
        QueueArguments.check(definition, host.name());
        int most = host.limits().maxQueues();
        if (most >= 0 && queues.size() >= most) {
            throw ModelException.precondition(
                    "cannot declare queue '"
                            + definition.name()
                            + "': queue limit in vhost '"
                            + host.name()
                            + "' ("
                            + most
                            + ") is reached");
        }
        if (!params.tenants().mayAdd(host.tenant(), TenantQuotas.Kind.QUEUES, queues.size())) {
            throw new ModelException(
                    ModelException.Kind.RESOURCE_ERROR,
                    "cannot declare queue '"
                            + definition.name()
                            + "': the tenant of vhost '"
                            + host.name()
                            + "' has its quota of queues");
        }
        CompletableFuture<AmqpQueue> mine = new CompletableFuture<>();
        CompletableFuture<AmqpQueue> first = opening.putIfAbsent(definition.name(), mine);
        if (first != null) {
            return first.thenApply(
                    made -> {
                        checkSame(made, definition, connection);
                        return made;
                    });
        }
        make(definition, definition.exclusive() ? connection : 0)
                .whenComplete(
                        (made, failure) -> {
                            opening.remove(definition.name());
                            if (failure == null) {
                                tell(made, true);
                                mine.complete(made);
                            } else {
                                mine.completeExceptionally(failure);
                            }
                        });
        return mine;
    }

    private void tell(AmqpQueue queue, boolean created) {
        BrokerEvents events = params.events();
        if (events == null || !events.isHeard()) {
            return;
        }
        long now = params.clock().millis();
        String tenant = host.tenant();
        events.tell(
                created
                        ? new BrokerEvent.QueueCreated(now, tenant, queue.name())
                        : new BrokerEvent.QueueDeleted(now, tenant, queue.name()));
    }

    private CompletableFuture<AmqpQueue> make(QueueDefinition definition, long owner) {
        CompletableFuture<AmqpQueue> made = open(definition, owner);
        if (!isKept(definition)) {
            return made;
        }
        return made.thenCombine(save(definition), (queue, saved) -> queue);
    }

    private static boolean isKept(QueueDefinition definition) {
        return definition.durable() && !definition.exclusive();
    }

    private CompletableFuture<Void> save(QueueDefinition definition) {
        return store.put(
                QUEUE,
                Map.of(
                        "type", definition.type().word(),
                        "auto_delete", definition.autoDelete(),
                        "arguments", definition.arguments().values()),
                host.name(),
                definition.name());
    }

    /** Gives it a place and lists it. */
    CompletableFuture<AmqpQueue> open(QueueDefinition definition, long owner) {
        QueueSettings settings = settings(definition);
        if (definition.type() == QueueDefinition.Type.STREAM) {
            return topic(definition, settings)
                    .thenApply(topic -> listed(made(definition, owner, null, topic)));
        }
        DeadLetters deadLetters = new DeadLetters(host, definition.name());
        return params.queues()
                .open(host.tenant(), coreName(definition.name()), settings.spec(deadLetters))
                .thenApply(queue -> listed(made(definition, owner, queue, null)));
    }

    private AmqpQueue made(
            QueueDefinition definition, long owner, @Nullable Queue queue, @Nullable Topic topic) {
        AmqpQueue made = new AmqpQueue(host, definition, settings(definition), owner, queue, topic);
        applyPolicy(made);
        return made;
    }

    private AmqpQueue listed(AmqpQueue made) {
        queues.put(made.name(), made);
        if (made.owner() != 0) {
            owned.computeIfAbsent(made.owner(), absent -> ConcurrentHashMap.newKeySet()).add(made);
        }
        host.lock().lock();
        try {
            host.changed();
        } finally {
            host.lock().unlock();
        }
        watchExpiry(made);
        return made;
    }

    /** In the core's store {@code #} parts a queue's name from a priority. */
    private static String coreName(String name) {
        return "amqp/" + name.replace("%", "%25").replace("#", "%23");
    }

    private CompletableFuture<Topic> topic(QueueDefinition definition, QueueSettings settings) {
        Topic there = params.topics().find(host.tenant(), definition.name()).orElse(null);
        return there != null
                ? CompletableFuture.completedFuture(there)
                : params.topics().create(host.tenant(), topicSpec(definition.name(), settings));
    }

    private static TopicSpec topicSpec(String name, QueueSettings settings) {
        String written = settings.maxAge();
        Duration age = written == null ? null : QueueArguments.maxAge(written);
        ShardSpec shard =
                ShardSpec.DEFAULT.withRetention(
                        age == null ? Duration.ZERO : age,
                        Math.max(0, settings.maxBytes()),
                        Math.max(0, settings.maxLength()));
        return TopicSpec.of(name, 1)
                .withCaptures(List.of(), false)
                .withShard(shard.withDurability(Durability.SYNC))
                .withMaxMessageBytes(MAX_STREAM_MESSAGE);
    }

    private static final int MAX_STREAM_MESSAGE = 16 << 20;

    private void checkSame(AmqpQueue there, QueueDefinition received, long connection) {
        QueueDefinition current = there.definition();
        String what = Faults.queue(current.name(), host.name());
        Faults.same(what, "durable", received.durable(), current.durable());
        Faults.same(what, "auto_delete", received.autoDelete(), current.autoDelete());
        there.checkAccess(connection);
        if (received.exclusive() != current.exclusive()) {
            throw Faults.locked(current.name(), host.name());
        }
        if (received.type() != current.type()) {
            Faults.same(what, QueueArguments.TYPE, received.type().word(), current.type().word());
        }
        Set<String> names = new java.util.TreeSet<>(received.arguments().values().keySet());
        names.addAll(current.arguments().values().keySet());
        for (String name : names) {
            if (name.startsWith("x-") && !name.equals(QueueArguments.TYPE)) {
                Faults.same(
                        what, name, received.arguments().get(name), current.arguments().get(name));
            }
        }
    }

    // Deletion.

    /**
     * Deletes it; completes with how many messages waited in it. A queue that is not there is
     * deleted already.
     *
     * @throws ModelException when it is in use, or not empty, and was not to be deleted then
     */
    public CompletableFuture<Long> delete(
            String name, boolean ifUnused, boolean ifEmpty, long connection) {
        AmqpQueue queue = find(name);
        if (queue == null) {
            return CompletableFuture.completedFuture(0L);
        }
        queue.checkAccess(connection);
        String what = Faults.queue(name, host.name());
        if (ifUnused && queue.consumerCount() > 0) {
            throw ModelException.precondition(what + " in use");
        }
        if (!ifEmpty) {
            return delete(queue);
        }
        return queue.statistics()
                .thenCompose(
                        counts -> {
                            if (counts.ready() > 0) {
                                throw ModelException.precondition(what + " not empty");
                            }
                            return delete(queue);
                        });
    }

    /** Deletes it whatever is in it. */
    CompletableFuture<Long> delete(AmqpQueue queue) {
        CompletableFuture<Void> unbound;
        host.lock().lock();
        try {
            if (!queues.remove(queue.name(), queue)) {
                return CompletableFuture.completedFuture(0L);
            }
            queue.markDeleted();
            unbound = host.unbindAll(queue);
            host.changed();
        } finally {
            host.lock().unlock();
        }
        tell(queue, false);
        Set<AmqpQueue> others = owned.get(queue.owner());
        if (others != null) {
            others.remove(queue);
        }
        CompletableFuture<Void> forgotten =
                isKept(queue.definition()) ? store.delete(QUEUE, host.name(), queue.name()) : DONE;
        CompletableFuture<Long> count = queue.statistics().thenApply(counts -> counts.ready());
        CompletableFuture<Void> gone =
                queue.isStream()
                        ? deleteTopic(queue)
                        : params.queues().delete(host.tenant(), coreName(queue.name()));
        return CompletableFuture.allOf(unbound, forgotten, gone)
                .thenCompose(done -> count.exceptionally(failure -> 0L));
    }

    private CompletableFuture<Void> deleteTopic(AmqpQueue stream) {
        return params.topics().find(host.tenant(), stream.name()).isPresent()
                ? params.topics().delete(host.tenant(), stream.name())
                : DONE;
    }

    /** Its topic is gone already. */
    void forget(Topic topic) {
        AmqpQueue queue = queues.get(topic.name());
        if (queue != null && queue.isStream() && queue.topic().id().equals(topic.id())) {
            delete(queue);
        }
    }

    /** A connection is gone: its exclusive queues go with it. */
    public CompletableFuture<Void> deleteOwned(long connection) {
        Set<AmqpQueue> mine = owned.remove(connection);
        if (mine == null) {
            return DONE;
        }
        List<CompletableFuture<Void>> done = new ArrayList<>();
        mine.forEach(queue -> done.add(delete(queue).thenApply(count -> null)));
        return VirtualHost.all(done);
    }

    // Expiry of unused queues.

    private void watchExpiry(AmqpQueue queue) {
        long expires = queue.settings().expires();
        if (expires > 0) {
            schedule(queue, TimeUnit.MILLISECONDS.toNanos(expires));
        }
    }

    private void schedule(AmqpQueue queue, long nanos) {
        try {
            params.timers().schedule(() -> expire(queue), nanos, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException ending) {
            LOG.debug("a queue no longer expires", ending);
        }
    }

    private void expire(AmqpQueue queue) {
        long expires = TimeUnit.MILLISECONDS.toNanos(queue.settings().expires());
        if (queue.isDeleted() || expires <= 0) {
            return;
        }
        long left = expires - queue.idleNanos();
        if (left > 0) {
            schedule(queue, left);
        } else {
            delete(queue);
        }
    }

    // Policies.

    private QueueSettings settings(QueueDefinition definition) {
        return QueueSettings.of(
                definition,
                define(host.policies().forQueue(definition, false)),
                define(host.policies().forQueue(definition, true)),
                params.consumerTimeout());
    }

    private static Map<String, Object> define(@Nullable Policy policy) {
        return policy == null ? Map.of() : policy.definition();
    }

    private void applyPolicy(AmqpQueue queue) {
        Policy policy = host.policies().forQueue(queue.definition(), false);
        Policy operator = host.policies().forQueue(queue.definition(), true);
        queue.settings(
                settings(queue.definition()),
                policy == null ? null : policy.name(),
                operator == null ? null : operator.name());
    }

    /** Under the host's lock. */
    void applyPolicies() {
        for (AmqpQueue queue : queues.values()) {
            QueueSettings before = queue.settings();
            applyPolicy(queue);
            if (before.equals(queue.settings())) {
                continue;
            }
            if (queue.isStream()) {
                alter(queue);
            } else {
                queue.queue().alter(queue.settings().spec(new DeadLetters(host, queue.name())));
            }
            watchExpiry(queue);
        }
    }

    private void alter(AmqpQueue stream) {
        TopicSpec now = topicSpec(stream.name(), stream.settings());
        params.topics()
                .alter(host.tenant(), stream.topic().spec().withShard(now.shard()))
                .whenComplete(
                        (done, failure) -> {
                            if (failure != null) {
                                LOG.atWarn()
                                        .addKeyValue("stream", stream.name())
                                        .addKeyValue("reason", failure.toString())
                                        .log("a stream keeps its former limits");
                            }
                        });
    }

    /** For lists: what is waiting to be listed is left out. */
    Map<String, AmqpQueue> snapshot() {
        return new LinkedHashMap<>(queues);
    }
}
