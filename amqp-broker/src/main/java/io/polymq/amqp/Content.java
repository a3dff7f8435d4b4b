package io.polymq.amqp;

import io.netty.buffer.ByteBuf;
import io.polymq.amqp.model.AmqpQueue;
import io.polymq.amqp.model.Envelope;
import io.polymq.amqp.model.EnvelopeCodec;
import io.polymq.amqp.model.QueueDefinition;
import io.polymq.amqp.v1.message.MessageCodec;
import io.polymq.amqp.v1.message.ToBasic;
import io.polymq.codec.amqp.AmqpException;
import io.polymq.codec.amqp.BasicMethod;
import io.polymq.codec.amqp.BasicProperties;
import io.polymq.codec.amqp.ContentHeader;
import io.polymq.codec.amqp.FieldTable;
import io.polymq.codec.amqp.Frame;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.queue.QueuedMessage;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A message as it is written to a client: two short strings, exchange and routing key, property
 * bytes, a body. What came from a client of this dialect is passed on as it was written; else the
 * properties are put together anew. Filled again for each message; one thread.
 */
final class Content {

    private static final int DELIVER = 60;
    private static final int REWRITTEN = Envelope.ANNOTATED | Envelope.EXPIRY_DROPPED;

    private final EnvelopeCodec codec;
    private final InstantSource clock;
    private final Message lent = new Message();
    private byte[] names = {0, 0};
    private int namesLength = 2;
    private byte[] own = {0, 0};
    private int ownOffset;
    private int ownLength = 2;
    private byte[] payload = {};
    private int payloadOffset;
    private int payloadLength;

    Content(EnvelopeCodec codec, InstantSource clock) {
        this.codec = codec;
        this.clock = clock;
    }

    /** Headers that belong to a message's place in its queue. */
    static Map<String, @Nullable Object> added(AmqpQueue queue, QueuedMessage message) {
        Map<String, @Nullable Object> noted = queue.notes().of(message.offset());
        boolean counts =
                message.deliveries() > 1
                        && queue.definition().type() == QueueDefinition.Type.QUORUM;
        if (!counts) {
            return noted;
        }
        long failed = (long) message.deliveries() - 1;
        if (noted.isEmpty()) {
            return Map.of("x-delivery-count", failed);
        }
        Map<String, @Nullable Object> all = new LinkedHashMap<>(noted);
        all.put("x-delivery-count", failed);
        return all;
    }

    /**
     * @param extra headers that the broker adds for this delivery
     */
    Content of(KeptMessage message, Map<String, @Nullable Object> extra) {
        payload = message.payload();
        payloadOffset = 0;
        payloadLength = payload.length;
        if (message.headerCodec() == codec
                && extra.isEmpty()
                && (message.flags() & REWRITTEN) == 0) {
            byte[] header = message.header();
            int key = 1 + (header[0] & 0xFF);
            names = header;
            namesLength = key + 1 + (header[key] & 0xFF);
            own = header;
            ownOffset = namesLength + 4;
            ownLength = header.length - ownOffset;
            return this;
        }
        return rewritten(message.lendTo(lent), extra);
    }

    /** Of a borrowed message, valid as long as that. */
    Content of(Message message, Map<String, @Nullable Object> extra) {
        payload = message.payload();
        payloadOffset = message.payloadOffset();
        payloadLength = message.payloadLength();
        return rewritten(message, extra);
    }

    private Content rewritten(Message message, Map<String, @Nullable Object> extra) {
        Envelope envelope = Envelope.of(message);
        String exchange = envelope == null ? "amq.topic" : envelope.exchange();
        String key = envelope == null ? message.subject().toString() : envelope.routingKey();
        names(exchange, key);
        byte[] properties;
        Map<String, @Nullable Object> added = new LinkedHashMap<>();
        int flags = 0;
        if (envelope == null) {
            properties = codec.format().write(message.properties());
        } else {
            added.putAll(envelope.annotations());
            flags = envelope.flags();
            properties =
                    envelope.codec() == codec
                            ? java.util.Arrays.copyOfRange(
                                    envelope.bytes(),
                                    envelope.ownOffset(),
                                    envelope.ownOffset() + envelope.ownLength())
                            : converted(envelope);
        }
        added.putAll(extra);
        if (!added.isEmpty() || (flags & REWRITTEN) != 0) {
            properties = changed(properties, added, flags);
        }
        own = properties;
        ownOffset = 0;
        ownLength = properties.length;
        return this;
    }

    /** Of AMQP 1.0, whose bodies of other than plain bytes are another payload here. */
    private byte[] converted(Envelope envelope) {
        ToBasic basic =
                MessageCodec.toBasic(
                        envelope, payload, payloadOffset, payloadLength, clock.millis());
        if (basic == null) {
            return BasicProperties.NONE.encode();
        }
        byte[] body = basic.payload();
        if (body != null) {
            payload = body;
            payloadOffset = 0;
            payloadLength = body.length;
        }
        return basic.properties();
    }

    private void names(String exchange, String key) {
        byte[] first = exchange.getBytes(StandardCharsets.UTF_8);
        byte[] second = key.getBytes(StandardCharsets.UTF_8);
        int firstLength = Math.min(255, first.length);
        int secondLength = Math.min(255, second.length);
        byte[] both = new byte[2 + firstLength + secondLength];
        both[0] = (byte) firstLength;
        System.arraycopy(first, 0, both, 1, firstLength);
        both[1 + firstLength] = (byte) secondLength;
        System.arraycopy(second, 0, both, 2 + firstLength, secondLength);
        names = both;
        namesLength = both.length;
    }

    private static byte[] changed(
            byte[] properties, Map<String, @Nullable Object> added, int flags) {
        try {
            BasicProperties basic = BasicProperties.decode(properties, 0, properties.length);
            Map<String, @Nullable Object> headers = new LinkedHashMap<>();
            FieldTable before = basic.headers();
            if (before != null) {
                headers.putAll(before.entries());
            }
            if ((flags & Envelope.CC_DONE) != 0) {
                headers.remove("CC");
            }
            headers.putAll(added);
            String expiration = (flags & Envelope.EXPIRY_DROPPED) != 0 ? null : basic.expiration();
            return basic.with(headers.isEmpty() ? null : FieldTable.of(headers), expiration)
                    .encode();
        } catch (AmqpException unreadable) {
            return properties;
        }
    }

    int payloadLength() {
        return payloadLength;
    }

    /** The bytes of a whole delivery. */
    int deliverSize(int tagLength, int frameMax) {
        return Frame.OVERHEAD + 4 + 1 + tagLength + 8 + 1 + namesLength + contentSize(frameMax);
    }

    private int contentSize(int frameMax) {
        return ContentHeader.frameSize(ownLength) + ContentHeader.bodySize(payloadLength, frameMax);
    }

    /** Writes basic.deliver with header and body. */
    void deliver(
            ByteBuf out,
            int channel,
            byte[] consumer,
            long tag,
            boolean redelivered,
            int frameMax) {
        out.writeByte(Frame.METHOD).writeShort(channel);
        out.writeInt(4 + 1 + consumer.length + 8 + 1 + namesLength);
        out.writeShort(BasicMethod.CLASS_ID).writeShort(DELIVER);
        out.writeByte(consumer.length).writeBytes(consumer).writeLong(tag);
        out.writeByte(redelivered ? 1 : 0).writeBytes(names, 0, namesLength);
        out.writeByte(Frame.END);
        content(out, channel, frameMax);
    }

    /** The bytes of a whole answer to a get. */
    int getSize(int frameMax) {
        return Frame.OVERHEAD + 4 + 8 + 1 + namesLength + 4 + contentSize(frameMax);
    }

    /** Writes basic.get-ok with header and body. */
    void got(ByteBuf out, int channel, long tag, boolean redelivered, long left, int frameMax) {
        out.writeByte(Frame.METHOD).writeShort(channel).writeInt(4 + 8 + 1 + namesLength + 4);
        out.writeShort(BasicMethod.CLASS_ID).writeShort(71).writeLong(tag);
        out.writeByte(redelivered ? 1 : 0).writeBytes(names, 0, namesLength);
        out.writeInt((int) left).writeByte(Frame.END);
        content(out, channel, frameMax);
    }

    private void content(ByteBuf out, int channel, int frameMax) {
        ContentHeader.write(out, channel, payloadLength, own, ownOffset, ownLength);
        ContentHeader.writeBody(out, channel, payload, payloadOffset, payloadLength, frameMax);
    }
}
