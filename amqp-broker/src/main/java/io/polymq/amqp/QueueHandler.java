package io.polymq.amqp;

import io.polymq.amqp.model.AmqpQueue;
import io.polymq.amqp.model.Arguments;
import io.polymq.amqp.model.Binding;
import io.polymq.amqp.model.Exchange;
import io.polymq.amqp.model.ExchangeType;
import io.polymq.amqp.model.ModelException;
import io.polymq.amqp.model.QueueDefinition;
import io.polymq.amqp.model.ReplyAddresses;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.codec.amqp.Method;
import io.polymq.codec.amqp.QueueMethod;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The methods of class queue. Remembers the queue that was declared last, which an empty name means
 * from then on. Connection zone.
 */
final class QueueHandler {

    private final AmqpChannel channel;
    private final AmqpConnection connection;
    private @Nullable String last;

    QueueHandler(AmqpChannel channel) {
        this.channel = channel;
        this.connection = channel.connection();
    }

    private VirtualHost host() {
        return connection.host();
    }

    private AccessRights rights() {
        return connection.session().rights();
    }

    /**
     * @throws ModelException when the name is empty and nothing was declared before
     */
    String named(String name) {
        String stripped = ExchangeHandler.stripped(name);
        if (!stripped.isEmpty()) {
            return stripped;
        }
        if (last == null) {
            throw new ModelException(ModelException.Kind.NOT_FOUND, "no previously declared queue");
        }
        return last;
    }

    void received(QueueMethod method) {
        switch (method) {
            case QueueMethod.Declare declare -> declare(declare);
            case QueueMethod.Bind bind -> {
                Binding binding =
                        new Binding(
                                bind.exchange(),
                                named(bind.queue()),
                                false,
                                key(bind.queue(), bind.routingKey()),
                                Arguments.of(bind.arguments().entries()));
                check(binding);
                answer(
                        bind,
                        host().bind(binding, connection.id()),
                        done -> new QueueMethod.BindOk(),
                        bind.noWait());
            }
            case QueueMethod.Unbind unbind -> {
                Binding binding =
                        new Binding(
                                unbind.exchange(),
                                named(unbind.queue()),
                                false,
                                key(unbind.queue(), unbind.routingKey()),
                                Arguments.of(unbind.arguments().entries()));
                check(binding);
                answer(
                        unbind,
                        host().unbind(binding, connection.id()),
                        done -> new QueueMethod.UnbindOk(),
                        false);
            }
            case QueueMethod.Purge purge -> purge(purge);
            case QueueMethod.Delete delete -> {
                String name = named(delete.queue());
                rights().configureQueue(name);
                answer(
                        delete,
                        host().queues()
                                .delete(name, delete.ifUnused(), delete.ifEmpty(), connection.id()),
                        count -> new QueueMethod.DeleteOk(count == null ? 0 : count),
                        delete.noWait());
            }
            case QueueMethod.DeclareOk ok -> throw AmqpChannel.unexpected();
            case QueueMethod.BindOk ok -> throw AmqpChannel.unexpected();
            case QueueMethod.UnbindOk ok -> throw AmqpChannel.unexpected();
            case QueueMethod.PurgeOk ok -> throw AmqpChannel.unexpected();
            case QueueMethod.DeleteOk ok -> throw AmqpChannel.unexpected();
        }
    }

    /** Where neither is named, the last queue is bound by its own name. */
    private String key(String queue, String key) {
        return queue.isEmpty() && key.isEmpty() && last != null ? last : key;
    }

    private void check(Binding binding) {
        rights().writeQueue(binding.destination());
        rights().readExchange(binding.source());
        Exchange source = host().exchange(binding.source());
        if (source != null && source.spec().type() == ExchangeType.TOPIC) {
            rights().bindTopic(binding.source(), binding.key());
        }
    }

    // Declaring.

    private void declare(QueueMethod.Declare declare) {
        String name = ExchangeHandler.stripped(declare.queue());
        if (name.startsWith(ReplyAddresses.PSEUDO_QUEUE)) {
            declareReply(declare, name);
        } else if (declare.passive()) {
            passive(declare, named(name));
        } else {
            boolean serverNamed = name.isEmpty();
            create(declare, serverNamed ? Names.queue() : name, serverNamed);
        }
    }

    /** Tells whether somebody waits for answers at that address. */
    private void declareReply(QueueMethod.Declare declare, String name) {
        if (!name.equals(ReplyAddresses.PSEUDO_QUEUE) && !host().replies().exists(name)) {
            throw new ModelException(
                    ModelException.Kind.NOT_FOUND,
                    "no queue '" + name + "' in vhost '" + host().name() + "'");
        }
        last = name;
        if (!declare.noWait()) {
            channel.send(new QueueMethod.DeclareOk(name, 0, 1));
        }
    }

    private void passive(QueueMethod.Declare declare, String name) {
        AmqpQueue queue = host().queues().require(name);
        queue.checkAccess(connection.id());
        queue.used();
        last = name;
        tell(declare, CompletableFuture.completedFuture(queue));
    }

    private void create(QueueMethod.Declare declare, String name, boolean serverNamed) {
        AccessRights rights = rights();
        rights.configureQueue(name);
        Arguments arguments = Arguments.of(declare.arguments().entries());
        QueueDefinition definition =
                host().queues()
                        .definition(
                                name,
                                declare.durable(),
                                declare.exclusive(),
                                declare.autoDelete(),
                                arguments);
        String dead = arguments.text("x-dead-letter-exchange");
        if (dead != null && host().queues().find(name) == null) {
            rights.readQueue(name);
            rights.writeExchange(dead);
        }
        last = name;
        tell(declare, host().queues().declare(definition, connection.id(), serverNamed));
    }

    private void tell(QueueMethod.Declare declare, CompletableFuture<AmqpQueue> declared) {
        CompletableFuture<Method> told =
                declare.noWait()
                        ? declared.thenApply(queue -> declare)
                        : declared.thenCompose(
                                queue ->
                                        queue.statistics()
                                                .thenApply(
                                                        counts ->
                                                                new QueueMethod.DeclareOk(
                                                                        queue.name(),
                                                                        counts.ready(),
                                                                        queue.consumerCount())));
        answer(declare, told, method -> method == null ? declare : method, declare.noWait());
    }

    private void purge(QueueMethod.Purge purge) {
        String name = named(purge.queue());
        rights().readQueue(name);
        AmqpQueue queue = host().queues().require(name);
        queue.checkAccess(connection.id());
        if (queue.isStream()) {
            throw AmqpErrors.notImplemented(
                    "queue.purge not supported by stream queues queue '"
                            + name
                            + "' in vhost '"
                            + host().name()
                            + "'");
        }
        answer(
                purge,
                queue.queue().purge(),
                count -> new QueueMethod.PurgeOk(count == null ? 0 : count),
                purge.noWait());
    }

    private <T> void answer(
            Method method,
            CompletableFuture<T> done,
            Function<@Nullable T, Method> answer,
            boolean noWait) {
        connection.await(
                done,
                (result, failure) -> {
                    if (failure != null) {
                        connection.refuse(channel.number(), method, failure);
                    } else if (!noWait && !channel.isClosing()) {
                        channel.send(answer.apply(result));
                    }
                });
    }
}
