package io.polymq.codec.mqtt;

import static io.polymq.codec.mqtt.PacketType.AUTH;
import static io.polymq.codec.mqtt.PacketType.CONNACK;
import static io.polymq.codec.mqtt.PacketType.CONNECT;
import static io.polymq.codec.mqtt.PacketType.DISCONNECT;
import static io.polymq.codec.mqtt.PacketType.PUBACK;
import static io.polymq.codec.mqtt.PacketType.PUBCOMP;
import static io.polymq.codec.mqtt.PacketType.PUBLISH;
import static io.polymq.codec.mqtt.PacketType.PUBREC;
import static io.polymq.codec.mqtt.PacketType.PUBREL;
import static io.polymq.codec.mqtt.PacketType.SUBACK;
import static io.polymq.codec.mqtt.PacketType.SUBSCRIBE;
import static io.polymq.codec.mqtt.PacketType.UNSUBACK;
import static io.polymq.codec.mqtt.PacketType.UNSUBSCRIBE;
import static io.polymq.codec.mqtt.PacketType.WILL;

import org.jspecify.annotations.Nullable;

/**
 * The properties of MQTT 5 (2.2.2.2): their values' form and the packets that may carry them. They
 * are written in the order in which they stand here, which means nothing; in CONNACK it is that of
 * Mosquitto, whose tests compare bytes.
 */
public enum Property {
    TOPIC_ALIAS_MAXIMUM(0x22, Form.TWO_BYTES, Range.ANY, CONNECT, CONNACK),
    PAYLOAD_FORMAT_INDICATOR(0x01, Form.BYTE, Range.FLAG, PUBLISH, WILL),
    MESSAGE_EXPIRY_INTERVAL(0x02, Form.FOUR_BYTES, Range.ANY, PUBLISH, WILL),
    CONTENT_TYPE(0x03, Form.TEXT, Range.ANY, PUBLISH, WILL),
    RESPONSE_TOPIC(0x08, Form.TEXT, Range.TOPIC, PUBLISH, WILL),
    CORRELATION_DATA(0x09, Form.DATA, Range.ANY, PUBLISH, WILL),
    SUBSCRIPTION_IDENTIFIER(0x0B, Form.VARIABLE, Range.NOT_ZERO, PUBLISH, SUBSCRIBE),
    SESSION_EXPIRY_INTERVAL(0x11, Form.FOUR_BYTES, Range.ANY, CONNECT, CONNACK, DISCONNECT),
    ASSIGNED_CLIENT_IDENTIFIER(0x12, Form.TEXT, Range.ANY, CONNACK),
    SERVER_KEEP_ALIVE(0x13, Form.TWO_BYTES, Range.ANY, CONNACK),
    AUTHENTICATION_METHOD(0x15, Form.TEXT, Range.ANY, CONNECT, CONNACK, AUTH),
    AUTHENTICATION_DATA(0x16, Form.DATA, Range.ANY, CONNECT, CONNACK, AUTH),
    REQUEST_PROBLEM_INFORMATION(0x17, Form.BYTE, Range.FLAG, CONNECT),
    WILL_DELAY_INTERVAL(0x18, Form.FOUR_BYTES, Range.ANY, WILL),
    REQUEST_RESPONSE_INFORMATION(0x19, Form.BYTE, Range.FLAG, CONNECT),
    RESPONSE_INFORMATION(0x1A, Form.TEXT, Range.ANY, CONNACK),
    SERVER_REFERENCE(0x1C, Form.TEXT, Range.ANY, CONNACK, DISCONNECT),
    REASON_STRING(
            0x1F,
            Form.TEXT,
            Range.ANY,
            CONNACK,
            PUBACK,
            PUBREC,
            PUBREL,
            PUBCOMP,
            SUBACK,
            UNSUBACK,
            DISCONNECT,
            AUTH),
    TOPIC_ALIAS(0x23, Form.TWO_BYTES, Range.NOT_ZERO, PUBLISH),
    RETAIN_AVAILABLE(0x25, Form.BYTE, Range.FLAG, CONNACK),
    USER_PROPERTY(
            0x26,
            Form.TEXT_PAIR,
            Range.ANY,
            CONNECT,
            CONNACK,
            PUBLISH,
            WILL,
            PUBACK,
            PUBREC,
            PUBREL,
            PUBCOMP,
            SUBSCRIBE,
            SUBACK,
            UNSUBSCRIBE,
            UNSUBACK,
            DISCONNECT,
            AUTH),
    MAXIMUM_PACKET_SIZE(0x27, Form.FOUR_BYTES, Range.NOT_ZERO, CONNECT, CONNACK),
    RECEIVE_MAXIMUM(0x21, Form.TWO_BYTES, Range.NOT_ZERO, CONNECT, CONNACK),
    MAXIMUM_QOS(0x24, Form.BYTE, Range.FLAG, CONNACK),
    WILDCARD_SUBSCRIPTION_AVAILABLE(0x28, Form.BYTE, Range.FLAG, CONNACK),
    SUBSCRIPTION_IDENTIFIER_AVAILABLE(0x29, Form.BYTE, Range.FLAG, CONNACK),
    SHARED_SUBSCRIPTION_AVAILABLE(0x2A, Form.BYTE, Range.FLAG, CONNACK);

    /** How a value is written. */
    public enum Form {
        BYTE,
        TWO_BYTES,
        FOUR_BYTES,
        VARIABLE,
        TEXT,
        DATA,
        TEXT_PAIR
    }

    /** What a value must be, beyond its form; else it is a protocol error. */
    enum Range {
        ANY,
        FLAG,
        NOT_ZERO,
        TOPIC
    }

    private static final @Nullable Property[] BY_ID = new @Nullable Property[0x2B];

    static {
        for (Property property : values()) {
            BY_ID[property.id] = property;
        }
    }

    private final int id;
    private final Form form;
    private final Range range;
    private final int packets;

    Property(int id, Form form, Range range, int... packetTypes) {
        this.id = id;
        this.form = form;
        this.range = range;
        int mask = 0;
        for (int type : packetTypes) {
            mask |= 1 << type;
        }
        this.packets = mask;
    }

    public int id() {
        return id;
    }

    public Form form() {
        return form;
    }

    Range range() {
        return range;
    }

    boolean mayStandIn(int packetType) {
        return (packets & 1 << packetType) != 0;
    }

    /** Null when there is no such property. */
    static @Nullable Property of(int id) {
        return id >= 0 && id < BY_ID.length ? BY_ID[id] : null;
    }
}
