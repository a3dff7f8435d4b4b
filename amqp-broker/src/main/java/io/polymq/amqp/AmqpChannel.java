package io.polymq.amqp;

import io.netty.buffer.ByteBuf;
import io.polymq.amqp.management.ClientList;
import io.polymq.codec.amqp.AccessMethod;
import io.polymq.codec.amqp.AmqpException;
import io.polymq.codec.amqp.BasicMethod;
import io.polymq.codec.amqp.ChannelMethod;
import io.polymq.codec.amqp.ConfirmMethod;
import io.polymq.codec.amqp.ConnectionMethod;
import io.polymq.codec.amqp.ExchangeMethod;
import io.polymq.codec.amqp.Method;
import io.polymq.codec.amqp.QueueMethod;
import io.polymq.codec.amqp.ReplyCode;
import io.polymq.codec.amqp.TxMethod;
import org.jspecify.annotations.Nullable;

/**
 * One channel: hands each method to the handler of its class. After it was closed with an error it
 * drops everything until the client has answered. Connection zone.
 */
final class AmqpChannel {

    private final AmqpConnection connection;
    private final int number;
    private final ExchangeHandler exchanges;
    private final QueueHandler queues;
    private final PublishHandler publishing;
    private final ConsumeHandler consuming;
    private final AckHandler acks;
    private boolean closing;

    AmqpChannel(AmqpConnection connection, int number) {
        this.connection = connection;
        this.number = number;
        this.exchanges = new ExchangeHandler(this);
        this.queues = new QueueHandler(this);
        this.acks = new AckHandler(this);
        this.publishing = new PublishHandler(this, acks);
        this.consuming = new ConsumeHandler(this, queues, acks);
    }

    AmqpConnection connection() {
        return connection;
    }

    int number() {
        return number;
    }

    boolean isClosing() {
        return closing;
    }

    PublishHandler publishing() {
        return publishing;
    }

    ConsumeHandler consuming() {
        return consuming;
    }

    /** What there is to say of it in lists. */
    ClientList.Channel listed() {
        return new ClientList.Channel(
                number,
                consuming.consumers(),
                acks.count(),
                publishing.unconfirmed(),
                publishing.uncommitted(),
                consuming.prefetch(),
                consuming.globalPrefetch(),
                publishing.confirms(),
                publishing.isTransactional());
    }

    void send(Method method) {
        connection.send(number, method);
    }

    /** The publish whose content is expected; null when none is. */
    @Nullable Method publishMethod() {
        return publishing.method();
    }

    void received(Method method) {
        if (closing) {
            whileClosing(method);
            return;
        }
        if (publishing.method() != null) {
            throw new AmqpException(
                    ReplyCode.UNEXPECTED_FRAME,
                    publishing.awaitsHeader()
                            ? "expected content header for class 60, got non content header frame"
                                    + " instead"
                            : "expected content body, got non content body frame instead");
        }
        switch (method) {
            case BasicMethod basic -> basic(basic);
            case ExchangeMethod exchange -> exchanges.received(exchange);
            case QueueMethod queue -> queues.received(queue);
            case ConfirmMethod.Select select -> publishing.confirm(select);
            case ConfirmMethod.SelectOk ok -> throw unexpected();
            case TxMethod tx -> publishing.tx(tx);
            case ChannelMethod channel -> channel(channel);
            case AccessMethod.Request request -> send(new AccessMethod.RequestOk(1));
            case AccessMethod.RequestOk ok -> throw unexpected();
            case ConnectionMethod never -> throw unexpected();
        }
    }

    private void basic(BasicMethod method) {
        switch (method) {
            case BasicMethod.Publish publish -> publishing.begin(publish);
            case BasicMethod.Ack ack -> acks.ack(ack.deliveryTag(), ack.multiple());
            case BasicMethod.Nack nack ->
                    acks.nack(nack.deliveryTag(), nack.multiple(), nack.requeue());
            case BasicMethod.Reject reject ->
                    acks.nack(reject.deliveryTag(), false, reject.requeue());
            case BasicMethod.Recover recover -> {
                acks.recover(recover.requeue());
                send(new BasicMethod.RecoverOk());
            }
            case BasicMethod.RecoverAsync recover -> acks.recover(recover.requeue());
            case BasicMethod.Qos qos -> consuming.qos(qos);
            case BasicMethod.Consume consume -> consuming.consume(consume);
            case BasicMethod.Cancel cancel -> consuming.cancel(cancel);
            case BasicMethod.Get get -> consuming.get(get);
            case BasicMethod.CancelOk ok -> {}
            case BasicMethod.QosOk ok -> throw unexpected();
            case BasicMethod.ConsumeOk ok -> throw unexpected();
            case BasicMethod.Return returned -> throw unexpected();
            case BasicMethod.Deliver deliver -> throw unexpected();
            case BasicMethod.GetOk got -> throw unexpected();
            case BasicMethod.GetEmpty empty -> throw unexpected();
            case BasicMethod.RecoverOk ok -> throw unexpected();
        }
    }

    private void channel(ChannelMethod method) {
        switch (method) {
            case ChannelMethod.Close close -> {
                end();
                connection.forget(number);
                send(new ChannelMethod.CloseOk());
            }
            case ChannelMethod.Flow flow -> {
                if (!flow.active()) {
                    throw AmqpErrors.notImplemented("active=false");
                }
                send(new ChannelMethod.FlowOk(true));
            }
            case ChannelMethod.CloseOk ok -> {}
            case ChannelMethod.FlowOk ok -> {}
            case ChannelMethod.Open open -> throw unexpected();
            case ChannelMethod.OpenOk ok -> throw unexpected();
        }
    }

    private void whileClosing(Method method) {
        if (method instanceof ChannelMethod.CloseOk) {
            connection.forget(number);
        } else if (method instanceof ChannelMethod.Close) {
            send(new ChannelMethod.CloseOk());
        }
    }

    static AmqpException unexpected() {
        return new AmqpException(ReplyCode.COMMAND_INVALID, "a method that only servers send");
    }

    void header(ByteBuf payload, int length) {
        publishing.header(payload, length);
    }

    void body(ByteBuf payload, int length) {
        publishing.body(payload, length);
    }

    /** Closes the channel with an error. */
    void close(AmqpErrors.Told told, int classId, int methodId) {
        end();
        closing = true;
        send(new ChannelMethod.Close(told.code().number(), told.text(), classId, methodId));
    }

    /** Nobody consumes any more, and what is unacknowledged goes back. */
    void end() {
        acks.flush();
        publishing.end();
        consuming.end();
        acks.end();
    }
}
