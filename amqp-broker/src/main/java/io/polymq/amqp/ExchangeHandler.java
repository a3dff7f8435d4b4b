package io.polymq.amqp;

import io.polymq.amqp.model.Arguments;
import io.polymq.amqp.model.Binding;
import io.polymq.amqp.model.ExchangeSpec;
import io.polymq.amqp.model.ExchangeType;
import io.polymq.amqp.model.ModelException;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.codec.amqp.ExchangeMethod;
import io.polymq.codec.amqp.Method;
import java.util.concurrent.CompletableFuture;

/** The methods of class exchange. Connection zone. */
final class ExchangeHandler {

    private final AmqpChannel channel;
    private final AmqpConnection connection;

    ExchangeHandler(AmqpChannel channel) {
        this.channel = channel;
        this.connection = channel.connection();
    }

    void received(ExchangeMethod method) {
        switch (method) {
            case ExchangeMethod.Declare declare -> declare(declare);
            case ExchangeMethod.Delete delete -> {
                connection.session().rights().configureExchange(delete.exchange());
                answer(
                        delete,
                        host().deleteExchange(delete.exchange(), delete.ifUnused()),
                        delete.noWait(),
                        new ExchangeMethod.DeleteOk());
            }
            case ExchangeMethod.Bind bind -> {
                Binding binding =
                        binding(
                                bind.source(),
                                bind.destination(),
                                bind.routingKey(),
                                Arguments.of(bind.arguments().entries()));
                check(binding);
                answer(
                        bind,
                        host().bind(binding, connection.id()),
                        bind.noWait(),
                        new ExchangeMethod.BindOk());
            }
            case ExchangeMethod.Unbind unbind -> {
                Binding binding =
                        binding(
                                unbind.source(),
                                unbind.destination(),
                                unbind.routingKey(),
                                Arguments.of(unbind.arguments().entries()));
                check(binding);
                answer(
                        unbind,
                        host().unbind(binding, connection.id()),
                        unbind.noWait(),
                        new ExchangeMethod.UnbindOk());
            }
            case ExchangeMethod.DeclareOk ok -> throw AmqpChannel.unexpected();
            case ExchangeMethod.DeleteOk ok -> throw AmqpChannel.unexpected();
            case ExchangeMethod.BindOk ok -> throw AmqpChannel.unexpected();
            case ExchangeMethod.UnbindOk ok -> throw AmqpChannel.unexpected();
        }
    }

    private VirtualHost host() {
        return connection.host();
    }

    private static Binding binding(
            String source, String destination, String key, Arguments arguments) {
        return new Binding(source, destination, true, key, arguments);
    }

    private void check(Binding binding) {
        AccessRights rights = connection.session().rights();
        rights.writeExchange(binding.destination());
        rights.readExchange(binding.source());
    }

    private void declare(ExchangeMethod.Declare declare) {
        String name = stripped(declare.exchange());
        if (declare.passive()) {
            refuseDefault(name);
            host().requireExchange(name);
            if (!declare.noWait()) {
                channel.send(new ExchangeMethod.DeclareOk());
            }
            return;
        }
        ExchangeType type = ExchangeType.of(declare.type());
        if (type == null) {
            throw AmqpErrors.precondition("invalid exchange type '" + declare.type() + "'");
        }
        refuseDefault(name);
        AccessRights rights = connection.session().rights();
        rights.configureExchange(name);
        Arguments arguments = Arguments.of(declare.arguments().entries());
        String alternate = arguments.text("alternate-exchange");
        if (alternate == null && arguments.has("alternate-exchange")) {
            throw AmqpErrors.precondition(
                    "invalid type '"
                            + Arguments.typeOf(arguments.get("alternate-exchange"))
                            + "' for arg 'alternate-exchange' in exchange '"
                            + name
                            + "' in vhost '"
                            + host().name()
                            + "'");
        }
        if (alternate != null) {
            rights.readExchange(name);
            rights.writeExchange(alternate);
        }
        answer(
                declare,
                host().declare(
                                new ExchangeSpec(
                                        name,
                                        type,
                                        declare.durable(),
                                        declare.autoDelete(),
                                        declare.internal(),
                                        arguments)),
                declare.noWait(),
                new ExchangeMethod.DeclareOk());
    }

    private static void refuseDefault(String name) {
        if (name.isEmpty()) {
            throw new ModelException(
                    ModelException.Kind.ACCESS_REFUSED,
                    "operation not permitted on the default exchange");
        }
    }

    /** Line ends at the end of a name are dropped. */
    static String stripped(String name) {
        return name.replace("\n", "").replace("\r", "");
    }

    private void answer(
            Method method, CompletableFuture<Void> done, boolean noWait, Method answer) {
        connection.await(
                done,
                (nothing, failure) -> {
                    if (failure != null) {
                        connection.refuse(channel.number(), method, failure);
                    } else if (!noWait && !channel.isClosing()) {
                        channel.send(answer);
                    }
                });
    }
}
