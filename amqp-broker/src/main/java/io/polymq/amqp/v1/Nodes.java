package io.polymq.amqp.v1;

import io.polymq.amqp.model.AmqpQueue;
import io.polymq.amqp.model.Arguments;
import io.polymq.amqp.model.Binding;
import io.polymq.amqp.model.ExchangeType;
import io.polymq.amqp.model.HostQueues;
import io.polymq.amqp.model.ModelException;
import io.polymq.amqp.model.QueueDefinition;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.amqp.v1.address.Address;
import io.polymq.amqp.v1.frame.Condition;
import io.polymq.amqp.v1.frame.FrameException;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds, makes and deletes the nodes of one connection's links. Connection zone. */
final class Nodes {

    private static final Logger LOG = LoggerFactory.getLogger(Nodes.class);

    private final V1Connection connection;

    Nodes(V1Connection connection) {
        this.connection = connection;
    }

    private VirtualHost host() {
        return connection.host();
    }

    private HostQueues queues() {
        return host().queues();
    }

    /** What a stage has given; what it has failed with is thrown. */
    static <T> T require(@Nullable T result, @Nullable Throwable failure) {
        if (result != null) {
            return result;
        }
        Throwable cause = failure == null ? null : Conditions.cause(failure);
        if (cause instanceof RuntimeException known) {
            throw known;
        }
        throw new CompletionException(failure);
    }

    /**
     * The queue of an address, made when it may be.
     *
     * @param permitted throws when the client may not use the queue
     */
    CompletableFuture<AmqpQueue> queue(Address.Queue address, Consumer<String> permitted) {
        AmqpQueue found = queues().find(address.name());
        if (found != null || !address.declare()) {
            permitted.accept(address.name());
            return CompletableFuture.completedFuture(
                    found == null ? queues().require(address.name()) : found);
        }
        connection.opening().rights().configureQueue(address.name());
        permitted.accept(address.name());
        return queues().declare(
                        queues().definition(address.name(), true, false, false, Arguments.NONE),
                        connection.id(),
                        false);
    }

    // Temporary ones.

    /** A node for as long as its link, or its connection, is there; where it is. */
    CompletableFuture<Address> make(Set<String> capabilities) {
        String name = "amq.gen-" + UUID.randomUUID();
        if (capabilities.contains("temporary-topic")) {
            return CompletableFuture.completedFuture(
                    new Address.Exchange(VirtualHost.AMQ_TOPIC, name));
        }
        return temporary(name).thenApply(made -> new Address.Queue(made.name(), false));
    }

    private CompletableFuture<AmqpQueue> temporary(String name) {
        connection.opening().rights().configureQueue(name);
        return queues().declare(
                        new QueueDefinition(
                                name,
                                QueueDefinition.Type.CLASSIC,
                                false,
                                true,
                                false,
                                Arguments.NONE),
                        connection.id(),
                        true);
    }

    void delete(Address made) {
        if (made instanceof Address.Queue queue) {
            delete(queue.name());
        }
    }

    /** The future is done when the queue is gone, or when it is known why it stays. */
    CompletableFuture<Long> delete(String queue) {
        try {
            return queues().delete(queue, false, false, connection.id())
                    .exceptionally(
                            failure -> {
                                LOG.atWarn()
                                        .addKeyValue("queue", queue)
                                        .addKeyValue("reason", failure.toString())
                                        .log("a temporary queue stays");
                                return 0L;
                            });
        } catch (ModelException elsewhere) {
            LOG.debug("a temporary queue is another's by now", elsewhere);
        } catch (IllegalStateException gone) {
            LOG.debug("the connection's queues are gone with it", gone);
        }
        return CompletableFuture.completedFuture(0L);
    }

    /** A queue of the client's own that gets what an exchange has for its key. */
    CompletableFuture<AmqpQueue> subscribed(Address.Exchange to) {
        String name = "amq.gen-" + UUID.randomUUID();
        checkBinding(to);
        return temporary(name).thenCompose(queue -> bind(queue, to));
    }

    /**
     * The queue of a subscription; one that was to something else, and is not in use, is made anew.
     */
    CompletableFuture<AmqpQueue> subscription(QueueDefinition wanted, Address.Exchange to) {
        checkBinding(to);
        connection.opening().rights().readQueue(wanted.name());
        AmqpQueue there = queues().find(wanted.name());
        if (there != null && Subscription.isSame(there.definition(), wanted)) {
            return CompletableFuture.completedFuture(there);
        }
        connection.opening().rights().configureQueue(wanted.name());
        CompletableFuture<Long> gone =
                there == null
                        ? CompletableFuture.completedFuture(0L)
                        : queues().delete(wanted.name(), true, false, connection.id());
        return gone.thenCompose(done -> queues().declare(wanted, connection.id(), false))
                .thenCompose(made -> bind(made, to));
    }

    /** The subscription ends with all that waits in it; the future is done when it is gone. */
    CompletableFuture<Long> unsubscribe(String queue) {
        connection.opening().rights().configureQueue(queue);
        AmqpQueue there = queues().find(queue);
        if (there != null && there.consumerCount() > 0) {
            throw FrameException.link(
                    Condition.RESOURCE_LOCKED, "the subscription is in use by another link");
        }
        return delete(queue);
    }

    /** Whether the client may subscribe to what goes through the exchange. */
    void checkBinding(Address.Exchange to) {
        host().requireExchange(to.name());
        connection.opening().rights().readExchange(to.name());
        if (to.key() != null
                && host().requireExchange(to.name()).spec().type() == ExchangeType.TOPIC) {
            connection.opening().rights().bindTopic(to.name(), to.key());
        }
    }

    CompletableFuture<AmqpQueue> bind(AmqpQueue queue, Address.Exchange to) {
        String key = to.key();
        return host().bind(
                        new Binding(
                                to.name(),
                                queue.name(),
                                false,
                                key == null ? "" : key,
                                Arguments.NONE),
                        connection.id())
                .thenApply(done -> queue);
    }
}
