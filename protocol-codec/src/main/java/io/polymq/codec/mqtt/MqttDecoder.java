package io.polymq.codec.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whole packets to records. Reused from packet to packet by one connection; not for several
 * threads.
 */
public final class MqttDecoder {

    private static final int DUP = 8;

    private final WireReader in = new WireReader();
    private final PropertyCursor cursor = new PropertyCursor();
    private final PublishView publish = new PublishView();

    /**
     * Takes the next packet out of the buffer, or leaves it as it is and returns null when the
     * packet is not complete.
     */
    public @Nullable MqttPacket decode(ByteBuf buffer, MqttVersion version)
            throws MqttCodecException {
        int length = FixedHeader.remainingLength(buffer);
        if (length == FixedHeader.MALFORMED) {
            throw MqttCodecException.silent(
                    ReasonCode.MALFORMED_PACKET, "the remaining length is malformed");
        }
        if (length == FixedHeader.INCOMPLETE
                || buffer.readableBytes() < FixedHeader.size(length) + length) {
            return null;
        }
        int first = buffer.readUnsignedByte();
        buffer.skipBytes(Wire.variableLength(length));
        byte[] body = ByteBufUtil.getBytes(buffer, buffer.readerIndex(), length, true);
        buffer.skipBytes(length);
        return decode(first, body, 0, length, version);
    }

    /**
     * Decodes one packet's body.
     *
     * @param first the packet's first byte
     * @param version what the connection speaks; a CONNECT brings its own
     */
    public MqttPacket decode(int first, byte[] bytes, int from, int to, MqttVersion version)
            throws MqttCodecException {
        boolean v5 = version == MqttVersion.V5;
        in.over(bytes, from, to);
        int type = first >> 4 & 15;
        checkFlags(type, first & 15, version);
        MqttPacket packet =
                switch (type) {
                    case PacketType.CONNECT -> new ConnectReader(in, cursor).read(first & 15);
                    case PacketType.CONNACK -> connAck(v5);
                    case PacketType.PUBLISH -> publish(first, bytes, from, to, v5);
                    case PacketType.PUBACK,
                            PacketType.PUBREC,
                            PacketType.PUBREL,
                            PacketType.PUBCOMP ->
                            acknowledgement(type, v5);
                    case PacketType.SUBSCRIBE -> subscribe(v5);
                    case PacketType.SUBACK ->
                            new MqttPacket.SubAck(
                                    packetId(), properties(PacketType.SUBACK, v5), reasons(type));
                    case PacketType.UNSUBSCRIBE -> unsubscribe(v5);
                    case PacketType.UNSUBACK ->
                            new MqttPacket.UnsubAck(
                                    packetId(), properties(PacketType.UNSUBACK, v5), reasons(type));
                    case PacketType.PINGREQ -> new MqttPacket.PingReq();
                    case PacketType.PINGRESP -> new MqttPacket.PingResp();
                    case PacketType.DISCONNECT -> disconnect(v5);
                    case PacketType.AUTH -> auth(v5);
                    default -> throw MqttCodecException.protocol("packet type 0");
                };
        if (in.remaining() > 0) {
            throw type == PacketType.PINGREQ || type == PacketType.PINGRESP
                    ? MqttCodecException.silent(ReasonCode.MALFORMED_PACKET, "a ping has no body")
                    : MqttCodecException.malformed("bytes behind the packet's last field");
        }
        return packet;
    }

    private static void checkFlags(int type, int flags, MqttVersion version)
            throws MqttCodecException {
        if (type == PacketType.PUBLISH || type == PacketType.CONNECT) {
            return;
        }
        boolean two =
                type == PacketType.PUBREL
                        || type == PacketType.SUBSCRIBE
                        || type == PacketType.UNSUBSCRIBE;
        // a client of 3.1 that repeats one of these sets DUP (3.1, 2.1); later versions reserve it
        boolean repeated = version == MqttVersion.V3_1 && two && flags == (DUP | 2);
        if (flags == (two ? 2 : 0) || repeated) {
            return;
        }
        throw switch (type) {
            case 0, PacketType.CONNACK, PacketType.PUBREL, PacketType.DISCONNECT, PacketType.AUTH ->
                    MqttCodecException.protocol("reserved flags");
            default -> MqttCodecException.malformed("reserved flags");
        };
    }

    private MqttPacket connAck(boolean v5) throws MqttCodecException {
        int flags = in.readByte();
        if (flags > 1) {
            throw MqttCodecException.malformed("flags of CONNACK");
        }
        int code = in.readByte();
        Properties properties =
                v5 && in.remaining() > 0 ? properties(PacketType.CONNACK, true) : Properties.NONE;
        return new MqttPacket.ConnAck(flags == 1, code, properties);
    }

    private MqttPacket publish(int first, byte[] bytes, int from, int to, boolean v5)
            throws MqttCodecException {
        publish.parse(first, bytes, from, to, v5);
        int topicAt = publish.topicAt();
        int topicLength = publish.topicLength();
        if (!TextRules.isText(bytes, topicAt, topicLength, true)) {
            throw MqttCodecException.malformed("the topic is not UTF-8 as MQTT has it");
        }
        boolean aliased = topicLength == 0 && publish.alias() != 0;
        if (!aliased && !TopicRules.isName(bytes, topicAt, topicLength)) {
            throw MqttCodecException.malformed("not a topic name");
        }
        cursor.over(bytes, publish.propertiesAt(), publish.propertiesEnd(), PacketType.PUBLISH);
        Properties properties = Properties.read(cursor, bytes);
        in.at = to;
        return new MqttPacket.Publish(
                publish.dup(),
                publish.qos(),
                publish.retain(),
                new String(bytes, topicAt, topicLength, StandardCharsets.UTF_8),
                publish.packetId(),
                properties,
                Arrays.copyOfRange(bytes, publish.payloadAt(), to));
    }

    private MqttPacket acknowledgement(int type, boolean v5) throws MqttCodecException {
        int id = packetId();
        ReasonCode reason = ReasonCode.SUCCESS;
        Properties properties = Properties.NONE;
        if (v5 && in.remaining() > 0) {
            reason = reason(type);
            if (in.remaining() > 0) {
                properties = properties(type, true);
            }
        }
        return switch (type) {
            case PacketType.PUBACK -> new MqttPacket.PubAck(id, reason, properties);
            case PacketType.PUBREC -> new MqttPacket.PubRec(id, reason, properties);
            case PacketType.PUBREL -> new MqttPacket.PubRel(id, reason, properties);
            default -> new MqttPacket.PubComp(id, reason, properties);
        };
    }

    private ReasonCode reason(int type) throws MqttCodecException {
        ReasonCode reason = ReasonCode.of(in.readByte());
        if (reason == null || !reason.mayStandIn(type)) {
            throw MqttCodecException.protocol("unknown reason code");
        }
        return reason;
    }

    private int packetId() throws MqttCodecException {
        int id = in.readShort();
        if (id == 0) {
            throw MqttCodecException.protocol("packet identifier 0");
        }
        return id;
    }

    private MqttPacket subscribe(boolean v5) throws MqttCodecException {
        int id = nonZeroId();
        Properties properties = properties(PacketType.SUBSCRIBE, v5);
        List<MqttPacket.Subscribe.Request> requests = new ArrayList<>(2);
        do {
            String filter = filter();
            int options = in.readByte();
            if ((options & 3) == 3 || (options & 0x30) == 0x30 || options > (v5 ? 0x3F : 2)) {
                throw MqttCodecException.malformed("subscription options");
            }
            boolean noLocal = (options & 4) != 0;
            if (noLocal && filter.startsWith(TopicRules.SHARE)) {
                throw MqttCodecException.protocol("no-local on a shared subscription");
            }
            requests.add(
                    new MqttPacket.Subscribe.Request(
                            filter, options & 3, noLocal, (options & 8) != 0, options >> 4));
        } while (in.remaining() > 0);
        return new MqttPacket.Subscribe(id, properties, requests);
    }

    private MqttPacket unsubscribe(boolean v5) throws MqttCodecException {
        int id = nonZeroId();
        Properties properties = properties(PacketType.UNSUBSCRIBE, v5);
        List<String> filters = new ArrayList<>(2);
        do {
            filters.add(filter());
        } while (in.remaining() > 0);
        return new MqttPacket.Unsubscribe(id, properties, filters);
    }

    private int nonZeroId() throws MqttCodecException {
        int id = in.readShort();
        if (id == 0) {
            throw MqttCodecException.malformed("packet identifier 0");
        }
        return id;
    }

    private String filter() throws MqttCodecException {
        String filter = in.readText(true);
        if (!TopicRules.isFilter(filter)) {
            throw MqttCodecException.malformed("not a topic filter");
        }
        return filter;
    }

    private Properties properties(int type, boolean v5) throws MqttCodecException {
        if (!v5) {
            return Properties.NONE;
        }
        int length = in.readVariable();
        if (length > in.remaining()) {
            throw MqttCodecException.malformed("properties are longer than the packet");
        }
        cursor.over(in.bytes, in.at, in.at + length, type);
        in.at += length;
        return Properties.read(cursor, in.bytes);
    }

    private List<ReasonCode> reasons(int type) throws MqttCodecException {
        List<ReasonCode> reasons = new ArrayList<>(2);
        while (in.remaining() > 0) {
            reasons.add(reason(type));
        }
        return reasons;
    }

    private MqttPacket disconnect(boolean v5) throws MqttCodecException {
        if (!v5 || in.remaining() == 0) {
            return new MqttPacket.Disconnect(ReasonCode.SUCCESS, Properties.NONE);
        }
        ReasonCode reason = ReasonCode.of(in.readByte());
        if (reason == null || !reason.mayStandIn(PacketType.DISCONNECT) && !reason.isError()) {
            throw MqttCodecException.silent(ReasonCode.PROTOCOL_ERROR, "unknown reason code");
        }
        Properties properties =
                in.remaining() > 0 ? properties(PacketType.DISCONNECT, true) : Properties.NONE;
        return new MqttPacket.Disconnect(reason, properties);
    }

    private MqttPacket auth(boolean v5) throws MqttCodecException {
        if (!v5) {
            throw MqttCodecException.protocol("AUTH before version 5");
        }
        if (in.remaining() == 0) {
            return new MqttPacket.Auth(ReasonCode.SUCCESS, Properties.NONE);
        }
        ReasonCode reason = reason(PacketType.AUTH);
        Properties properties =
                in.remaining() > 0 ? properties(PacketType.AUTH, true) : Properties.NONE;
        return new MqttPacket.Auth(reason, properties);
    }
}
