package io.polymq.codec.mqtt;

import io.netty.buffer.ByteBuf;
import java.util.List;

/** Records to bytes. Stateless. */
public final class MqttEncoder {

    private MqttEncoder() {}

    /** Appends the packet to the buffer. */
    public static void encode(MqttPacket packet, MqttVersion version, ByteBuf out) {
        boolean v5 = version == MqttVersion.V5;
        switch (packet) {
            case MqttPacket.Connect p -> connect(p, out);
            case MqttPacket.ConnAck p -> connAck(p, v5, out);
            case MqttPacket.Publish p -> publish(p, v5, out);
            case MqttPacket.PubAck p ->
                    ack(0x40, p.packetId(), p.reason(), p.properties(), v5, out);
            case MqttPacket.PubRec p ->
                    ack(0x50, p.packetId(), p.reason(), p.properties(), v5, out);
            case MqttPacket.PubRel p ->
                    ack(0x62, p.packetId(), p.reason(), p.properties(), v5, out);
            case MqttPacket.PubComp p ->
                    ack(0x70, p.packetId(), p.reason(), p.properties(), v5, out);
            case MqttPacket.Subscribe p -> subscribe(p, v5, out);
            case MqttPacket.SubAck p -> subAck(p, v5, out);
            case MqttPacket.Unsubscribe p -> unsubscribe(p, v5, out);
            case MqttPacket.UnsubAck p -> unsubAck(p, v5, out);
            case MqttPacket.PingReq p -> out.writeShort(0xC000);
            case MqttPacket.PingResp p -> out.writeShort(0xD000);
            case MqttPacket.Disconnect p -> reasoned(0xE0, p.reason(), p.properties(), v5, out);
            case MqttPacket.Auth p -> reasoned(0xF0, p.reason(), p.properties(), v5, out);
        }
    }

    /** How many bytes the packet takes. */
    public static int encodedSize(MqttPacket packet, MqttVersion version) {
        int remaining = remainingLength(packet, version == MqttVersion.V5);
        return FixedHeader.size(remaining) + remaining;
    }

    private static int remainingLength(MqttPacket packet, boolean v5) {
        return switch (packet) {
            case MqttPacket.Connect p -> connectLength(p);
            case MqttPacket.ConnAck p -> 2 + propertiesLength(p.properties(), v5);
            case MqttPacket.Publish p ->
                    2
                            + Wire.utf8Length(p.topic())
                            + (p.qos() > 0 ? 2 : 0)
                            + propertiesLength(p.properties(), v5)
                            + p.payload().length;
            case MqttPacket.PubAck p -> ackLength(p.reason(), p.properties(), v5);
            case MqttPacket.PubRec p -> ackLength(p.reason(), p.properties(), v5);
            case MqttPacket.PubRel p -> ackLength(p.reason(), p.properties(), v5);
            case MqttPacket.PubComp p -> ackLength(p.reason(), p.properties(), v5);
            case MqttPacket.Subscribe p -> {
                int length = 2 + propertiesLength(p.properties(), v5);
                for (MqttPacket.Subscribe.Request request : p.requests()) {
                    length += 3 + Wire.utf8Length(request.filter());
                }
                yield length;
            }
            case MqttPacket.SubAck p ->
                    2 + propertiesLength(p.properties(), v5) + p.reasons().size();
            case MqttPacket.Unsubscribe p -> {
                int length = 2 + propertiesLength(p.properties(), v5);
                for (String filter : p.filters()) {
                    length += 2 + Wire.utf8Length(filter);
                }
                yield length;
            }
            case MqttPacket.UnsubAck p ->
                    2 + propertiesLength(p.properties(), v5) + (v5 ? p.reasons().size() : 0);
            case MqttPacket.PingReq p -> 0;
            case MqttPacket.PingResp p -> 0;
            case MqttPacket.Disconnect p -> reasonedLength(p.reason(), p.properties(), v5);
            case MqttPacket.Auth p -> reasonedLength(p.reason(), p.properties(), v5);
        };
    }

    private static int propertiesLength(Properties properties, boolean v5) {
        if (!v5) {
            return 0;
        }
        int length = properties.encodedLength();
        return Wire.variableLength(length) + length;
    }

    private static void properties(Properties properties, boolean v5, ByteBuf out) {
        if (v5) {
            Wire.writeVariable(out, properties.encodedLength());
            properties.encode(out);
        }
    }

    private static void header(int first, MqttPacket packet, boolean v5, ByteBuf out) {
        int length = remainingLength(packet, v5);
        if (length > Wire.MAX_VARIABLE) {
            throw new IllegalArgumentException("a packet of MQTT is at most 256 MiB");
        }
        out.writeByte(first);
        Wire.writeVariable(out, length);
    }

    private static int connectLength(MqttPacket.Connect p) {
        boolean v5 = p.version() == MqttVersion.V5;
        int length = 2 + p.version().protocolName().length + 1 + 1 + 2;
        length += propertiesLength(p.properties(), v5) + 2 + Wire.utf8Length(p.clientId());
        MqttPacket.Will will = p.will();
        if (will != null) {
            length += propertiesLength(will.properties(), v5);
            length += 4 + Wire.utf8Length(will.topic()) + will.payload().length;
        }
        String username = p.username();
        byte[] password = p.password();
        length += username == null ? 0 : 2 + Wire.utf8Length(username);
        return length + (password == null ? 0 : 2 + password.length);
    }

    private static void connect(MqttPacket.Connect p, ByteBuf out) {
        boolean v5 = p.version() == MqttVersion.V5;
        header(0x10, p, v5, out);
        Wire.writeData(out, p.version().protocolName());
        out.writeByte(p.version().level() | (p.bridge() ? 0x80 : 0));
        MqttPacket.Will will = p.will();
        String username = p.username();
        byte[] password = p.password();
        int flags = p.cleanStart() ? 2 : 0;
        if (will != null) {
            flags |= 4 | will.qos() << 3 | (will.retain() ? 0x20 : 0);
        }
        out.writeByte(flags | (username == null ? 0 : 0x80) | (password == null ? 0 : 0x40));
        out.writeShort(p.keepAlive());
        properties(p.properties(), v5, out);
        Wire.writeText(out, p.clientId());
        if (will != null) {
            properties(will.properties(), v5, out);
            Wire.writeText(out, will.topic());
            Wire.writeData(out, will.payload());
        }
        if (username != null) {
            Wire.writeText(out, username);
        }
        if (password != null) {
            Wire.writeData(out, password);
        }
    }

    private static void connAck(MqttPacket.ConnAck p, boolean v5, ByteBuf out) {
        header(0x20, p, v5, out);
        out.writeByte(p.sessionPresent() ? 1 : 0);
        out.writeByte(p.code());
        properties(p.properties(), v5, out);
    }

    private static void publish(MqttPacket.Publish p, boolean v5, ByteBuf out) {
        int first = 0x30 | (p.dup() ? 8 : 0) | p.qos() << 1 | (p.retain() ? 1 : 0);
        header(first, p, v5, out);
        Wire.writeText(out, p.topic());
        if (p.qos() > 0) {
            out.writeShort(p.packetId());
        }
        properties(p.properties(), v5, out);
        out.writeBytes(p.payload());
    }

    private static boolean isShort(ReasonCode reason, Properties properties) {
        return reason == ReasonCode.SUCCESS && properties.equals(Properties.NONE);
    }

    private static int ackLength(ReasonCode reason, Properties properties, boolean v5) {
        return 2 + reasonedLength(reason, properties, v5);
    }

    private static int reasonedLength(ReasonCode reason, Properties properties, boolean v5) {
        if (!v5 || isShort(reason, properties)) {
            return 0;
        }
        return 1 + (properties.equals(Properties.NONE) ? 0 : propertiesLength(properties, true));
    }

    private static void ack(
            int first, int id, ReasonCode reason, Properties properties, boolean v5, ByteBuf out) {
        out.writeByte(first);
        Wire.writeVariable(out, ackLength(reason, properties, v5));
        out.writeShort(id);
        reason(reason, properties, v5, out);
    }

    private static void reasoned(
            int first, ReasonCode reason, Properties properties, boolean v5, ByteBuf out) {
        out.writeByte(first);
        Wire.writeVariable(out, reasonedLength(reason, properties, v5));
        reason(reason, properties, v5, out);
    }

    private static void reason(ReasonCode reason, Properties properties, boolean v5, ByteBuf out) {
        if (!v5 || isShort(reason, properties)) {
            return;
        }
        out.writeByte(reason.code());
        if (!properties.equals(Properties.NONE)) {
            properties(properties, true, out);
        }
    }

    private static void subscribe(MqttPacket.Subscribe p, boolean v5, ByteBuf out) {
        header(0x82, p, v5, out);
        out.writeShort(p.packetId());
        properties(p.properties(), v5, out);
        for (MqttPacket.Subscribe.Request request : p.requests()) {
            Wire.writeText(out, request.filter());
            int options = request.qos();
            if (v5) {
                options |= request.noLocal() ? 4 : 0;
                options |= request.retainAsPublished() ? 8 : 0;
                options |= request.retainHandling() << 4;
            }
            out.writeByte(options);
        }
    }

    private static void subAck(MqttPacket.SubAck p, boolean v5, ByteBuf out) {
        header(0x90, p, v5, out);
        out.writeShort(p.packetId());
        properties(p.properties(), v5, out);
        reasons(p.reasons(), out);
    }

    private static void unsubscribe(MqttPacket.Unsubscribe p, boolean v5, ByteBuf out) {
        header(0xA2, p, v5, out);
        out.writeShort(p.packetId());
        properties(p.properties(), v5, out);
        for (String filter : p.filters()) {
            Wire.writeText(out, filter);
        }
    }

    private static void unsubAck(MqttPacket.UnsubAck p, boolean v5, ByteBuf out) {
        header(0xB0, p, v5, out);
        out.writeShort(p.packetId());
        properties(p.properties(), v5, out);
        if (v5) {
            reasons(p.reasons(), out);
        }
    }

    private static void reasons(List<ReasonCode> reasons, ByteBuf out) {
        for (ReasonCode reason : reasons) {
            out.writeByte(reason.code());
        }
    }
}
