package io.polymq.codec.mqtt;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Valid packets from a seed. */
final class RandomPackets {

    private static final String[] LETTERS = {
        "a", "Z", "7", " ", "é", "€", "\uFEFF", "𠜎", "-", "."
    };

    private final Random random;

    RandomPackets(long seed) {
        random = new Random(seed);
    }

    MqttVersion version() {
        return MqttVersion.values()[random.nextInt(3)];
    }

    MqttPacket next(MqttVersion version) {
        boolean v5 = version == MqttVersion.V5;
        return switch (random.nextInt(v5 ? 15 : 14)) {
            case 0 -> connect(version);
            case 1 ->
                    new MqttPacket.ConnAck(
                            random.nextBoolean(),
                            random.nextInt(6),
                            properties(PacketType.CONNACK, v5));
            case 2, 3 -> publish(v5);
            case 4 -> new MqttPacket.PubAck(id(), reason(4, v5), properties(4, v5));
            case 5 -> new MqttPacket.PubRec(id(), reason(5, v5), properties(5, v5));
            case 6 -> new MqttPacket.PubRel(id(), reason(6, v5), properties(6, v5));
            case 7 -> new MqttPacket.PubComp(id(), reason(7, v5), properties(7, v5));
            case 8 -> subscribe(v5);
            case 9 ->
                    new MqttPacket.SubAck(
                            id(),
                            properties(9, v5),
                            List.of(ReasonCode.SUCCESS, ReasonCode.GRANTED_QOS_2));
            case 10 ->
                    new MqttPacket.Unsubscribe(
                            id(), properties(10, v5), List.of("a/" + text(), "#", "+/b"));
            case 11 ->
                    new MqttPacket.UnsubAck(
                            id(),
                            properties(11, v5),
                            v5 ? List.of(ReasonCode.NO_SUBSCRIPTION_EXISTED) : List.of());
            case 12 -> random.nextBoolean() ? new MqttPacket.PingReq() : new MqttPacket.PingResp();
            case 13 -> new MqttPacket.Disconnect(reason(14, v5), properties(14, v5));
            default -> new MqttPacket.Auth(reason(15, true), properties(15, true));
        };
    }

    private MqttPacket connect(MqttVersion version) {
        boolean v5 = version == MqttVersion.V5;
        MqttPacket.@Nullable Will will =
                random.nextBoolean()
                        ? new MqttPacket.Will(
                                properties(PacketType.WILL, v5),
                                "w/" + text(),
                                bytes(50),
                                random.nextInt(3),
                                random.nextBoolean())
                        : null;
        boolean user = random.nextBoolean();
        return new MqttPacket.Connect(
                version,
                version != MqttVersion.V5 && random.nextInt(10) == 0,
                random.nextBoolean(),
                random.nextInt(65_536),
                properties(PacketType.CONNECT, v5),
                text(),
                will,
                user ? text() : null,
                (user || v5) && random.nextBoolean() ? bytes(20) : null);
    }

    private MqttPacket publish(boolean v5) {
        int qos = random.nextInt(3);
        return new MqttPacket.Publish(
                qos > 0 && random.nextBoolean(),
                qos,
                random.nextBoolean(),
                "t/" + text(),
                qos > 0 ? id() : 0,
                properties(PacketType.PUBLISH, v5),
                bytes(random.nextInt(20) == 0 ? 20_000 : 200));
    }

    private MqttPacket subscribe(boolean v5) {
        List<MqttPacket.Subscribe.Request> requests = new ArrayList<>();
        for (int i = 0; i <= random.nextInt(4); i++) {
            requests.add(
                    new MqttPacket.Subscribe.Request(
                            "f/+/" + text() + "/#",
                            random.nextInt(3),
                            v5 && random.nextBoolean(),
                            v5 && random.nextBoolean(),
                            v5 ? random.nextInt(3) : 0));
        }
        return new MqttPacket.Subscribe(id(), properties(PacketType.SUBSCRIBE, v5), requests);
    }

    private Properties properties(int type, boolean v5) {
        Properties.Builder builder = Properties.builder();
        if (!v5 || random.nextInt(3) == 0) {
            return Properties.NONE;
        }
        for (Property property : Property.values()) {
            if (!property.mayStandIn(type) || random.nextBoolean()) {
                continue;
            }
            switch (property.form()) {
                case BYTE -> builder.number(property, random.nextInt(2));
                case TWO_BYTES -> builder.number(property, 1 + random.nextInt(65_535));
                case FOUR_BYTES -> builder.number(property, 1 + random.nextLong(0xFFFFFFFFL));
                case VARIABLE ->
                        builder.number(property, 1 + random.nextInt(Wire.MAX_VARIABLE - 1));
                case TEXT -> builder.text(property, "x" + text());
                case DATA -> builder.data(property, bytes(30));
                case TEXT_PAIR -> builder.user(text(), text()).user(text(), "");
            }
        }
        if (builder.build().has(Property.AUTHENTICATION_DATA)) {
            builder.text(Property.AUTHENTICATION_METHOD, "m");
        }
        return builder.build();
    }

    private ReasonCode reason(int type, boolean v5) {
        if (!v5) {
            return ReasonCode.SUCCESS;
        }
        List<ReasonCode> fitting = new ArrayList<>();
        for (ReasonCode reason : ReasonCode.values()) {
            if (reason.mayStandIn(type)) {
                fitting.add(reason);
            }
        }
        return fitting.get(random.nextInt(fitting.size()));
    }

    private int id() {
        return 1 + random.nextInt(65_535);
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(8); i > 0; i--) {
            text.append(LETTERS[random.nextInt(LETTERS.length)]);
        }
        return text.toString();
    }

    private byte[] bytes(int max) {
        byte[] bytes = new byte[random.nextInt(max)];
        random.nextBytes(bytes);
        return bytes;
    }
}
