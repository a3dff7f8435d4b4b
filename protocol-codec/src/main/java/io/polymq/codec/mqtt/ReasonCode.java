package io.polymq.codec.mqtt;

import org.jspecify.annotations.Nullable;

/** The reason codes of MQTT 5 (2.4) and the packets in which each may stand. */
public enum ReasonCode {
    SUCCESS(0x00, 2, 4, 5, 6, 7, 9, 11, 14, 15),
    GRANTED_QOS_1(0x01, 9),
    GRANTED_QOS_2(0x02, 9),
    DISCONNECT_WITH_WILL(0x04, 14),
    NO_MATCHING_SUBSCRIBERS(0x10, 4, 5),
    NO_SUBSCRIPTION_EXISTED(0x11, 11),
    CONTINUE_AUTHENTICATION(0x18, 15),
    RE_AUTHENTICATE(0x19, 15),
    UNSPECIFIED_ERROR(0x80, 2, 4, 5, 9, 11, 14),
    MALFORMED_PACKET(0x81, 2, 14),
    PROTOCOL_ERROR(0x82, 2, 14),
    IMPLEMENTATION_SPECIFIC_ERROR(0x83, 2, 4, 5, 9, 11, 14),
    UNSUPPORTED_PROTOCOL_VERSION(0x84, 2),
    CLIENT_IDENTIFIER_NOT_VALID(0x85, 2),
    BAD_USER_NAME_OR_PASSWORD(0x86, 2),
    NOT_AUTHORIZED(0x87, 2, 4, 5, 9, 11, 14),
    SERVER_UNAVAILABLE(0x88, 2),
    SERVER_BUSY(0x89, 2, 14),
    BANNED(0x8A, 2),
    SERVER_SHUTTING_DOWN(0x8B, 14),
    BAD_AUTHENTICATION_METHOD(0x8C, 2, 14),
    KEEP_ALIVE_TIMEOUT(0x8D, 14),
    SESSION_TAKEN_OVER(0x8E, 14),
    TOPIC_FILTER_INVALID(0x8F, 9, 11, 14),
    TOPIC_NAME_INVALID(0x90, 2, 4, 5, 14),
    PACKET_IDENTIFIER_IN_USE(0x91, 4, 5, 9, 11),
    PACKET_IDENTIFIER_NOT_FOUND(0x92, 6, 7),
    RECEIVE_MAXIMUM_EXCEEDED(0x93, 14),
    TOPIC_ALIAS_INVALID(0x94, 14),
    PACKET_TOO_LARGE(0x95, 2, 14),
    MESSAGE_RATE_TOO_HIGH(0x96, 14),
    QUOTA_EXCEEDED(0x97, 2, 4, 5, 9, 14),
    ADMINISTRATIVE_ACTION(0x98, 14),
    PAYLOAD_FORMAT_INVALID(0x99, 2, 4, 5, 14),
    RETAIN_NOT_SUPPORTED(0x9A, 2, 14),
    QOS_NOT_SUPPORTED(0x9B, 2, 14),
    USE_ANOTHER_SERVER(0x9C, 2, 14),
    SERVER_MOVED(0x9D, 2, 14),
    SHARED_SUBSCRIPTIONS_NOT_SUPPORTED(0x9E, 9, 14),
    CONNECTION_RATE_EXCEEDED(0x9F, 2, 14),
    MAXIMUM_CONNECT_TIME(0xA0, 14),
    SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED(0xA1, 9, 14),
    WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED(0xA2, 9, 14);

    private static final @Nullable ReasonCode[] BY_CODE = new @Nullable ReasonCode[256];

    static {
        for (ReasonCode reason : values()) {
            BY_CODE[reason.code] = reason;
        }
    }

    private final int code;
    private final int packets;

    ReasonCode(int code, int... packetTypes) {
        this.code = code;
        int mask = 0;
        for (int type : packetTypes) {
            mask |= 1 << type;
        }
        this.packets = mask;
    }

    public int code() {
        return code;
    }

    public boolean isError() {
        return code >= 0x80;
    }

    /** Whether the specification lets it stand in a packet of this type. */
    public boolean mayStandIn(int packetType) {
        return (packets & 1 << packetType) != 0;
    }

    /** Null when no reason has that code. */
    public static @Nullable ReasonCode of(int code) {
        return BY_CODE[code & 0xFF];
    }
}
