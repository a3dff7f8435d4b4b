package io.polymq.mqtt;

import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.PacketType;
import io.polymq.codec.mqtt.ReasonCode;
import io.polymq.core.subject.Subject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Packets in words, for traces: no payloads, no secrets. Stateless. */
final class TraceText {

    private static final int LONGEST = 256;

    private TraceText() {}

    static String of(MqttPacket packet) {
        return switch (packet) {
            case MqttPacket.Connect p -> connect(p);
            case MqttPacket.ConnAck p ->
                    "CONNACK code=" + p.code() + " session_present=" + p.sessionPresent();
            case MqttPacket.Publish p ->
                    "PUBLISH topic=" + quoted(p.topic()) + " qos=" + p.qos() + id(p.packetId());
            case MqttPacket.PubAck p -> "PUBACK" + id(p.packetId()) + reason(p.reason());
            case MqttPacket.PubRec p -> "PUBREC" + id(p.packetId()) + reason(p.reason());
            case MqttPacket.PubRel p -> "PUBREL" + id(p.packetId()) + reason(p.reason());
            case MqttPacket.PubComp p -> "PUBCOMP" + id(p.packetId()) + reason(p.reason());
            case MqttPacket.Subscribe p -> "SUBSCRIBE" + id(p.packetId()) + requests(p.requests());
            case MqttPacket.SubAck p -> "SUBACK" + id(p.packetId()) + ' ' + p.reasons();
            case MqttPacket.Unsubscribe p ->
                    "UNSUBSCRIBE" + id(p.packetId()) + ' ' + quoted(p.filters().toString());
            case MqttPacket.UnsubAck p -> "UNSUBACK" + id(p.packetId()) + ' ' + p.reasons();
            case MqttPacket.PingReq p -> "PINGREQ";
            case MqttPacket.PingResp p -> "PINGRESP";
            case MqttPacket.Disconnect p -> "DISCONNECT" + reason(p.reason());
            case MqttPacket.Auth p -> "AUTH" + reason(p.reason());
        };
    }

    static String publish(Subject subject, int qos, boolean retain, int packetId, int bytes) {
        String topic = new String(subject.slashed(), StandardCharsets.UTF_8);
        return "PUBLISH topic="
                + quoted(topic)
                + " qos="
                + qos
                + (retain ? " retain" : "")
                + (packetId == 0 ? "" : id(packetId))
                + " bytes="
                + bytes;
    }

    static String ack(int packetType, int packetId, ReasonCode reason) {
        String name =
                switch (packetType) {
                    case PacketType.PUBACK -> "PUBACK";
                    case PacketType.PUBREC -> "PUBREC";
                    case PacketType.PUBREL -> "PUBREL";
                    default -> "PUBCOMP";
                };
        return name + id(packetId) + reason(reason);
    }

    private static String connect(MqttPacket.Connect p) {
        MqttPacket.Will will = p.will();
        return "CONNECT version="
                + p.version()
                + " client="
                + quoted(p.clientId())
                + " clean_start="
                + p.cleanStart()
                + " keep_alive="
                + p.keepAlive()
                + (p.username() == null ? "" : " user=" + quoted(p.username()))
                + (will == null ? "" : " will=" + quoted(will.topic()));
    }

    private static String requests(List<MqttPacket.Subscribe.Request> requests) {
        StringBuilder text = new StringBuilder();
        for (MqttPacket.Subscribe.Request request : requests) {
            text.append(' ').append(quoted(request.filter())).append(" qos=").append(request.qos());
        }
        return text.toString();
    }

    private static String id(int packetId) {
        return " id=" + packetId;
    }

    private static String reason(Enum<?> reason) {
        return " reason=" + reason;
    }

    /** What a client chose cannot break a line, nor fill the file. */
    static String quoted(@Nullable String text) {
        if (text == null) {
            return "-";
        }
        StringBuilder out = new StringBuilder(text.length() + 2).append('"');
        int length = Math.min(text.length(), LONGEST);
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\');
            }
            out.append(Character.isISOControl(c) ? '?' : c);
        }
        return out.append(length < text.length() ? "...\"" : "\"").toString();
    }
}
