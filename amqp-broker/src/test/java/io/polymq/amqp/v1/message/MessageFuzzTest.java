package io.polymq.amqp.v1.message;

import com.code_intelligence.jazzer.junit.FuzzTest;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.polymq.amqp.model.Envelope;
import io.polymq.amqp.v1.type.DecodeException;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.MessageProperties;
import io.polymq.core.subject.Subject;

import org.junit.jupiter.api.Tag;

import java.util.Arrays;
import java.util.Map;

/**
 * Whatever a client sends as a message is refused in the decoder's own words, or can be written to
 * receivers of every dialect, with the bare message as it came.
 */
@Tag("fuzz")
class MessageFuzzTest {

    @FuzzTest(maxDuration = "60s")
    void aMessage(byte[] bytes) {
        Incoming incoming = new Incoming(1 << 20);
        try {
            incoming.read(bytes, 0, bytes.length);
            incoming.properties();
            incoming.userId();
            incoming.annotations();
            incoming.applicationProperties();
            incoming.value();
        } catch (DecodeException expected) {
            return;
        }
        TestMessages messages = new TestMessages();
        KeptMessage kept = messages.kept(incoming, "e", "k");
        ByteBuf out = Unpooled.buffer();
        messages.codec().encode(kept, 1, false, 7, Map.of("x-more", 1L), out);
        byte[] again = new byte[out.readableBytes()];
        out.readBytes(again);
        byte[] before = Arrays.copyOfRange(incoming.own(), 0, incoming.ownLength());
        byte[] payload = kept.payload();
        incoming.read(again, 0, again.length);
        OwnBytes own = new OwnBytes();
        if (!own.over(before, 0, before.length)) {
            throw new IllegalStateException("what was kept cannot be read");
        }
        ByteBuf first = Unpooled.buffer();
        own.writeBare(first, payload, 0, payload.length);
        if (again.length < first.readableBytes()
                || !Unpooled.wrappedBuffer(
                                again, again.length - first.readableBytes(), first.readableBytes())
                        .equals(first)) {
            throw new IllegalStateException("the bare message has changed");
        }
        messages.codec().sections(kept);
        Envelope envelope = Envelope.of(kept);
        if (envelope == null) {
            throw new IllegalStateException("no envelope");
        }
        MessageCodec.toBasic(envelope, payload, 0, payload.length);
        MessageProperties neutral = kept.lendTo(new io.polymq.core.message.Message()).properties();
        messages.codec()
                .encode(
                        new io.polymq.core.message.Message()
                                .begin(Subject.ofDotted("a.b"), payload, 0, payload.length)
                                .properties(neutral)
                                .keep(),
                        0,
                        true,
                        -1,
                        Map.of(),
                        Unpooled.buffer());
    }
}
