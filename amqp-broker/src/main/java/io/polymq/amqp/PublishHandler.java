package io.polymq.amqp;

import io.netty.buffer.ByteBuf;
import io.polymq.amqp.model.Envelope;
import io.polymq.amqp.model.Exchange;
import io.polymq.amqp.model.ExchangeType;
import io.polymq.amqp.model.ModelException;
import io.polymq.codec.amqp.AmqpException;
import io.polymq.codec.amqp.BasicMethod;
import io.polymq.codec.amqp.ConfirmMethod;
import io.polymq.codec.amqp.ContentHeader;
import io.polymq.codec.amqp.Method;
import io.polymq.codec.amqp.ReplyCode;
import io.polymq.codec.amqp.TxMethod;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes what a channel publishes: the method, the header, the body in any number of frames; then
 * routes it, confirms it, or keeps it for the end of a transaction. Connection zone.
 */
final class PublishHandler {

    private static final byte[] NOTHING = new byte[0];
    private static final int FIRST_BYTES = 64 << 10;

    private final AmqpChannel channel;
    private final AmqpConnection connection;
    private final AckHandler acks;
    private BasicMethod.@Nullable Publish method;
    private @Nullable ContentHeader header;
    private byte[] body = NOTHING;
    private int bodyLength;
    private @Nullable ConfirmWindow confirms;
    private @Nullable Transaction transaction;

    /** What the last publish named, as names repeat. */
    private @Nullable Exchange lastExchange;

    private byte[] lastExchangeBytes = NOTHING;
    private String lastKey = "";
    private byte[] lastKeyBytes = NOTHING;

    PublishHandler(AmqpChannel channel, AckHandler acks) {
        this.channel = channel;
        this.connection = channel.connection();
        this.acks = acks;
    }

    @Nullable Method method() {
        return method;
    }

    boolean awaitsHeader() {
        return header == null;
    }

    // Content.

    void begin(BasicMethod.Publish publish) {
        connection.publishes();
        Exchange exchange = exchange(publish.exchange());
        connection
                .session()
                .rights()
                .publish(
                        publish.exchange(),
                        publish.routingKey(),
                        exchange.spec().type() == ExchangeType.TOPIC);
        if (exchange.spec().internal()) {
            throw new ModelException(
                    ModelException.Kind.ACCESS_REFUSED,
                    "cannot publish to internal exchange '"
                            + publish.exchange()
                            + "' in vhost '"
                            + connection.host().name()
                            + "'");
        }
        method = publish;
        header = null;
    }

    private Exchange exchange(String name) {
        Exchange known = lastExchange;
        if (known != null
                && known.name().equals(name)
                && connection.host().exchange(name) == known) {
            return known;
        }
        Exchange found = connection.host().requireExchange(name);
        lastExchange = found;
        lastExchangeBytes = name.getBytes(StandardCharsets.UTF_8);
        return found;
    }

    void header(ByteBuf payload, int length) {
        if (method == null || header != null) {
            throw new AmqpException(
                    ReplyCode.UNEXPECTED_FRAME,
                    method == null
                            ? "expected method frame, got content header frame instead"
                            : "expected content body, got content header frame instead");
        }
        ContentHeader read = ContentHeader.read(payload, length);
        if (read.classId() != BasicMethod.CLASS_ID) {
            throw new AmqpException(
                    ReplyCode.UNEXPECTED_FRAME,
                    "expected content header for class 60, got one for class "
                            + read.classId()
                            + " instead");
        }
        int most = connection.broker().settings().maxMessageSize();
        if (read.bodySize() < 0 || read.bodySize() > most) {
            throw AmqpErrors.precondition(
                    "message size "
                            + Long.toUnsignedString(read.bodySize())
                            + " is larger than configured max size "
                            + most);
        }
        header = read;
        bodyLength = 0;
        body = NOTHING;
        if (read.bodySize() == 0) {
            complete(NOTHING, 0, 0);
        }
    }

    void body(ByteBuf payload, int length) {
        ContentHeader expected = header;
        if (method == null || expected == null) {
            throw new AmqpException(
                    ReplyCode.UNEXPECTED_FRAME,
                    method == null
                            ? "expected method frame, got content body frame instead"
                            : "expected content header for class 60, got content body frame"
                                    + " instead");
        }
        int size = (int) expected.bodySize();
        if (length > size - bodyLength) {
            throw new AmqpException(
                    ReplyCode.FRAME_ERROR,
                    "more content than the header announced: "
                            + (bodyLength + length)
                            + " bytes of "
                            + size);
        }
        if (length == size) {
            byte[] scratch = connection.loop().body(size);
            payload.getBytes(payload.readerIndex(), scratch, 0, size);
            complete(scratch, 0, size);
            return;
        }
        connection.partial(length);
        if (body.length < bodyLength + length) {
            int room = Math.max(Math.min(size, FIRST_BYTES), body.length * 2);
            body = Arrays.copyOf(body, Math.min(size, Math.max(room, bodyLength + length)));
        }
        payload.getBytes(payload.readerIndex(), body, bodyLength, length);
        bodyLength += length;
        if (bodyLength == size) {
            connection.partial(-size);
            byte[] whole = body;
            body = NOTHING;
            bodyLength = 0;
            complete(whole, 0, size);
        }
    }

    // Publishing.

    private void complete(byte[] bytes, int offset, int length) {
        BasicMethod.Publish publish = method;
        ContentHeader read = header;
        if (publish == null || read == null) {
            throw new IllegalStateException("no content");
        }
        method = null;
        header = null;
        if (publish.immediate()) {
            throw AmqpErrors.notImplemented("immediate=true");
        }
        Exchange exchange = lastExchange;
        if (exchange == null || !exchange.name().equals(publish.exchange())) {
            exchange = exchange(publish.exchange());
        }
        PublishedProperties properties =
                PublishedProperties.of(read.properties(), connection.session(), replyAddress());
        connection.published();
        Message message = message(publish, exchange, properties, bytes, offset, length);
        if (transaction != null) {
            transaction.add(exchange, publish, properties.copies(), message.keep());
            return;
        }
        Receipt receipt = confirms == null ? null : confirms.next();
        message.receipt(receipt);
        try {
            route(exchange, publish, properties.copies(), message);
        } finally {
            if (receipt != null) {
                receipt.seal();
            }
        }
    }

    private @Nullable String replyAddress() {
        ReplyConsumer replies = channel.consuming().replies();
        return replies == null ? null : replies.address();
    }

    private Message message(
            BasicMethod.Publish publish,
            Exchange exchange,
            PublishedProperties properties,
            byte[] bytes,
            int offset,
            int length) {
        String key = publish.routingKey();
        if (!key.equals(lastKey)) {
            lastKey = key;
            lastKeyBytes = key.getBytes(StandardCharsets.UTF_8);
        }
        byte[] own = properties.bytes();
        byte[] head =
                connection
                        .loop()
                        .header(
                                Envelope.size(
                                        lastExchangeBytes.length, lastKeyBytes.length, own.length));
        int headLength = Envelope.write(lastExchangeBytes, lastKeyBytes, own, 0, own.length, head);
        return connection
                .loop()
                .message()
                .begin(
                        connection.loop().subjects().dotted(lastKeyBytes, 0, lastKeyBytes.length),
                        bytes,
                        offset,
                        length)
                .publisher(connection.id())
                .header(connection.broker().codec(), head, 0, headLength, properties.flags());
    }

    /** To its queues; back to its publisher when there are none and it minds. */
    void route(
            Exchange exchange, BasicMethod.Publish publish, List<String> copies, Message message) {
        boolean taken =
                connection
                        .loop()
                        .publisher()
                        .publish(exchange, publish.routingKey(), copies, message);
        if (!taken) {
            connection.broker().metrics().unroutable();
            if (publish.mandatory()) {
                returned(publish, message);
            }
        }
    }

    private void returned(BasicMethod.Publish publish, Message message) {
        channel.send(
                new BasicMethod.Return(
                        ReplyCode.NO_ROUTE.number(),
                        ReplyCode.NO_ROUTE.word(),
                        publish.exchange(),
                        publish.routingKey()));
        Envelope envelope = Envelope.of(message);
        if (envelope == null) {
            throw new IllegalStateException("a publish without an envelope");
        }
        int frameMax = connection.session().frameMax();
        ByteBuf out =
                connection
                        .outbox()
                        .begin(
                                ContentHeader.frameSize(envelope.ownLength())
                                        + ContentHeader.bodySize(
                                                message.payloadLength(), frameMax));
        try {
            ContentHeader.write(
                    out,
                    channel.number(),
                    message.payloadLength(),
                    envelope.bytes(),
                    envelope.ownOffset(),
                    envelope.ownLength());
            ContentHeader.writeBody(
                    out,
                    channel.number(),
                    message.payload(),
                    message.payloadOffset(),
                    message.payloadLength(),
                    frameMax);
        } finally {
            connection.outbox().end();
        }
    }

    // Modes.

    boolean confirms() {
        return confirms != null;
    }

    boolean isTransactional() {
        return transaction != null;
    }

    /** Publishes that wait for their confirm. */
    int unconfirmed() {
        return confirms == null ? 0 : confirms.open();
    }

    /** Publishes that wait for a commit. */
    int uncommitted() {
        return transaction == null ? 0 : transaction.size();
    }

    void confirm(ConfirmMethod.Select select) {
        if (transaction != null) {
            throw AmqpErrors.precondition("cannot switch from tx to confirm mode");
        }
        if (confirms == null) {
            confirms = new ConfirmWindow(channel);
        }
        if (!select.noWait()) {
            channel.send(new ConfirmMethod.SelectOk());
        }
    }

    void tx(TxMethod tx) {
        switch (tx) {
            case TxMethod.Select select -> {
                if (confirms != null) {
                    throw AmqpErrors.precondition("cannot switch from confirm to tx mode");
                }
                if (transaction == null) {
                    transaction = new Transaction(channel, acks);
                    acks.transactional();
                }
                channel.send(new TxMethod.SelectOk());
            }
            case TxMethod.Commit commit -> current().commit(commit);
            case TxMethod.Rollback rollback -> {
                current().rollback();
                channel.send(new TxMethod.RollbackOk());
            }
            case TxMethod.SelectOk ok -> throw AmqpChannel.unexpected();
            case TxMethod.CommitOk ok -> throw AmqpChannel.unexpected();
            case TxMethod.RollbackOk ok -> throw AmqpChannel.unexpected();
        }
    }

    private Transaction current() {
        if (transaction == null) {
            throw AmqpErrors.precondition("channel is not transactional");
        }
        return transaction;
    }

    /** The channel ends. */
    void end() {
        if (confirms != null) {
            confirms.end();
        }
        connection.partial(-bodyLength);
        method = null;
        header = null;
        body = NOTHING;
        bodyLength = 0;
    }
}
