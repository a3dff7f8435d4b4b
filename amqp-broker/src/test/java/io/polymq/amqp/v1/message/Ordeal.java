package io.polymq.amqp.v1.message;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.polymq.amqp.model.Envelope;
import io.polymq.amqp.v1.type.DecodeException;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.MessageProperties;
import io.polymq.core.subject.Subject;
import java.util.Arrays;
import java.util.Map;

/**
 * Whatever a client sends as a message is refused in the decoder's own words, or can be written to
 * receivers of every dialect, with the bare message as it came.
 */
final class Ordeal {

    private final TestMessages messages = new TestMessages();
    private final Incoming incoming = new Incoming(1 << 20);

    /** Whether it was a message. */
    boolean through(byte[] bytes) {
        try {
            incoming.read(bytes, 0, bytes.length);
            incoming.properties();
            incoming.userId();
            incoming.annotations();
            incoming.applicationProperties();
            incoming.copies();
            incoming.value();
        } catch (DecodeException refused) {
            return false;
        }
        KeptMessage kept = messages.kept(incoming, "e", "k");
        byte[] own = Arrays.copyOf(incoming.own(), incoming.ownLength());
        toTheSameDialect(kept, own);
        toOthers(kept);
        return true;
    }

    private void toTheSameDialect(KeptMessage kept, byte[] own) {
        OwnBytes read = new OwnBytes();
        require(read.over(own, 0, own.length), "what was kept cannot be read");
        ByteBuf bare = Unpooled.buffer();
        read.writeBare(bare, kept.payload(), 0, kept.payload().length);
        byte[] again = encoded(kept);
        int from = again.length - bare.readableBytes();
        require(
                from >= 0 && Unpooled.wrappedBuffer(again, from, bare.readableBytes()).equals(bare),
                "the bare message has changed");
        incoming.read(again, 0, again.length);
        require(incoming.header().deliveryCount() == 1, "the header is not the broker's");
        require("k".equals(incoming.annotations().get("x-routing-key")), "no routing key");
    }

    private byte[] encoded(KeptMessage kept) {
        ByteBuf out = Unpooled.buffer();
        messages.codec().encode(kept, 1, false, 7, Map.of("x-more", 1L), out);
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }

    private void toOthers(KeptMessage kept) {
        messages.codec().sections(kept);
        Envelope envelope = Envelope.of(kept);
        require(envelope != null, "no envelope");
        byte[] payload = kept.payload();
        require(
                MessageCodec.toBasic(envelope, payload, 0, payload.length, 0) != null,
                "nothing for the other dialect");
        envelope.headers();
        MessageProperties neutral = kept.lendTo(new Message()).properties();
        KeptMessage foreign =
                new Message()
                        .begin(Subject.ofDotted("a.b"), payload, 0, payload.length)
                        .properties(neutral)
                        .keep();
        encoded(foreign);
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new IllegalStateException(otherwise);
        }
    }
}
