package io.polymq.amqp.v1.message;

import io.netty.buffer.ByteBuf;
import io.polymq.amqp.model.Envelope;
import io.polymq.amqp.model.EnvelopeCodec;
import io.polymq.codec.amqp.BasicProperties;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes kept messages as sections of AMQP 1.0, whatever protocol they came by. What came by AMQP
 * 1.0 keeps its bare message byte for byte; header and message annotations are the broker's to
 * write. {@link Incoming} is the other direction. Not thread-safe: one for each thread.
 */
public final class MessageCodec {

    private static final byte[] SUBJECTS = "amq.topic".getBytes(StandardCharsets.US_ASCII);

    private final EnvelopeCodec codec;
    private final OwnBytes own = new OwnBytes();
    private final Message lent = new Message();

    /**
     * @param codec whose messages are AMQP 1.0's
     */
    public MessageCodec(EnvelopeCodec codec) {
        if (!isOwn(codec)) {
            throw new IllegalArgumentException("not the envelopes of AMQP 1.0");
        }
        this.codec = codec;
    }

    /** Envelopes around messages of AMQP 1.0. A broker has one, which tells its messages. */
    public static EnvelopeCodec newEnvelopeCodec() {
        return new EnvelopeCodec(new V1Format());
    }

    /** Whether these are envelopes around messages of AMQP 1.0. */
    public static boolean isOwn(EnvelopeCodec codec) {
        return codec.format() instanceof V1Format;
    }

    /**
     * How AMQP 0-9-1 has a message of AMQP 1.0.
     *
     * @param now milliseconds since 1970
     * @return null when the envelope holds none that can be read
     */
    public static @Nullable ToBasic toBasic(
            Envelope envelope, byte[] payload, int offset, int length, long now) {
        OwnBytes own = new OwnBytes();
        return own.over(envelope.bytes(), envelope.ownOffset(), envelope.ownLength())
                ? ToBasic.of(own, envelope.flags(), payload, offset, length, now)
                : null;
    }

    /**
     * Writes a message for a receiver.
     *
     * @param deliveryCount how many attempts have failed before
     * @param firstAcquirer whether nobody can have had it before
     * @param ttl milliseconds that are left of its time to live, -1 for ever
     * @param annotations further message annotations of this delivery
     */
    public void encode(
            KeptMessage message,
            long deliveryCount,
            boolean firstAcquirer,
            long ttl,
            Map<String, @Nullable Object> annotations,
            ByteBuf out) {
        byte[] header = message.header();
        byte[] payload = message.payload();
        boolean ours = message.headerCodec() == codec;
        int ownAt = ours ? Envelope.ownOffset(header, 0, header.length) : -1;
        if (ownAt < 0 || !own.over(header, ownAt, header.length - ownAt)) {
            foreign(message, deliveryCount, firstAcquirer, ttl, annotations, out);
            return;
        }
        SectionWriter.header(out, own.header(), ttl, firstAcquirer, deliveryCount);
        Map<String, @Nullable Object> more = annotations;
        if ((message.flags() & Envelope.ANNOTATED) != 0) {
            Envelope envelope = Envelope.of(message);
            more = envelope == null ? annotations : added(envelope, annotations);
        }
        SectionWriter.annotations(out, own, more, header, 0);
        own.writeBare(out, payload, 0, payload.length);
    }

    /** Writes a message that the broker itself has put together: a value with few properties. */
    public static void encode(
            @Nullable String subject,
            @Nullable Object correlationId,
            Map<String, @Nullable Object> applicationProperties,
            @Nullable Object value,
            ByteBuf out) {
        new Properties(
                        null,
                        null,
                        null,
                        subject,
                        null,
                        correlationId,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null)
                .write(out);
        SectionWriter.applicationProperties(out, applicationProperties);
        SectionWriter.value(out, value);
    }

    private void foreign(
            KeptMessage message,
            long deliveryCount,
            boolean firstAcquirer,
            long ttl,
            Map<String, @Nullable Object> annotations,
            ByteBuf out) {
        Envelope envelope = Envelope.of(message);
        BasicProperties basic = basic(envelope);
        Sections sections = sections(message, basic);
        SectionWriter.header(out, sections.header(), ttl, firstAcquirer, deliveryCount);
        Map<String, @Nullable Object> more = new LinkedHashMap<>(sections.annotations());
        more.putAll(envelope == null ? annotations : added(envelope, annotations));
        more.remove("x-exchange");
        more.remove("x-routing-key");
        byte[] names = envelope == null ? names(message) : message.header();
        SectionWriter.annotations(out, null, more, names, 0);
        sections.properties().write(out);
        SectionWriter.applicationProperties(out, sections.applicationProperties());
        byte[] payload = message.payload();
        if (basic != null && FromBasic.isEncoded(basic, payload, 0, payload.length)) {
            out.writeBytes(payload);
        } else {
            SectionWriter.data(out, payload, 0, payload.length);
        }
    }

    /** The properties of 0-9-1; null when the message has others. */
    private static @Nullable BasicProperties basic(@Nullable Envelope envelope) {
        return envelope == null || isOwn(envelope.codec())
                ? null
                : FromBasic.read(envelope.bytes(), envelope.ownOffset(), envelope.ownLength());
    }

    private Sections sections(KeptMessage message, @Nullable BasicProperties basic) {
        return basic != null
                ? FromBasic.sections(basic)
                : NeutralForm.sections(message.lendTo(lent).properties());
    }

    /** What stands in front of a message's body, for filters. */
    public Sections sections(KeptMessage message) {
        byte[] header = message.header();
        int ownAt =
                message.headerCodec() == codec ? Envelope.ownOffset(header, 0, header.length) : -1;
        return ownAt >= 0 && own.over(header, ownAt, header.length - ownAt)
                ? own.sections()
                : sections(message, basic(Envelope.of(message)));
    }

    private static Map<String, @Nullable Object> added(
            Envelope envelope, Map<String, @Nullable Object> annotations) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        envelope.annotations()
                .forEach(
                        (name, value) -> {
                            if (!name.equals(DeathRecords.CLASSIC)) {
                                all.put(name, Conversion.fromField(value));
                            } else if (DeathRecords.of(value) instanceof Object deaths) {
                                all.put(DeathRecords.ANNOTATION, deaths);
                            }
                        });
        all.putAll(annotations);
        return all;
    }

    /** Where a message is from that came through no exchange, as an envelope would begin. */
    private static byte[] names(KeptMessage message) {
        byte[] key = message.subject().toString().getBytes(StandardCharsets.UTF_8);
        int length = Math.min(key.length, Conversion.SHORT_STRING);
        byte[] names = new byte[2 + SUBJECTS.length + length];
        names[0] = (byte) SUBJECTS.length;
        System.arraycopy(SUBJECTS, 0, names, 1, SUBJECTS.length);
        names[1 + SUBJECTS.length] = (byte) length;
        System.arraycopy(key, 0, names, 2 + SUBJECTS.length, length);
        return names;
    }
}
