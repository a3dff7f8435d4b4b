package io.polymq.codec.mqtt;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads a CONNECT (3.1). What is wrong before the version is known to be 5, and in its flags and
 * credentials, is closed without a word; the rest is answered.
 */
final class ConnectReader {

    private static final int BRIDGE = 0x80;

    private final WireReader in;
    private final PropertyCursor cursor;

    ConnectReader(WireReader in, PropertyCursor cursor) {
        this.in = in;
        this.cursor = cursor;
    }

    /**
     * @param headerFlags the lower bits of the packet's first byte, of which 3.1 says nothing
     */
    MqttPacket.Connect read(int headerFlags) throws MqttCodecException {
        MqttVersion version;
        int level;
        int flags;
        int keepAlive;
        try {
            byte[] name = in.readData();
            level = in.readByte();
            version = version(name, level);
            if (headerFlags != 0 && version != MqttVersion.V3_1) {
                throw MqttCodecException.malformed("reserved flags");
            }
            flags = in.readByte();
            checkFlags(flags, version);
            keepAlive = in.readShort();
        } catch (MqttCodecException e) {
            throw e.reason() == ReasonCode.UNSUPPORTED_PROTOCOL_VERSION ? e : silent(e);
        }
        boolean v5 = version == MqttVersion.V5;
        Properties properties = v5 ? properties(PacketType.CONNECT) : Properties.NONE;
        if (properties.has(Property.AUTHENTICATION_DATA)
                && !properties.has(Property.AUTHENTICATION_METHOD)) {
            throw MqttCodecException.protocol("authentication data without a method");
        }
        String clientId = clientId();
        MqttPacket.Will will = (flags & 4) != 0 ? will(flags, v5) : null;
        String username = null;
        byte[] password = null;
        try {
            username = (flags & 0x80) != 0 ? in.readText(true) : null;
            password = (flags & 0x40) != 0 ? in.readData() : null;
        } catch (MqttCodecException e) {
            throw silent(e);
        }
        return new MqttPacket.Connect(
                version,
                (level & BRIDGE) != 0,
                (flags & 2) != 0,
                keepAlive,
                properties,
                clientId,
                will,
                username,
                password);
    }

    private static MqttVersion version(byte[] name, int level) throws MqttCodecException {
        @Nullable MqttVersion sameName = null;
        for (MqttVersion version : MqttVersion.values()) {
            if (!Arrays.equals(name, version.protocolName())) {
                continue;
            }
            boolean bridge = level == (version.level() | BRIDGE) && version != MqttVersion.V5;
            if (level == version.level() || bridge) {
                return version;
            }
            sameName = version;
        }
        if (sameName == null) {
            throw MqttCodecException.malformed("not MQTT");
        }
        throw MqttCodecException.of(
                ReasonCode.UNSUPPORTED_PROTOCOL_VERSION, "protocol level " + level);
    }

    private static void checkFlags(int flags, MqttVersion version) throws MqttCodecException {
        boolean will = (flags & 4) != 0;
        if ((flags & 1) != 0 && version != MqttVersion.V3_1) {
            throw MqttCodecException.malformed("the reserved flag is set");
        }
        if (!will && (flags & 0x38) != 0 || (flags & 0x18) == 0x18) {
            throw MqttCodecException.malformed("QoS or retain of the will");
        }
        if ((flags & 0x40) != 0 && (flags & 0x80) == 0 && version != MqttVersion.V5) {
            throw MqttCodecException.malformed("a password without a user name");
        }
    }

    private Properties properties(int type) throws MqttCodecException {
        int length = in.readVariable();
        if (length > in.remaining()) {
            throw MqttCodecException.malformed("properties are longer than the packet");
        }
        cursor.over(in.bytes, in.at, in.at + length, type);
        in.at += length;
        return Properties.read(cursor, in.bytes);
    }

    private String clientId() throws MqttCodecException {
        int length = in.skipData();
        in.at -= length + 2;
        try {
            return in.readText(true);
        } catch (MqttCodecException e) {
            throw MqttCodecException.of(
                    ReasonCode.CLIENT_IDENTIFIER_NOT_VALID, "the client identifier is not UTF-8");
        }
    }

    private MqttPacket.Will will(int flags, boolean v5) throws MqttCodecException {
        Properties properties = v5 ? properties(PacketType.WILL) : Properties.NONE;
        String topic = in.readText(true);
        if (!TopicRules.isName(topic)) {
            throw MqttCodecException.malformed("the will's topic is not a topic name");
        }
        byte[] payload = in.readData();
        return new MqttPacket.Will(properties, topic, payload, flags >> 3 & 3, (flags & 0x20) != 0);
    }

    private static MqttCodecException silent(MqttCodecException e) {
        return MqttCodecException.silent(e.reason(), e.getMessage() == null ? "" : e.getMessage());
    }
}
