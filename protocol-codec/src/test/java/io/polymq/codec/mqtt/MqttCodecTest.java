package io.polymq.codec.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MqttCodecTest {

    private static MqttPacket decode(String hex, MqttVersion version) throws MqttCodecException {
        ByteBuf in = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex.replace(" ", "")));
        MqttPacket packet = new MqttDecoder().decode(in, version);
        assertThat(packet).as("complete").isNotNull();
        assertThat(in.isReadable()).isFalse();
        return packet;
    }

    private static String encode(MqttPacket packet, MqttVersion version) {
        ByteBuf out = Unpooled.buffer();
        MqttEncoder.encode(packet, version, out);
        assertThat(out.readableBytes()).isEqualTo(MqttEncoder.encodedSize(packet, version));
        return ByteBufUtil.hexDump(out);
    }

    @Test
    void goldenConnectOf311WithEverything() throws MqttCodecException {
        String hex =
                "10 23 00 04 4d515454 04 ce 000a 0002 6964 0003 772f74 0003 627965"
                        + " 0004 75736572 0003 707764";
        MqttPacket.Connect connect = (MqttPacket.Connect) decode(hex, MqttVersion.V3_1_1);
        assertThat(connect.version()).isEqualTo(MqttVersion.V3_1_1);
        assertThat(connect.cleanStart()).isTrue();
        assertThat(connect.keepAlive()).isEqualTo(10);
        assertThat(connect.clientId()).isEqualTo("id");
        assertThat(connect.will().topic()).isEqualTo("w/t");
        assertThat(connect.will().qos()).isEqualTo(1);
        assertThat(connect.will().payload()).isEqualTo("bye".getBytes(StandardCharsets.UTF_8));
        assertThat(connect.username()).isEqualTo("user");
        assertThat(connect.password()).isEqualTo("pwd".getBytes(StandardCharsets.UTF_8));
        assertThat(encode(connect, MqttVersion.V3_1_1)).isEqualTo(hex.replace(" ", ""));
        assertThat(connect.toString()).doesNotContain("pwd");
    }

    @Test
    void goldenPublishOf5WithProperties() throws MqttCodecException {
        String hex = "34 15 0003 612f62 04d2 0b 0101 230007 26 0001 6b 0000 7061".replace(" ", "");
        MqttPacket.Publish publish = (MqttPacket.Publish) decode(hex, MqttVersion.V5);
        assertThat(publish.qos()).isEqualTo(2);
        assertThat(publish.packetId()).isEqualTo(1234);
        assertThat(publish.properties().number(Property.TOPIC_ALIAS, 0)).isEqualTo(7);
        assertThat(publish.properties().userProperties())
                .containsExactly(new Properties.UserProperty("k", ""));
        assertThat(new String(publish.payload(), StandardCharsets.UTF_8)).isEqualTo("pa");
        assertThat(encode(publish, MqttVersion.V5)).isEqualTo(hex);
    }

    /** 3.1, 2.1: the three that a client may repeat. */
    @ParameterizedTest
    @ValueSource(strings = {"6a020001", "8a06000100016101", "aa0500010001 61"})
    void version31AloneHasDupInPacketsThatAreNoPublish(String hex) throws MqttCodecException {
        assertThat(decode(hex, MqttVersion.V3_1)).isNotNull();
        assertThatThrownBy(() -> decode(hex, MqttVersion.V3_1_1))
                .isInstanceOf(MqttCodecException.class);
        assertThatThrownBy(() -> decode(hex, MqttVersion.V5))
                .isInstanceOf(MqttCodecException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "40020001, V5, PubAck",
        "4003000110, V5, PubAck",
        "62020001, V3_1_1, PubRel",
        "e000, V5, Disconnect",
        "c000, V3_1, PingReq",
        "820600010001610 1, V3_1_1, Subscribe",
        "b0040001 00 11, V5, UnsubAck"
    })
    void goldenShortPackets(String hex, MqttVersion version, String type)
            throws MqttCodecException {
        MqttPacket packet = decode(hex, version);
        assertThat(packet.getClass().getSimpleName()).isEqualTo(type);
        assertThat(encode(packet, version)).isEqualTo(hex.replace(" ", ""));
    }

    @Test
    void everyPacketSurvivesEncodingAndDecoding() throws MqttCodecException {
        MqttDecoder decoder = new MqttDecoder();
        for (long seed = 0; seed < 4_000; seed++) {
            RandomPackets packets = new RandomPackets(seed);
            MqttVersion version = packets.version();
            MqttPacket packet = packets.next(version);
            ByteBuf out = Unpooled.buffer();
            MqttEncoder.encode(packet, version, out);
            assertThat(out.readableBytes())
                    .as("seed %d", seed)
                    .isEqualTo(MqttEncoder.encodedSize(packet, version));
            assertThat(decoder.decode(out, version))
                    .as("seed %d", seed)
                    .usingRecursiveComparison()
                    .isEqualTo(packet);
            assertThat(out.isReadable()).isFalse();
        }
    }

    @Test
    void everyPrefixAsksForMoreAndMovesNothing() throws MqttCodecException {
        MqttDecoder decoder = new MqttDecoder();
        for (long seed = 0; seed < 300; seed++) {
            RandomPackets packets = new RandomPackets(seed);
            MqttVersion version = packets.version();
            ByteBuf out = Unpooled.buffer();
            MqttEncoder.encode(packets.next(version), version, out);
            for (int length = 0; length < Math.min(out.readableBytes(), 300); length++) {
                ByteBuf prefix = out.slice(0, length);
                assertThat(decoder.decode(prefix, version)).as("seed %d", seed).isNull();
                assertThat(prefix.readerIndex()).isZero();
            }
        }
    }

    @Test
    void everyTruncatedBodyIsRefusedWithoutReadingBehindIt() {
        MqttDecoder decoder = new MqttDecoder();
        for (long seed = 0; seed < 300; seed++) {
            RandomPackets packets = new RandomPackets(seed);
            MqttVersion version = packets.version();
            ByteBuf out = Unpooled.buffer();
            MqttEncoder.encode(packets.next(version), version, out);
            byte[] bytes = ByteBufUtil.getBytes(out);
            int header = FixedHeader.size(FixedHeader.remainingLength(out));
            for (int end = header; end < Math.min(bytes.length, header + 60); end++) {
                try {
                    decoder.decode(bytes[0] & 0xFF, bytes, header, end, version);
                } catch (MqttCodecException e) {
                    assertThat(e.reason()).isNotNull();
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"3080808080", "30ffffffff7f", "308000", "10ffffff00"})
    void case1RemainingLengthIsAtMostFourBytesInItsShortestForm(String hex) {
        assertThatThrownBy(() -> decode(hex, MqttVersion.V5))
                .isInstanceOfSatisfying(
                        MqttCodecException.class, e -> assertThat(e.answered()).isFalse());
    }

    @Test
    void case1LargestRemainingLengthAllocatesNothing() {
        byte[] bytes = {0x30, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x7F};
        assertThat(FixedHeader.remainingLength(bytes, 0, 5)).isEqualTo(Wire.MAX_VARIABLE);
    }

    @ParameterizedTest
    @CsvSource({
        // case 4: properties longer than the packet, and values longer than the properties
        "100e00044d51545405 02 000a 7f 000170, MALFORMED_PACKET",
        "3205 0001 61 0001 7f, MALFORMED_PACKET",
        "3207 0001 61 0001 01 02, MALFORMED_PACKET",
        // case 5: twice
        "320a 0001 61 0001 04 0100 0101, PROTOCOL_ERROR",
        // case 6: unknown, and known in the wrong place
        "3209 0001 61 0001 03 800101, MALFORMED_PACKET",
        "320b 0001 61 0001 05 ffffff7f01, MALFORMED_PACKET",
        "3208 0001 61 0001 02 1700, PROTOCOL_ERROR",
        // case 8: values out of range
        "1011 00044d51545405 02 000a 03 210000 000170, PROTOCOL_ERROR",
        "1013 00044d51545405 02 000a 05 2700000000 000170, PROTOCOL_ERROR",
        "8209 0001 02 0b00 0001 70 00, PROTOCOL_ERROR",
        "3208 0001 61 0001 02 0102, PROTOCOL_ERROR",
        "3209 0001 61 0001 03 230000, TOPIC_ALIAS_INVALID",
        // case 11: reserved bits
        "83060001000170 00, MALFORMED_PACKET",
        "63020001, PROTOCOL_ERROR",
        "8207 0001 00 0001 70 40, MALFORMED_PACKET",
        "8207 0001 00 0001 70 30, MALFORMED_PACKET",
        "8207 0001 00 0001 70 03, MALFORMED_PACKET",
        "3606 0001 61 0001 00, MALFORMED_PACKET",
        // case 12: packet identifier 0, nothing asked for
        "8207 0000 00 0001 70 00, MALFORMED_PACKET",
        "a206 0000 00 0001 70, MALFORMED_PACKET",
        "3206 0001 61 0000 00, PROTOCOL_ERROR",
        "8203 0001 00, MALFORMED_PACKET",
        "a203 0001 00, MALFORMED_PACKET",
        // case 33: no-local on a shared subscription
        "8210 1234 00 000a 2473686172652f702f70 04, PROTOCOL_ERROR"
    })
    void cases4And5And6And8And11And12BadPacketsAreRefusedWithTheirReason(
            String hex, ReasonCode reason) {
        assertThatThrownBy(() -> decode(hex, MqttVersion.V5))
                .isInstanceOfSatisfying(
                        MqttCodecException.class, e -> assertThat(e.reason()).isEqualTo(reason));
    }

    @Test
    void case5UserPropertiesRepeatAndKeepTheirOrder() throws MqttCodecException {
        Properties properties =
                Properties.builder().user("b", "1").user("a", "2").user("b", "3").build();
        MqttPacket packet =
                new MqttPacket.Publish(false, 0, false, "t", 0, properties, new byte[0]);
        MqttPacket.Publish back =
                (MqttPacket.Publish) decode(encode(packet, MqttVersion.V5), MqttVersion.V5);
        assertThat(back.properties().userProperties())
                .extracting(Properties.UserProperty::value)
                .containsExactly("1", "2", "3");
    }

    @Test
    void case7ManyUserPropertiesTakeLinearTime() throws MqttCodecException {
        Properties.Builder builder = Properties.builder();
        for (int i = 0; i < 100_000; i++) {
            builder.user("k", "v");
        }
        MqttPacket packet =
                new MqttPacket.Connect(
                        MqttVersion.V5, false, true, 0, builder.build(), "c", null, null, null);
        long start = System.nanoTime();
        decode(encode(packet, MqttVersion.V5), MqttVersion.V5);
        assertThat(System.nanoTime() - start).isLessThan(5_000_000_000L);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "c080",
                "eda080",
                "edbfbf",
                "00",
                "f5808080",
                "f08080af",
                "e080af",
                "c3",
                "80"
            })
    void case9IllFormedTextIsNeverText(String hex) {
        byte[] bytes = ByteBufUtil.decodeHexDump(hex);
        assertThat(TextRules.isText(bytes, 0, bytes.length, false)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"efbbbf61", "f48fbfbd", "c3a9", "ed9fbf", "ee8080"})
    void case9WellFormedTextIsTextWithItsByteOrderMark(String hex) {
        byte[] bytes = ByteBufUtil.decodeHexDump(hex);
        assertThat(TextRules.isText(bytes, 0, bytes.length, true)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"01", "1f", "7f", "c29f", "efbfbf", "efb790", "f48fbfbf"})
    void controlCharactersAndNonCharactersAreRefusedInNamesOnly(String hex) {
        byte[] bytes = ByteBufUtil.decodeHexDump(hex);
        assertThat(TextRules.isText(bytes, 0, bytes.length, true)).isFalse();
        assertThat(TextRules.isText(bytes, 0, bytes.length, false)).isTrue();
    }

    @Test
    void case13PasswordWithoutUserIsLegalIn5Only() throws MqttCodecException {
        MqttPacket.Connect five =
                (MqttPacket.Connect)
                        decode("1011 00044d515454 05 42 000a 00 000170 000170", MqttVersion.V5);
        assertThat(five.username()).isNull();
        assertThat(five.password()).hasSize(1);
        assertThatThrownBy(
                        () ->
                                decode(
                                        "1010 00044d515454 04 42 000a 000170 000170",
                                        MqttVersion.V3_1_1))
                .isInstanceOfSatisfying(
                        MqttCodecException.class, e -> assertThat(e.answered()).isFalse());
    }

    @ParameterizedTest
    @CsvSource({
        "100d 00044d515454 06 02 000a 000170, UNSUPPORTED_PROTOCOL_VERSION, true",
        "100d 00044d515455 04 02 000a 000170, MALFORMED_PACKET, false",
        "100f 00064d5149736470 04 02 000a 000170, UNSUPPORTED_PROTOCOL_VERSION, true"
    })
    void case14OtherLevelsAreAnsweredOtherNamesAreNot(
            String hex, ReasonCode reason, boolean answered) {
        assertThatThrownBy(() -> decode(hex, MqttVersion.V5))
                .isInstanceOfSatisfying(
                        MqttCodecException.class,
                        e -> {
                            assertThat(e.reason()).isEqualTo(reason);
                            assertThat(e.answered()).isEqualTo(answered);
                        });
    }

    @Test
    void case14BridgesAreRecognised() throws MqttCodecException {
        MqttPacket.Connect connect =
                (MqttPacket.Connect)
                        decode("100d 00044d515454 84 02 000a 000170", MqttVersion.V3_1_1);
        assertThat(connect.bridge()).isTrue();
        assertThat(connect.version()).isEqualTo(MqttVersion.V3_1_1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "40020001",
                "4003000100",
                "400400010000",
                "500b0001 00 07 26 0001 70 0000 1f"
            })
    void case16AcknowledgementsHaveThreeLengths(String hex) throws MqttCodecException {
        if (hex.startsWith("50")) {
            assertThatThrownBy(() -> decode(hex, MqttVersion.V5))
                    .isInstanceOf(MqttCodecException.class);
        } else {
            MqttPacket.PubAck ack = (MqttPacket.PubAck) decode(hex, MqttVersion.V5);
            assertThat(ack.packetId()).isEqualTo(1);
            assertThat(ack.reason()).isEqualTo(ReasonCode.SUCCESS);
        }
    }

    @Test
    void case16DisconnectWithoutAnythingIsNormal() throws MqttCodecException {
        assertThat(decode("e000", MqttVersion.V5))
                .isEqualTo(new MqttPacket.Disconnect(ReasonCode.SUCCESS, Properties.NONE));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a/#/b",
                "a+",
                "#a",
                "",
                "$share//x",
                "$share/g",
                "$share/g+/x",
                "a/+b",
                "$share/g/",
                "$share/g/a#"
            })
    void case33BadFiltersAreRefused(String filter) {
        assertThat(TopicRules.isFilter(filter)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"a/+/#", "/", "//", "+/+", "#", "+", "$share/g/#", "$share/g//", "sport/#"})
    void case33GoodFiltersWithEmptyLevelsWork(String filter) {
        assertThat(TopicRules.isFilter(filter)).isTrue();
    }

    @Test
    void case34TheLongestTopicWithTheMostLevelsIsRead() throws MqttCodecException {
        String topic = "/".repeat(65_535);
        MqttPacket packet =
                new MqttPacket.Publish(false, 0, false, topic, 0, Properties.NONE, new byte[0]);
        MqttPacket.Publish back =
                (MqttPacket.Publish) decode(encode(packet, MqttVersion.V5), MqttVersion.V5);
        assertThat(back.topic()).isEqualTo(topic);
        assertThat(TopicRules.levels(topic)).isEqualTo(65_536);
    }

    @Test
    void case41TheLargestSubscriptionIdentifierIsRead() throws MqttCodecException {
        MqttPacket.Subscribe subscribe =
                (MqttPacket.Subscribe)
                        decode("820c 0001 05 0b ffffff7f 0001 70 00", MqttVersion.V5);
        assertThat(subscribe.properties().subscriptionIdentifiers())
                .isEqualTo(List.of(268_435_455));
    }

    @Test
    void theViewSeesWhatTheRecordSays() throws MqttCodecException {
        PublishView view = new PublishView();
        MqttDecoder decoder = new MqttDecoder();
        for (long seed = 0; seed < 3_000; seed++) {
            RandomPackets packets = new RandomPackets(seed);
            MqttVersion version = packets.version();
            MqttPacket packet = packets.next(version);
            if (!(packet instanceof MqttPacket.Publish publish)) {
                continue;
            }
            ByteBuf out = Unpooled.buffer();
            MqttEncoder.encode(packet, version, out);
            byte[] bytes = ByteBufUtil.getBytes(out);
            int header = FixedHeader.size(FixedHeader.remainingLength(out));
            view.parse(bytes[0] & 0xFF, bytes, header, bytes.length, version == MqttVersion.V5);
            assertThat(view.qos()).isEqualTo(publish.qos());
            assertThat(view.dup()).isEqualTo(publish.dup());
            assertThat(view.retain()).isEqualTo(publish.retain());
            assertThat(view.packetId()).isEqualTo(publish.packetId());
            assertThat(view.payloadLength()).isEqualTo(publish.payload().length);
            assertThat(view.alias())
                    .isEqualTo((int) publish.properties().number(Property.TOPIC_ALIAS, 0));
            assertThat(
                            new String(
                                    bytes,
                                    view.topicAt(),
                                    view.topicLength(),
                                    StandardCharsets.UTF_8))
                    .isEqualTo(publish.topic());
            assertThat(decoder.decode(out, version)).isNotNull();
        }
    }
}
