package io.polymq.mqtt;

import io.netty.buffer.ByteBuf;
import io.polymq.network.Connection;
import io.polymq.network.ProbeResult;
import io.polymq.network.ProtocolBinding;
import io.polymq.network.ProtocolHandler;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** MQTT as the network layer knows it, behind one door. Shared, immutable. */
final class MqttBinding implements ProtocolBinding {

    private static final byte[] MQTT = "\0\4MQTT".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] MQISDP = "\0\6MQIsdp".getBytes(StandardCharsets.US_ASCII);

    private final MqttShared shared;
    private final KeepAlives keepAlives;
    private final Door door;

    MqttBinding(MqttShared shared, KeepAlives keepAlives, Door door) {
        this.shared = shared;
        this.keepAlives = keepAlives;
        this.door = door;
    }

    @Override
    public String name() {
        return "mqtt";
    }

    @Override
    public List<String> alpnNames() {
        return List.of("mqtt");
    }

    @Override
    public List<String> webSocketSubprotocols() {
        return List.of("mqtt", "mqttv3.1");
    }

    /** A CONNECT: its type, a remaining length of one to four bytes, the protocol's name. */
    @Override
    public ProbeResult probe(ByteBuf first) {
        int at = first.readerIndex();
        int end = first.writerIndex();
        if (at == end) {
            return ProbeResult.MORE;
        }
        if (first.getByte(at) >> 4 != 1) {
            return ProbeResult.NO;
        }
        int name = at + 1;
        while (name < end && first.getByte(name) < 0) {
            name++;
        }
        name++;
        if (name > at + 5) {
            return ProbeResult.NO;
        }
        return either(probe(first, name, end, MQTT), probe(first, name, end, MQISDP));
    }

    private static ProbeResult either(ProbeResult one, ProbeResult other) {
        return one == ProbeResult.NO ? other : one;
    }

    private static ProbeResult probe(ByteBuf first, int at, int end, byte[] name) {
        for (int i = 0; i < name.length; i++) {
            if (at + i >= end) {
                return ProbeResult.MORE;
            }
            if (first.getByte(at + i) != name[i]) {
                return ProbeResult.NO;
            }
        }
        return ProbeResult.YES;
    }

    @Override
    public ProtocolHandler open(Connection connection) {
        SessionZone zone = shared.zone(connection.loop());
        MqttConnection handler = new MqttConnection(shared, connection, zone, door);
        keepAlives.watch(handler, connection.loop());
        return handler;
    }
}
