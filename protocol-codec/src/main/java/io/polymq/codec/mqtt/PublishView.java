package io.polymq.codec.mqtt;

/**
 * One PUBLISH read in place: where its parts lie in the bytes that it was parsed from. Reused from
 * packet to packet, allocates nothing, valid as long as the bytes are; not for several threads.
 */
public final class PublishView {

    private final WireReader in = new WireReader();
    private final PropertyCursor cursor = new PropertyCursor();

    private byte[] bytes = new byte[0];
    private boolean dup;
    private int qos;
    private boolean retain;
    private int topicAt;
    private int topicLength;
    private int packetId;
    private int propertiesAt;
    private int propertiesEnd;
    private int payloadAt;
    private int payloadEnd;
    private int aliasAt;
    private int alias;
    private int expiryAt;
    private long expiry;
    private int payloadFormat;
    private int subscriptionIdentifier;

    /**
     * Parses the packet's body. The topic's text is not looked at, since most are known already:
     * the caller does that for a new one, with {@link TextRules} and {@link TopicRules}.
     *
     * @param first the packet's first byte
     */
    public void parse(int first, byte[] source, int from, int to, boolean v5)
            throws MqttCodecException {
        bytes = source;
        dup = (first & 0x08) != 0;
        qos = first >> 1 & 3;
        retain = (first & 1) != 0;
        if (qos == 3) {
            throw MqttCodecException.malformed("QoS 3");
        }
        if (dup && qos == 0) {
            throw MqttCodecException.malformed("DUP with QoS 0");
        }
        in.over(source, from, to);
        topicLength = in.skipData();
        topicAt = in.at - topicLength;
        packetId = 0;
        if (qos > 0) {
            packetId = in.readShort();
            if (packetId == 0) {
                throw MqttCodecException.protocol("packet identifier 0");
            }
        }
        alias = 0;
        expiryAt = -1;
        aliasAt = -1;
        payloadFormat = -1;
        subscriptionIdentifier = 0;
        propertiesAt = in.at;
        propertiesEnd = in.at;
        if (v5) {
            parseProperties();
        }
        payloadAt = propertiesEnd;
        payloadEnd = to;
    }

    private void parseProperties() throws MqttCodecException {
        int length = in.readVariable();
        if (length > in.remaining()) {
            throw MqttCodecException.malformed("properties are longer than the packet");
        }
        propertiesAt = in.at;
        propertiesEnd = in.at + length;
        if (length == 0) {
            return;
        }
        cursor.over(bytes, propertiesAt, propertiesEnd, PacketType.PUBLISH);
        while (cursor.next()) {
            switch (cursor.property()) {
                case TOPIC_ALIAS -> {
                    aliasAt = cursor.start();
                    alias = (int) cursor.number();
                }
                case MESSAGE_EXPIRY_INTERVAL -> {
                    expiryAt = cursor.start();
                    expiry = cursor.number();
                }
                case PAYLOAD_FORMAT_INDICATOR -> payloadFormat = (int) cursor.number();
                case SUBSCRIPTION_IDENTIFIER -> subscriptionIdentifier = (int) cursor.number();
                default -> {
                    // the others travel as they are
                }
            }
        }
    }

    public byte[] bytes() {
        return bytes;
    }

    public boolean dup() {
        return dup;
    }

    public int qos() {
        return qos;
    }

    public boolean retain() {
        return retain;
    }

    public int topicAt() {
        return topicAt;
    }

    public int topicLength() {
        return topicLength;
    }

    public int packetId() {
        return packetId;
    }

    public int propertiesAt() {
        return propertiesAt;
    }

    public int propertiesEnd() {
        return propertiesEnd;
    }

    public int payloadAt() {
        return payloadAt;
    }

    public int payloadLength() {
        return payloadEnd - payloadAt;
    }

    /** 0 when it has none. */
    public int alias() {
        return alias;
    }

    /** Where the alias property (three bytes) stands, -1 when it has none. */
    public int aliasAt() {
        return aliasAt;
    }

    /** Where the expiry property (five bytes) stands, -1 when it has none. */
    public int expiryAt() {
        return expiryAt;
    }

    /** Seconds; of use only when {@link #expiryAt} is not -1. */
    public long expiry() {
        return expiry;
    }

    /** -1 when it has none. */
    public int payloadFormat() {
        return payloadFormat;
    }

    /** 0 when it has none; a client must not send one (3.3.4). */
    public int subscriptionIdentifier() {
        return subscriptionIdentifier;
    }
}
