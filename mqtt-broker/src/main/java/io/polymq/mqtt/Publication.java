package io.polymq.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.polymq.codec.mqtt.Properties;
import io.polymq.codec.mqtt.Property;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Origin;
import io.polymq.core.subject.Subject;
import java.util.Arrays;

/**
 * A message that the broker itself publishes: a will, a delayed one, a {@code $SYS} value. Shared,
 * immutable.
 *
 * @param header as {@link MqttHeader} has it
 */
record Publication(Subject subject, byte[] payload, byte[] header, int flags) {

    /** The properties of a will or PUBLISH, their expiry counted from now on. */
    static Publication of(
            String topic,
            byte[] payload,
            int qos,
            boolean retain,
            Properties properties,
            long nowMillis) {
        long expiry = properties.number(Property.MESSAGE_EXPIRY_INTERVAL, -1);
        ByteBuf out = Unpooled.buffer(64);
        int flags = qos | (retain ? MqttHeader.RETAIN : 0);
        if (expiry >= 0) {
            flags |= MqttHeader.EXPIRES;
            out.writeLong(nowMillis + expiry * 1000);
        }
        properties
                .without(Property.MESSAGE_EXPIRY_INTERVAL)
                .without(Property.WILL_DELAY_INTERVAL)
                .encode(out);
        return new Publication(Subject.ofSlashed(topic), payload, ByteBufUtil.getBytes(out), flags);
    }

    int bytes() {
        return subject.dotted().length + header.length + payload.length;
    }

    Publication to(Subject other) {
        return new Publication(other, payload, header, flags);
    }

    Message lendTo(Message message) {
        return message.begin(subject, payload, 0, payload.length)
                .header(MqttHeader.CODEC, header, 0, header.length, flags);
    }

    /**
     * Any message, in MQTT's words.
     *
     * @param now from when a protocol counts that says how long a message is worth something
     */
    static Publication of(Message message, long now) {
        byte[] payload =
                Arrays.copyOfRange(
                        message.payload(),
                        message.payloadOffset(),
                        message.payloadOffset() + message.payloadLength());
        if (message.isNativeTo(MqttHeader.CODEC)) {
            byte[] header =
                    Arrays.copyOfRange(
                            message.header(),
                            message.headerOffset(),
                            message.headerOffset() + message.headerLength());
            return new Publication(message.subject(), payload, header, message.flags());
        }
        byte[] properties = MqttHeader.encode(message.properties());
        long expiresAt = message.expiresAt(now);
        if (expiresAt < 0) {
            return new Publication(message.subject(), payload, properties, 1);
        }
        byte[] header = new byte[MqttHeader.EXPIRY_BYTES + properties.length];
        MqttHeader.putLong(header, 0, expiresAt);
        System.arraycopy(properties, 0, header, MqttHeader.EXPIRY_BYTES, properties.length);
        return new Publication(message.subject(), payload, header, 1 | MqttHeader.EXPIRES);
    }

    KeptMessage keep() {
        return lendTo(new Message()).keep();
    }

    /** With the name by which it is recognised when its client hands it over again. */
    KeptMessage keep(Origin origin) {
        return lendTo(new Message()).origin(origin).keep();
    }
}
