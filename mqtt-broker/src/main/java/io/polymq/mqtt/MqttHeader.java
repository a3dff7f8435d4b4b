package io.polymq.mqtt;

import io.polymq.codec.mqtt.MqttCodecException;
import io.polymq.codec.mqtt.PacketType;
import io.polymq.codec.mqtt.Property;
import io.polymq.codec.mqtt.PropertyCursor;
import io.polymq.codec.mqtt.TextRules;
import io.polymq.core.message.HeaderCodec;
import io.polymq.core.message.Message;
import io.polymq.core.message.MessageProperties;
import io.polymq.core.message.MessageProperties.Header;
import io.polymq.core.subject.Subject;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A message's header as MQTT keeps it: the encoded properties of its PUBLISH without topic alias,
 * expiry and subscription identifiers; with {@link #EXPIRES} the moment of expiry stands in front
 * of them, eight bytes of milliseconds; with {@link #SIGNED} {@link RetainSource} stands in front
 * of all. Shared, stateless.
 */
final class MqttHeader implements HeaderCodec {

    static final MqttHeader CODEC = new MqttHeader();

    static final int QOS = 3;
    static final int RETAIN = 4;
    static final int EXPIRES = 8;
    static final int SIGNED = 16;
    static final int EXPIRY_BYTES = 8;

    /** The user property in which a foreign message's identifier travels. */
    static final String MESSAGE_ID = "message-id";

    private MqttHeader() {}

    @Override
    public String protocol() {
        return "mqtt";
    }

    /** The QoS that it was published with; other protocols' messages count as QoS 1. */
    static int qos(Message message) {
        return message.isNativeTo(CODEC) ? message.flags() & QOS : 1;
    }

    static boolean retain(Message message) {
        return message.isNativeTo(CODEC) && (message.flags() & RETAIN) != 0;
    }

    /**
     * Milliseconds since 1970, -1 for never.
     *
     * @param now from when a protocol counts that says how long
     */
    static long expiresAt(Message message, long now) {
        if (!message.isNativeTo(CODEC)) {
            return message.expiresAt(now);
        }
        return (message.flags() & EXPIRES) == 0
                ? -1
                : readLong(message.header(), message.headerOffset());
    }

    static long readLong(byte[] bytes, int at) {
        long value = 0;
        for (int i = 0; i < 8; i++) {
            value = value << 8 | bytes[at + i] & 0xFF;
        }
        return value;
    }

    static void putLong(byte[] bytes, int at, long value) {
        for (int i = 0; i < 8; i++) {
            bytes[at + i] = (byte) (value >> 56 - 8 * i);
        }
    }

    @Override
    public MessageProperties decode(byte[] header, int offset, int length, int flags) {
        if ((flags & SIGNED) != 0) {
            int signed = RetainSource.length(header, offset, length);
            return decode(header, offset + signed, length - signed, flags & ~SIGNED);
        }
        int skip = (flags & EXPIRES) == 0 ? 0 : EXPIRY_BYTES;
        if (length < skip) {
            return MessageProperties.NONE;
        }
        long expiresAt = skip == 0 ? -1 : readLong(header, offset);
        String contentType = null;
        byte[] correlation = null;
        String replyTo = null;
        String messageId = null;
        List<Header> headers = new ArrayList<>();
        PropertyCursor cursor = new PropertyCursor();
        cursor.over(header, offset + skip, offset + length, PacketType.PUBLISH);
        try {
            while (cursor.next()) {
                int at = cursor.dataAt();
                int size = cursor.dataLength();
                switch (cursor.property()) {
                    case CONTENT_TYPE -> contentType = text(header, at, size);
                    case RESPONSE_TOPIC -> replyTo = Subject.ofSlashed(header, at, size).toString();
                    case CORRELATION_DATA ->
                            correlation = Arrays.copyOfRange(header, at, at + size);
                    case USER_PROPERTY -> {
                        String name = text(header, at, size);
                        int from = cursor.secondAt();
                        int to = from + cursor.secondLength();
                        if (name.equals(MESSAGE_ID) && messageId == null) {
                            messageId = text(header, from, to - from);
                        } else {
                            headers.add(new Header(name, Arrays.copyOfRange(header, from, to)));
                        }
                    }
                    default -> {
                        // has no neutral counterpart
                    }
                }
            }
        } catch (MqttCodecException e) {
            // a stored header that is damaged counts as far as it could be read
            headers.add(new Header("mqtt-header-damaged", null));
        }
        return new MessageProperties(
                contentType,
                correlation,
                replyTo,
                messageId,
                -1,
                expiresAt,
                -1,
                (flags & QOS) > 0,
                headers);
    }

    private static String text(byte[] bytes, int at, int length) {
        return new String(bytes, at, length, StandardCharsets.UTF_8);
    }

    /** Properties of another protocol's message as MQTT 5 writes them, without expiry. */
    static byte[] encode(MessageProperties properties) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(64);
        String contentType = properties.contentType();
        if (contentType != null) {
            field(out, Property.CONTENT_TYPE, contentType.getBytes(StandardCharsets.UTF_8));
        }
        String replyTo = properties.replyTo();
        if (replyTo != null) {
            byte[] topic = Subject.ofDotted(replyTo).slashed();
            field(out, Property.RESPONSE_TOPIC, topic);
        }
        byte[] correlation = properties.correlation();
        if (correlation != null && correlation.length <= 65_535) {
            out.write(Property.CORRELATION_DATA.id());
            write(out, correlation);
        }
        String messageId = properties.messageId();
        if (messageId != null) {
            pair(out, MESSAGE_ID, messageId.getBytes(StandardCharsets.UTF_8));
        }
        for (Header header : properties.headers()) {
            pair(out, header.name(), header.value());
        }
        return out.toByteArray();
    }

    private static void field(ByteArrayOutputStream out, Property property, byte[] text) {
        if (isText(text)) {
            out.write(property.id());
            write(out, text);
        }
    }

    /** A header that is not text has no words in MQTT and is left out. */
    private static void pair(ByteArrayOutputStream out, String name, byte @Nullable [] value) {
        byte[] key = name.getBytes(StandardCharsets.UTF_8);
        byte[] text = value == null ? new byte[0] : value;
        if (isText(key) && isText(text)) {
            out.write(Property.USER_PROPERTY.id());
            write(out, key);
            write(out, text);
        }
    }

    private static boolean isText(byte[] bytes) {
        return bytes.length <= 65_535 && TextRules.isText(bytes, 0, bytes.length, false);
    }

    private static void write(ByteArrayOutputStream out, byte[] bytes) {
        out.write(bytes.length >> 8);
        out.write(bytes.length);
        out.write(bytes, 0, bytes.length);
    }
}
