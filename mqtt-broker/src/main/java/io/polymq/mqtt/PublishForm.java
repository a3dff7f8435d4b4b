package io.polymq.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.polymq.codec.mqtt.Property;
import io.polymq.codec.mqtt.Wire;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.WireForm;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Subject;
import io.polymq.network.Outbox;
import java.time.InstantSource;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A message as PUBLISH packets: everything in front of the payload, encoded once per (version, QoS,
 * retain) and copied into each receiver's outbox. What differs from receiver to receiver (packet
 * identifier, DUP) is set behind the copy; a subscription identifier or a topic alias makes an
 * encoding of its own. Zone of the thread that routes the message.
 */
final class PublishForm extends WireForm {

    /** Payloads from here on are linked, not copied. */
    private static final int LINKED = 64 << 10;

    /** Bits of {@code how}: the QoS in the lowest two, then these. */
    static final int RETAIN = 4;

    static final int V5 = 8;
    static final int DUP = 16;

    private final Prefix[] prefixes = new Prefix[16];
    private final Prefix single = new Prefix();

    private Subject subject = Subject.EMPTY;
    private byte[] topic = new byte[0];
    private boolean spelled;
    private byte[] properties = new byte[0];
    private int propertiesAt;
    private int propertiesLength;
    private long expiresAt;
    private @Nullable KeptMessage kept;
    private int secondsLeft;
    private int hidden;

    private static final class Prefix {
        byte[] bytes = new byte[64];
        int length;
        int idAt;
        boolean valid;
    }

    private PublishForm() {
        super(MqttHeader.CODEC);
        for (int i = 0; i < prefixes.length; i++) {
            prefixes[i] = new Prefix();
        }
    }

    /** The form of what is being routed. */
    static PublishForm of(Message message, InstantSource clock) {
        PublishForm form =
                message.form(MqttHeader.CODEC) instanceof PublishForm known
                        ? known
                        : new PublishForm();
        if (!message.isCurrent(form)) {
            form.fill(message, clock);
        }
        return form;
    }

    /**
     * A copy to be delivered later: when another protocol says how long a message is worth
     * something, that is counted from now.
     */
    static KeptMessage keep(Message message, InstantSource clock) {
        if (message.isNativeTo(MqttHeader.CODEC) || message.expiresAt(0) < 0) {
            return message.keep();
        }
        PublishForm form = of(message, clock);
        KeptMessage copy = form.kept;
        if (copy == null) {
            copy = Publication.of(message, clock.millis()).keep();
            form.kept = copy;
        }
        return copy;
    }

    private void fill(Message message, InstantSource clock) {
        if (message.form(MqttHeader.CODEC) == null) {
            message.attach(this);
        }
        message.filled(this);
        for (Prefix prefix : prefixes) {
            prefix.valid = false;
        }
        subject = message.subject();
        spelled = Dialect.MQTT.canSpell(subject);
        topic = subject.slashed();
        long now = clock.millis();
        expiresAt = MqttHeader.expiresAt(message, now);
        secondsLeft = expiresAt < 0 ? -1 : secondsLeft(expiresAt, now);
        kept = null;
        hidden = 0;
        if (message.isNativeTo(MqttHeader.CODEC)) {
            int skip = (message.flags() & MqttHeader.EXPIRES) == 0 ? 0 : MqttHeader.EXPIRY_BYTES;
            properties = message.header();
            propertiesAt = message.headerOffset() + skip;
            propertiesLength = message.headerLength() - skip;
        } else {
            properties = MqttHeader.encode(message.properties());
            propertiesAt = 0;
            propertiesLength = properties.length;
        }
    }

    private static int secondsLeft(long expiresAt, long nowMillis) {
        long left = (expiresAt - nowMillis + 999) / 1000;
        return (int) Math.clamp(left, 0, 0xFFFF_FFFFL);
    }

    boolean isExpired(InstantSource clock) {
        return expiresAt >= 0 && clock.millis() > expiresAt;
    }

    Subject subject() {
        return subject;
    }

    /**
     * Leaves the mount point of the next receiver out of the topic.
     *
     * @return false when it is not there, so that the message is not the receiver's
     */
    boolean hide(byte[] mountPoint) {
        int length = mountPoint.length;
        boolean there =
                topic.length > length && Arrays.equals(topic, 0, length, mountPoint, 0, length);
        hidden = there ? length : 0;
        return there;
    }

    /**
     * Appends one PUBLISH.
     *
     * @param how QoS, retain, version and DUP as bits
     * @param subscriptionId 0 for none
     * @param packetId 0 for none
     * @param alias 0 for none; negative: the alias is made known with the topic, positive: it
     *     stands for it
     * @param maxPacket the receiver's limit
     * @return the packet's size, 0 when the receiver cannot take it
     */
    int write(
            Outbox outbox,
            Message message,
            int how,
            int subscriptionId,
            int packetId,
            int alias,
            int maxPacket) {
        int cut = hidden;
        hidden = 0;
        if (!spelled) {
            return 0;
        }
        int payloadLength = message.payloadLength();
        Prefix prefix = single;
        if (subscriptionId == 0 && alias == 0 && cut == 0) {
            prefix = prefixes[how & 15];
            if (!prefix.valid) {
                build(prefix, payloadLength, how, 0, 0, 0);
            }
        } else {
            build(prefix, payloadLength, how, subscriptionId, alias, cut);
        }
        int size = prefix.length + payloadLength;
        if (size > maxPacket || size > Wire.MAX_VARIABLE) {
            return 0;
        }
        boolean linked = payloadLength >= LINKED;
        ByteBuf payload =
                linked ? Unpooled.wrappedBuffer(message.keep().payload()) : Unpooled.EMPTY_BUFFER;
        ByteBuf out = outbox.begin(linked ? prefix.length : size);
        try {
            int start = out.writerIndex();
            out.writeBytes(prefix.bytes, 0, prefix.length);
            if ((how & DUP) != 0) {
                out.setByte(start, prefix.bytes[0] | 8);
            }
            if (packetId != 0) {
                out.setShort(start + prefix.idAt, packetId);
            }
            if (linked) {
                outbox.link(payload);
            } else {
                out.writeBytes(message.payload(), message.payloadOffset(), payloadLength);
            }
        } finally {
            outbox.end();
        }
        return size;
    }

    private void build(
            Prefix into, int payloadLength, int how, int subscriptionId, int alias, int cut) {
        boolean v5 = (how & V5) != 0;
        int qos = how & 3;
        int topicLength = alias > 0 ? 0 : topic.length - cut;
        int all = v5 ? ownPropertiesLength(subscriptionId, alias) + propertiesLength : 0;
        int remaining = 2 + topicLength + (qos > 0 ? 2 : 0) + all + payloadLength;
        remaining += v5 ? Wire.variableLength(all) : 0;
        int capacity = 5 + remaining - payloadLength;
        if (into.bytes.length < capacity) {
            into.bytes = new byte[Integer.highestOneBit(capacity) * 2];
        }
        byte[] out = into.bytes;
        out[0] = (byte) (0x30 | qos << 1 | ((how & RETAIN) != 0 ? 1 : 0));
        int at = Wire.putVariable(out, 1, remaining);
        out[at++] = (byte) (topicLength >> 8);
        out[at++] = (byte) topicLength;
        System.arraycopy(topic, cut, out, at, topicLength);
        at += topicLength;
        into.idAt = at;
        at += qos > 0 ? 2 : 0;
        if (v5) {
            at = Wire.putVariable(out, at, all);
            at = putOwnProperties(out, at, subscriptionId, alias);
            System.arraycopy(properties, propertiesAt, out, at, propertiesLength);
            at += propertiesLength;
        }
        into.length = at;
        into.valid = true;
    }

    private int ownPropertiesLength(int subscriptionId, int alias) {
        int length = expiresAt < 0 ? 0 : 5;
        length += subscriptionId == 0 ? 0 : 1 + Wire.variableLength(subscriptionId);
        return length + (alias == 0 ? 0 : 3);
    }

    private int putOwnProperties(byte[] out, int from, int subscriptionId, int alias) {
        int at = from;
        if (expiresAt >= 0) {
            out[at++] = (byte) Property.MESSAGE_EXPIRY_INTERVAL.id();
            for (int shift = 24; shift >= 0; shift -= 8) {
                out[at++] = (byte) (secondsLeft >> shift);
            }
        }
        if (subscriptionId != 0) {
            out[at++] = (byte) Property.SUBSCRIPTION_IDENTIFIER.id();
            at = Wire.putVariable(out, at, subscriptionId);
        }
        if (alias != 0) {
            int value = Math.abs(alias);
            out[at++] = (byte) Property.TOPIC_ALIAS.id();
            out[at++] = (byte) (value >> 8);
            out[at++] = (byte) value;
        }
        return at;
    }
}
