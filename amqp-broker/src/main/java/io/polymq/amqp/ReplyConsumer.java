package io.polymq.amqp;

import io.netty.buffer.ByteBuf;
import io.polymq.amqp.model.ReplyAddresses;
import io.polymq.core.message.Message;
import io.polymq.network.Outbox;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A requester's consumer of answers: they come straight from the responder's channel. Answers are
 * written on the responder's thread, under this connection's outbox lock.
 */
final class ReplyConsumer implements Consumer, ReplyAddresses.Receiver {

    private final AmqpChannel channel;
    private final String tag;
    private final byte[] tagBytes;
    private final String address;
    private final Unacked unacked;
    private final Runnable atEnd;
    private final int frameMax;
    private volatile boolean ended;

    ReplyConsumer(AmqpChannel channel, String tag, Unacked unacked, Runnable atEnd) {
        this.channel = channel;
        this.tag = tag;
        this.tagBytes = tag.getBytes(StandardCharsets.UTF_8);
        this.address = ReplyAddresses.address(Names.token());
        this.unacked = unacked;
        this.atEnd = atEnd;
        this.frameMax = channel.connection().session().frameMax();
    }

    /** What a request's reply-to is replaced by. */
    String address() {
        return address;
    }

    @Override
    public String tag() {
        return tag;
    }

    @Override
    public void begin(AckHandler acks) {
        channel.connection().host().replies().open(address, this);
    }

    @Override
    public boolean answer(Message message) {
        if (ended) {
            return false;
        }
        AmqpBroker broker = channel.connection().broker();
        Content content = new Content(broker.codec(), broker.clock()).of(message, Map.of());
        Outbox outbox = channel.connection().outbox();
        outbox.lock();
        try {
            ByteBuf out = outbox.begin(content.deliverSize(tagBytes.length, frameMax));
            try {
                content.deliver(out, channel.number(), tagBytes, unacked.skip(), false, frameMax);
            } finally {
                outbox.end();
            }
        } finally {
            outbox.unlock();
        }
        return true;
    }

    @Override
    public void leave(Runnable then) {
        then.run();
    }

    @Override
    public @Nullable Hold hold() {
        return null;
    }

    @Override
    public void end() {
        ended = true;
        channel.connection().host().replies().close(address);
        atEnd.run();
    }
}
