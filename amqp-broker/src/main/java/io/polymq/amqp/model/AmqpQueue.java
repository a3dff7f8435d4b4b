package io.polymq.amqp.model;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Origin;
import io.polymq.core.message.Receipt;
import io.polymq.core.queue.Queue;
import io.polymq.core.queue.QueueStatistics;
import io.polymq.core.service.BrokerEvent;
import io.polymq.core.topic.Topic;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A queue as AMQP sees it: its definition, who may use it, who consumes. The messages are in a
 * queue of the core, or, for a stream, in a topic. Shared; the list of consumers has a lock of its
 * own.
 */
public final class AmqpQueue implements Destination {

    private final VirtualHost host;
    private final QueueDefinition definition;
    private final long owner;
    private final @Nullable Queue queue;
    private final @Nullable Topic topic;
    private final List<Consumer> consumers = new ArrayList<>();
    private final Set<Bound> bound = ConcurrentHashMap.newKeySet();
    private final Notes notes = new Notes();
    private volatile QueueSettings settings;
    private volatile @Nullable String policy;
    private volatile @Nullable String operatorPolicy;
    private volatile long usedAt;
    private volatile boolean deleted;

    AmqpQueue(
            VirtualHost host,
            QueueDefinition definition,
            QueueSettings settings,
            long owner,
            @Nullable Queue queue,
            @Nullable Topic topic) {
        this.host = host;
        this.definition = definition;
        this.settings = settings;
        this.owner = owner;
        this.queue = queue;
        this.topic = topic;
        this.usedAt = System.nanoTime();
    }

    /**
     * Someone who gets messages of the queue.
     *
     * @param client as events name it
     */
    public record Consumer(
            String tag,
            long connection,
            BrokerEvent.Client client,
            String where,
            boolean exclusive,
            boolean ack,
            int prefetch,
            int priority,
            Arguments arguments) {}

    public VirtualHost host() {
        return host;
    }

    @Override
    public String name() {
        return definition.name();
    }

    public QueueDefinition definition() {
        return definition;
    }

    public QueueSettings settings() {
        return settings;
    }

    /** The name of the policy that applies; null for none. */
    public @Nullable String policy() {
        return policy;
    }

    public @Nullable String operatorPolicy() {
        return operatorPolicy;
    }

    /** The connection that has an exclusive queue for itself; 0 for others. */
    public long owner() {
        return owner;
    }

    public boolean isStream() {
        return topic != null;
    }

    public boolean isDeleted() {
        return deleted;
    }

    /** The core's queue; not for streams. */
    public Queue queue() {
        if (queue == null) {
            throw new IllegalStateException(definition.name() + " is a stream");
        }
        return queue;
    }

    /** The topic of a stream. */
    public Topic topic() {
        if (topic == null) {
            throw new IllegalStateException(definition.name() + " is no stream");
        }
        return topic;
    }

    /** What consumers have noted on messages that they gave back. */
    public Notes notes() {
        return notes;
    }

    /** Bindings that lead here. */
    public List<Binding> bindings() {
        return bound.stream().map(Bound::binding).toList();
    }

    /**
     * @throws ModelException when another connection has it for itself
     */
    public void checkAccess(long connection) {
        if (owner != 0 && owner != connection) {
            throw Faults.locked(definition.name(), host.name());
        }
    }

    /**
     * Gives it the message, whose receipt is told to wait for it. One that is deleted drops it, at
     * whatever point on its way the deletion meets it: for the publisher it was not there.
     */
    void put(Message message) {
        if (deleted) {
            return;
        }
        Receipt receipt = message.receipt();
        if (receipt != null) {
            receipt.expect();
        }
        if (topic == null) {
            queue().publish(message.keep(), receipt);
            return;
        }
        topic.append(
                message,
                (base, timestamp, failure) -> {
                    if (receipt != null) {
                        receipt.done(topic.ofRouted(failure));
                    }
                });
    }

    /** The same for one that is kept already. */
    void put(KeptMessage message, @Nullable Receipt receipt) {
        put(message.lendTo(new Message()).receipt(receipt));
    }

    /** Names it among all that keep messages. */
    UUID id() {
        String name = host.tenant() + '\n' + host.name() + '\n' + definition.name();
        return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
    }

    /** Whether that message was put into it since a time, in milliseconds since 1970. */
    CompletableFuture<Boolean> holds(Origin message, long since) {
        return queue != null
                ? queue.holds(message, since)
                : message.isIn(topic().partition(0), since);
    }

    /** Counts of what waits and who consumes. */
    public CompletableFuture<QueueStatistics> statistics() {
        if (queue != null) {
            return queue.statistics().thenApply(found -> found);
        }
        return CompletableFuture.completedFuture(StreamCounts.of(topic(), consumerCount()));
    }

    // Consumers.

    /**
     * Lists a consumer; the caller begins to consume from the core's queue.
     *
     * @throws ModelException when the queue is exclusively another's
     */
    public void begin(Consumer consumer) {
        synchronized (consumers) {
            if (deleted) {
                throw Faults.noQueue(definition.name(), host.name());
            }
            if (!consumers.isEmpty()
                    && (consumer.exclusive() || consumers.getFirst().exclusive())) {
                throw new ModelException(
                        ModelException.Kind.ACCESS_REFUSED,
                        Faults.queue(definition.name(), host.name()) + " in exclusive use");
            }
            consumers.add(consumer);
            used();
        }
        host.subscribed(consumer, definition.name());
    }

    /** A consumer is gone; the queue goes with its last one if it was declared so. */
    public void end(Consumer consumer) {
        boolean known;
        boolean last;
        synchronized (consumers) {
            known = consumers.remove(consumer);
            last = known && consumers.isEmpty();
            used();
        }
        if (known) {
            host.unsubscribed(consumer, definition.name());
        }
        if (last && definition.autoDelete() && !deleted) {
            host.queues().delete(this);
        }
    }

    public List<Consumer> consumers() {
        synchronized (consumers) {
            return List.copyOf(consumers);
        }
    }

    public int consumerCount() {
        synchronized (consumers) {
            return consumers.size();
        }
    }

    /** Puts off the expiry of the queue. */
    public void used() {
        usedAt = System.nanoTime();
    }

    long idleNanos() {
        return consumerCount() > 0 ? 0 : System.nanoTime() - usedAt;
    }

    // The host's.

    void markDeleted() {
        synchronized (consumers) {
            deleted = true;
        }
    }

    Set<Bound> bound() {
        return bound;
    }

    void settings(
            QueueSettings now, @Nullable String policyName, @Nullable String operatorPolicyName) {
        settings = now;
        policy = policyName;
        operatorPolicy = operatorPolicyName;
    }
}
