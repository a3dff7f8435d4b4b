package io.polymq.amqp.model;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Gives messages envelopes: those of other protocols a first one, others a new one. Stateless. */
final class Foreign {

    private Foreign() {}

    /** What a message of another protocol would have in front of it. */
    static Envelope envelope(Message message, EnvelopeCodec codec, String exchange, String key) {
        byte[] own = codec.format().write(message.properties());
        return wrap(Envelope.write(exchange, key, Map.of(), own), codec, flags(codec, own));
    }

    private static int flags(EnvelopeCodec codec, byte[] own) {
        MessageFormat format = codec.format();
        int flags = Envelope.PERSISTENT;
        flags |= format.timeToLive(own, 0, own.length) >= 0 ? Envelope.EXPIRES : 0;
        flags |= format.priority(own, 0, own.length) >= 0 ? Envelope.PRIORITY : 0;
        return flags;
    }

    private static Envelope wrap(byte[] header, EnvelopeCodec codec, int flags) {
        Message bare = new Message().header(codec, header, 0, header.length, flags);
        Envelope envelope = Envelope.of(bare);
        if (envelope == null) {
            throw new IllegalStateException("an envelope that cannot be read back");
        }
        return envelope;
    }

    /** Of a kept message; one of another protocol gets the first. */
    static Envelope envelope(KeptMessage kept, EnvelopeCodec codec) {
        Envelope known = Envelope.of(kept);
        return known != null
                ? known
                : envelope(
                        kept.lendTo(new Message()),
                        codec,
                        VirtualHost.AMQ_TOPIC,
                        kept.subject().toString());
    }

    /** The same message with other annotations. */
    static KeptMessage annotated(
            KeptMessage kept,
            Envelope envelope,
            Map<String, @Nullable Object> annotations,
            int flags) {
        return moved(
                kept, envelope, envelope.exchange(), envelope.routingKey(), annotations, flags);
    }

    /** The same message, published elsewhere. */
    static KeptMessage moved(
            KeptMessage kept,
            Envelope envelope,
            String exchange,
            String key,
            Map<String, @Nullable Object> annotations,
            int flags) {
        byte[] own =
                java.util.Arrays.copyOfRange(
                        envelope.bytes(),
                        envelope.ownOffset(),
                        envelope.ownOffset() + envelope.ownLength());
        byte[] header = Envelope.write(exchange, key, annotations, own);
        int marked =
                annotations.isEmpty() ? flags & ~Envelope.ANNOTATED : flags | Envelope.ANNOTATED;
        Message copy = kept.lendTo(new Message());
        Message moved =
                new Message()
                        .begin(
                                io.polymq.core.subject.Subject.ofDotted(key),
                                copy.payload(),
                                copy.payloadOffset(),
                                copy.payloadLength())
                        .publisher(copy.publisher())
                        .header(envelope.codec(), header, 0, header.length, marked);
        return moved.keep();
    }
}
