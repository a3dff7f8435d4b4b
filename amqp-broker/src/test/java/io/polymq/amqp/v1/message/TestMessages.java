package io.polymq.amqp.v1.message;

import io.polymq.amqp.model.Envelope;
import io.polymq.amqp.model.EnvelopeCodec;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.subject.Subject;
import java.nio.charset.StandardCharsets;

/** Messages as queues hold them, without queues. */
final class TestMessages {

    private final EnvelopeCodec envelopes = MessageCodec.newEnvelopeCodec();
    private final MessageCodec codec = new MessageCodec(envelopes);

    MessageCodec codec() {
        return codec;
    }

    KeptMessage kept(Incoming incoming, String exchange, String key) {
        return kept(
                envelopes,
                java.util.Arrays.copyOf(incoming.own(), incoming.ownLength()),
                incoming.flags(),
                exchange,
                key,
                java.util.Arrays.copyOfRange(
                        incoming.payload(),
                        incoming.payloadOffset(),
                        incoming.payloadOffset() + incoming.payloadLength()));
    }

    static KeptMessage kept(
            EnvelopeCodec codec,
            byte[] own,
            int flags,
            String exchange,
            String key,
            byte[] payload) {
        byte[] from = exchange.getBytes(StandardCharsets.UTF_8);
        byte[] to = key.getBytes(StandardCharsets.UTF_8);
        byte[] header = new byte[Envelope.size(from.length, to.length, own.length)];
        Envelope.write(from, to, own, 0, own.length, header);
        return new Message()
                .begin(Subject.ofDotted(key), payload, 0, payload.length)
                .header(codec, header, 0, header.length, flags)
                .keep();
    }
}
