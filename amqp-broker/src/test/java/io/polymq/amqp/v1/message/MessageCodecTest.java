package io.polymq.amqp.v1.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.polymq.amqp.model.Envelope;
import io.polymq.amqp.model.EnvelopeCodec;
import io.polymq.amqp.v1.type.AmqpArray;
import io.polymq.amqp.v1.type.DecodeException;
import io.polymq.amqp.v1.type.Symbol;
import io.polymq.amqp.v1.type.Unsigned;
import io.polymq.amqp.v1.type.ValueWriter;
import io.polymq.codec.amqp.BasicProperties;
import io.polymq.codec.amqp.FieldTable;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.MessageProperties;
import io.polymq.core.subject.Subject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageCodecTest {

    private static final String DATA_HI = "005375a0026869";
    private static final long NOW = 1_500_000;

    private final TestMessages messages = new TestMessages();
    private final Incoming incoming = new Incoming(1 << 20);

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private Incoming decoded(byte[] bytes) {
        return incoming.read(bytes, 0, bytes.length);
    }

    private KeptMessage kept(byte[] bytes) {
        return messages.kept(decoded(bytes), "amq.direct", "k");
    }

    private byte[] encoded(KeptMessage message, long ttl, Map<String, Object> annotations) {
        ByteBuf out = Unpooled.buffer();
        messages.codec().encode(message, 0, true, ttl, annotations, out);
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }

    private static byte[] bytes(ByteBuf buffer) {
        byte[] bytes = new byte[buffer.readableBytes()];
        buffer.readBytes(bytes);
        return bytes;
    }

    private static MessageProperties neutral(KeptMessage message) {
        return message.lendTo(new Message()).properties();
    }

    /** A message with all sections: the bare ones from properties to footer. */
    private static byte[] bare() {
        ByteBuf out = Unpooled.buffer();
        ValueWriter.descriptor(out, 0x73);
        ValueWriter.write(
                out,
                Arrays.asList(
                        new UUID(1, 2),
                        utf8("guest"),
                        "/queues/q",
                        "subject",
                        "/exchanges/amq.topic/answers.here",
                        Unsigned.ofLong(7),
                        new Symbol("text/plain"),
                        new Symbol("gzip"),
                        Instant.ofEpochMilli(2_000_000),
                        Instant.ofEpochMilli(1_000_500),
                        "group",
                        Unsigned.ofInt(9),
                        "others"));
        ValueWriter.descriptor(out, 0x74);
        Map<Object, Object> application = new LinkedHashMap<>();
        application.put("text", "é");
        application.put("ubyte", Unsigned.ofByte(200));
        application.put("long", 5L);
        application.put("nothing", null);
        application.put("flag", true);
        ValueWriter.write(out, application);
        out.writeBytes(hex(DATA_HI));
        out.writeBytes(hex("005378c1 06 02 a10166 5401"));
        return bytes(out);
    }

    // 1.0 to 1.0.

    @Test
    void theBareMessageStaysByteForByte() {
        byte[] bare = bare();
        ByteBuf in = Unpooled.buffer();
        in.writeBytes(hex("005370c00903 41 5006 70000003e8"));
        in.writeBytes(hex("005371c1 06 02 a30164 5401"));
        in.writeBytes(hex("005372c1 08 02 a303782d61 5401"));
        in.writeBytes(bare);

        KeptMessage kept = kept(bytes(in));

        assertThat(kept.payload()).isEqualTo(utf8("hi"));
        assertThat(kept.flags())
                .isEqualTo(Envelope.PERSISTENT | Envelope.PRIORITY | Envelope.EXPIRES);
        byte[] out = encoded(kept, 400, Map.of("x-more", 3L));
        assertThat(hex(out)).endsWith(hex(bare));
        Incoming again = new Incoming(1 << 20).read(out, 0, out.length);
        assertThat(again.header()).isEqualTo(new Header(true, 6, 400, true, 0));
        assertThat(again.annotations())
                .containsOnly(
                        Map.entry("x-exchange", "amq.direct"),
                        Map.entry("x-routing-key", "k"),
                        Map.entry("x-more", 3L),
                        Map.entry("x-a", 1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "005375a000",
                "005375a00161",
                "005375b00000000161",
                "00800000000000000075a00161",
                "00a310616d71703a646174613a62696e617279a00161",
                "005375a00161 005375a000 005375a0026263",
                "005375a00161 005378c10100",
                "005377a1026869",
                "005377b1000000026869",
                "005377a0026869 005378c10100",
                "00537740",
                "005377c1050254015402",
                "00537645 005376c0050254015402",
                "005374c10100 00537740",
                "00537345 005375a00161",
                "005373d0000000050000000140 005375a00161",
                "005377 005304 c00100",
                "005378c10100",
                "005374c10100"
            })
    void everyFormOfBodyStaysByteForByte(String text) {
        byte[] bare = hex(text);
        assertThat(hex(encoded(kept(bare), -1, Map.of()))).endsWith(hex(bare));
    }

    @Test
    void whatOtherProtocolsTakeForThePayload() {
        assertThat(kept(hex("005375a00161 005375a0026263")).payload()).isEqualTo(utf8("abc"));
        assertThat(kept(hex("005377a1026869")).payload()).isEqualTo(utf8("hi"));
        assertThat(kept(hex("005377a0026869")).payload()).isEqualTo(utf8("hi"));
        KeptMessage map = kept(hex("005377c1050254015402"));
        assertThat(map.payload()).isEqualTo(hex("005377c1050254015402"));
        assertThat(neutral(map).contentType()).isEqualTo("message/vnd.rabbitmq.amqp");
    }

    @Test
    void aBodyOfMoreSectionsThanAreCountedIsKeptAsItIs() {
        byte[] many = hex("005375a00161".repeat(3000));
        KeptMessage kept = kept(many);
        assertThat(kept.payload()).isEqualTo(many);
        assertThat(hex(encoded(kept, -1, Map.of()))).endsWith(hex(many));
    }

    @Test
    void theReceiverIsToldAttemptsAndWhatTimeIsLeft() {
        KeptMessage kept = kept(hex(DATA_HI));
        ByteBuf out = Unpooled.buffer();
        messages.codec().encode(kept, 3, false, 250, Map.of(), out);
        byte[] bytes = bytes(out);
        assertThat(decoded(bytes).header()).isEqualTo(new Header(false, -1, 250, false, 3));
    }

    @Test
    void oldAnnotationsOfTheBrokerGiveWayToItsNewOnes() {
        byte[] first = encoded(kept(hex(DATA_HI)), -1, Map.of("x-stream-offset", 1L));
        KeptMessage second = messages.kept(decoded(first), "other", "key");
        byte[] out = encoded(second, -1, Map.of("x-stream-offset", 2L));
        assertThat(decoded(out).annotations())
                .containsOnly(
                        Map.entry("x-exchange", "other"),
                        Map.entry("x-routing-key", "key"),
                        Map.entry("x-stream-offset", 2L));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "005375a0026869 005377a1026869",
                "005377a1026869 005377a1026869",
                "005378c10100 005375a0026869",
                "005374c10100 00537345 00537740",
                "005370c00100 005370c00100",
                "005375a1026869",
                "00537640",
                "00537240",
                "00537340",
                "005370a10161",
                "005379c00100",
                "00a30161c00100",
                "40",
                "005375a0036869",
                "005372c1020141 00537740",
                "005374 c1ff0140",
                "0053"
            })
    void sectionsThatAreNoneOrNotInTheirPlaceAreRefused(String text) {
        byte[] bytes = hex(text);
        assertThatThrownBy(() -> decoded(bytes)).isInstanceOf(DecodeException.class);
    }

    @Test
    void damagedMessagesAreRefusedOrPassOn() {
        Random random = new Random(11);
        Ordeal ordeal = new Ordeal();
        byte[][] whole = {
            bare(),
            hex("005370c00903 41 5006 70000003e8 005372c1 08 02 a303782d61 5401" + DATA_HI),
            hex("005377a1026869 005378c10100"),
            hex("005376c0050254015402 005376c0050254015402"),
            hex("005375a00161 005375a000 005375a0026263")
        };
        int passed = 0;
        for (int i = 0; i < 30_000; i++) {
            byte[] bytes = whole[random.nextInt(whole.length)].clone();
            for (int j = random.nextInt(4); j >= 0; j--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            passed += ordeal.through(bytes) ? 1 : 0;
        }
        assertThat(passed).isBetween(1000, 29_000);
    }

    @Test
    void everyBeginningOfAMessageIsRefusedOrPassesOn() {
        Ordeal ordeal = new Ordeal();
        byte[] whole = bare();
        for (int length = 0; length <= whole.length; length++) {
            ordeal.through(Arrays.copyOf(whole, length));
        }
        assertThat(ordeal.through(whole)).isTrue();
    }

    @Test
    void aMessageLargerThanMayBeIsRefused() {
        byte[] large = hex("005375b000000400" + "00".repeat(1024));
        Incoming small = new Incoming(1024);
        assertThatThrownBy(() -> small.read(large, 0, large.length))
                .isInstanceOf(DecodeException.class);
    }

    @Test
    void whatRoutingAsksForIsRead() {
        ByteBuf in = Unpooled.buffer();
        in.writeBytes(hex("005372"));
        ValueWriter.write(in, Map.of(new Symbol("x-cc"), List.of("a", "b")));
        in.writeBytes(bare());
        Incoming read = decoded(bytes(in));
        assertThat(read.copies()).containsExactly("a", "b");
        assertThat(read.userId()).isEqualTo(utf8("guest"));
        assertThat(read.properties().to()).isEqualTo("/queues/q");
        assertThat(read.properties().subject()).isEqualTo("subject");
        assertThat(read.applicationProperties()).containsEntry("flag", true);
    }

    @Test
    void aHeaderSectionIsKeptForQueues() {
        KeptMessage kept = kept(hex("005370c00903 41 5006 70000003e8" + DATA_HI));
        assertThat(kept.priority()).isEqualTo(6);
        assertThat(kept.expiresAt(1000)).isEqualTo(2000);
    }

    @Test
    void theTimeOfExpiryCountsWhereThereIsNoTimeToLive() {
        assertThat(kept(bare()).expiresAt(1000)).isEqualTo(2_000_000);
        byte[] both = HexFormat.of().parseHex("005370c00903415006" + "70000003e8" + hex(bare()));
        assertThat(kept(both).expiresAt(1000)).isEqualTo(2000);
        assertThat(kept(hex(DATA_HI)).expiresAt(1000)).isEqualTo(-1);
    }

    @Test
    void anAddressForAnswersIsANameInTheOldDialect() {
        assertThat(answersInTheOldDialect("/queues/a%20b")).isEqualTo("a b");
        assertThat(answersInTheOldDialect("plain")).isEqualTo("plain");
        assertThat(answersInTheOldDialect("/exchanges/amq.topic/a.b")).isEqualTo("a.b");
        assertThat(answersInTheOldDialect("/exchanges/e/k")).isEqualTo("/exchanges/e/k");
        assertThat(answersInTheOldDialect("//")).isEqualTo("//");
    }

    private String answersInTheOldDialect(String address) {
        ByteBuf out = Unpooled.buffer();
        new Properties(
                        null, null, null, null, address, null, null, null, null, null, null, null,
                        null)
                .write(out);
        out.writeBytes(hex(DATA_HI));
        KeptMessage kept = kept(bytes(out));
        ToBasic basic = MessageCodec.toBasic(Envelope.of(kept), kept.payload(), 0, 2, NOW);
        return BasicProperties.decode(basic.properties(), 0, basic.properties().length).replyTo();
    }

    // To and from neutral properties.

    @Test
    void otherProtocolsSeeTheNeutralProperties() {
        MessageProperties neutral = neutral(kept(bare()));
        assertThat(neutral.contentType()).isEqualTo("text/plain");
        assertThat(neutral.correlation()).isEqualTo(utf8("7"));
        assertThat(neutral.replyTo()).isEqualTo("answers.here");
        assertThat(neutral.messageId()).isEqualTo("urn:uuid:00000000-0000-0001-0000-000000000002");
        assertThat(neutral.timestamp()).isEqualTo(1_000_500);
        assertThat(neutral.expiresAt()).isEqualTo(2_000_000);
        assertThat(neutral.headers().stream().map(MessageProperties.Header::name))
                .containsExactly("text", "ubyte", "long", "nothing", "flag", "content-encoding");
        assertThat(neutral.headers().get(0).value()).isEqualTo(utf8("é"));
        assertThat(neutral.headers().get(1).value()).isEqualTo(utf8("200"));
        assertThat(neutral.headers().get(3).value()).isNull();
    }

    @Test
    void aMessageOfAnotherProtocolIsADataSectionWithItsProperties() {
        MessageProperties neutral =
                new MessageProperties(
                        "text/plain",
                        new byte[] {(byte) 0xFF},
                        "answers.here",
                        "id-1",
                        1000,
                        5000,
                        7,
                        true,
                        List.of(
                                new MessageProperties.Header("a", utf8("1")),
                                new MessageProperties.Header("b", new byte[] {(byte) 0xFE}),
                                new MessageProperties.Header("c", null)));
        KeptMessage kept =
                new Message()
                        .begin(Subject.ofDotted("x.y"), utf8("hi"), 0, 2)
                        .properties(neutral)
                        .keep();

        Incoming read = decoded(encoded(kept, 900, Map.of()));

        assertThat(read.header()).isEqualTo(new Header(true, 7, 900, true, 0));
        assertThat(read.annotations())
                .containsOnly(
                        Map.entry("x-exchange", "amq.topic"), Map.entry("x-routing-key", "x.y"));
        Properties properties = read.properties();
        assertThat(properties.contentType()).isEqualTo("text/plain");
        assertThat((byte[]) properties.correlationId()).isEqualTo(new byte[] {(byte) 0xFF});
        assertThat(properties.replyTo()).isEqualTo("/exchanges/amq.topic/answers.here");
        assertThat(properties.messageId()).isEqualTo("id-1");
        assertThat(properties.creationTime()).isEqualTo(Instant.ofEpochMilli(1000));
        assertThat(properties.absoluteExpiryTime()).isEqualTo(Instant.ofEpochMilli(5000));
        assertThat(read.applicationProperties()).containsEntry("a", "1").containsEntry("c", null);
        assertThat(read.payloadLength()).isEqualTo(2);
        MessageProperties back = neutral(messages.kept(read, "amq.topic", "x.y"));
        assertThat(back).usingRecursiveComparison().isEqualTo(neutral);
    }

    @Test
    void theFormatWritesAMessageOfAnotherProtocolForTheModel() {
        V1Format format = new V1Format();
        MessageProperties neutral =
                new MessageProperties(
                        "a/b",
                        null,
                        null,
                        "m",
                        -1,
                        -1,
                        3,
                        true,
                        List.of(new MessageProperties.Header("h", utf8("v"))));
        byte[] own = format.write(neutral);
        KeptMessage kept =
                TestMessages.kept(MessageCodec.newEnvelopeCodec(), own, 0, "e", "k", utf8("body"));
        assertThat(neutral(kept)).usingRecursiveComparison().isEqualTo(neutral);
        MessageCodec codec = new MessageCodec((EnvelopeCodec) kept.headerCodec());
        ByteBuf out = Unpooled.buffer();
        codec.encode(kept, 0, true, -1, Map.of(), out);
        Incoming read = decoded(bytes(out));
        assertThat(
                        new String(
                                read.payload(),
                                read.payloadOffset(),
                                read.payloadLength(),
                                StandardCharsets.UTF_8))
                .isEqualTo("body");
        assertThat(read.applicationProperties()).containsEntry("h", "v");
        assertThat(format.priority(own, 0, own.length)).isEqualTo(3);
    }

    @Test
    void bytesThatAreNoMessageSayNothing() {
        V1Format format = new V1Format();
        for (byte[] own :
                new byte[][] {{}, {1, 2, 3}, {0, 0, 0, 0, 9, 1}, {(byte) 0x80, 0, 0, 0, 0, 0, 0}}) {
            assertThat(format.properties(own, 0, own.length)).isEqualTo(MessageProperties.NONE);
            assertThat(format.headers(own, 0, own.length)).isEmpty();
            assertThat(format.timeToLive(own, 0, own.length)).isEqualTo(-1);
            assertThat(format.property("message_id", own, 0, own.length)).isNull();
        }
    }

    // 0-9-1.

    private static KeptMessage classic(BasicProperties basic, byte[] payload) {
        return TestMessages.kept(
                new ClassicStandIn().codec(), basic.encode(), 0, "e", "k", payload);
    }

    private static BasicProperties basic(Map<String, Object> headers, String type) {
        return new BasicProperties(
                "text/plain",
                "gzip",
                FieldTable.of(headers),
                2,
                5,
                "corr",
                "answers",
                "1000",
                "urn:uuid:00000000-0000-0001-0000-000000000002",
                1234L,
                type,
                "guest",
                "app",
                "cluster");
    }

    @Test
    void aMessageOfTheOldDialectIsConvertedByTheTable() {
        Map<String, Object> headers = new LinkedHashMap<>();
        headers.put("text", "v");
        headers.put("int", 7);
        headers.put("time", Instant.ofEpochSecond(9));
        headers.put("void", null);
        headers.put("x-own", "x");
        headers.put("CC", List.of("a"));
        headers.put("table", Map.of("n", 1));
        KeptMessage kept = classic(basic(headers, "kind"), utf8("hi"));

        Incoming read = decoded(encoded(kept, 500, Map.of()));

        assertThat(read.header()).isEqualTo(new Header(true, 5, 500, true, 0));
        Properties properties = read.properties();
        assertThat(properties.messageId()).isEqualTo(new UUID(1, 2));
        assertThat(properties.userId()).isEqualTo(utf8("guest"));
        assertThat(properties.correlationId()).isEqualTo("corr");
        assertThat(properties.replyTo()).isEqualTo("answers");
        assertThat(properties.contentType()).isEqualTo("text/plain");
        assertThat(properties.contentEncoding()).isEqualTo("gzip");
        assertThat(properties.creationTime()).isEqualTo(Instant.ofEpochSecond(1234));
        assertThat(properties.groupId()).isEqualTo("app");
        Map<String, Object> application = new LinkedHashMap<>();
        application.put("text", "v");
        application.put("int", 7);
        application.put("time", Instant.ofEpochSecond(9));
        application.put("void", null);
        assertThat(read.applicationProperties()).isEqualTo(application);
        assertThat(read.annotations())
                .containsEntry("x-own", "x")
                .containsEntry("x-cc", List.of("a"))
                .containsEntry("x-basic-type", "kind")
                .containsEntry("x-basic-cluster-id", "cluster")
                .containsEntry(
                        "x-opt-basic-headers",
                        Map.of(new Symbol("table"), Map.of(new Symbol("n"), 1)))
                .containsEntry("x-exchange", "e")
                .containsEntry("x-routing-key", "k");
    }

    @Test
    void throughTheOldDialectAndBackNothingIsLost() {
        Map<String, Object> headers = new LinkedHashMap<>();
        headers.put("text", "v");
        headers.put("x-own", "x");
        headers.put("CC", List.of("a"));
        headers.put("table", Map.of("n", 1));
        BasicProperties basic = basic(headers, "kind");
        byte[] v1 = encoded(classic(basic, utf8("hi")), 1000, Map.of());
        KeptMessage kept = messages.kept(decoded(v1), "e", "k");
        Envelope envelope = Envelope.of(kept);

        ToBasic back = MessageCodec.toBasic(envelope, kept.payload(), 0, 2, NOW);

        assertThat(back.payload()).isNull();
        BasicProperties again =
                BasicProperties.decode(back.properties(), 0, back.properties().length);
        Map<String, Object> expected = new LinkedHashMap<>(headers);
        expected.put("x-exchange", "e");
        expected.put("x-routing-key", "k");
        assertThat(again.headers().entries()).isEqualTo(expected);
        assertThat(again.with(null, "1000")).isEqualTo(basic.with(null, "1000"));
    }

    @Test
    void aMessageOfTheNewDialectIsConvertedByTheTable() {
        KeptMessage kept = kept(bare());

        ToBasic converted = MessageCodec.toBasic(Envelope.of(kept), kept.payload(), 0, 2, NOW);

        BasicProperties basic =
                BasicProperties.decode(converted.properties(), 0, converted.properties().length);
        assertThat(basic.messageId()).isEqualTo("urn:uuid:00000000-0000-0001-0000-000000000002");
        assertThat(basic.correlationId()).isEqualTo("7");
        assertThat(basic.userId()).isEqualTo("guest");
        assertThat(basic.contentType()).isEqualTo("text/plain");
        assertThat(basic.timestamp()).isEqualTo(1000L);
        assertThat(basic.appId()).isEqualTo("group");
        assertThat(basic.deliveryMode()).isEqualTo(1);
        assertThat(basic.expiration()).isEqualTo("500000");
        assertThat(basic.replyTo()).isEqualTo("answers.here");
        assertThat(basic.headers().entries())
                .containsEntry("text", "é")
                .containsEntry("ubyte", (short) 200)
                .containsEntry("long", 5L)
                .containsEntry("nothing", null)
                .containsEntry("flag", true)
                .containsEntry("x-opt-amqp-to", "/queues/q")
                .containsEntry("x-opt-amqp-subject", "subject")
                .containsEntry("x-opt-amqp-group-sequence", 9L)
                .containsKey("x-opt-amqp-footer");
    }

    @Test
    void aBodyThatIsNoDataIsItsSectionsInTheOldDialect() {
        for (String body : List.of("005377a1026869", "005377c1050254015402", "00537645")) {
            KeptMessage kept = kept(hex("005374c10100" + body));
            byte[] payload = kept.payload();
            ToBasic converted =
                    MessageCodec.toBasic(Envelope.of(kept), payload, 0, payload.length, NOW);
            assertThat(hex(converted.payload())).isEqualTo(body);
            BasicProperties basic =
                    BasicProperties.decode(
                            converted.properties(), 0, converted.properties().length);
            assertThat(basic.type()).isEqualTo("amqp-1.0");
            assertThat(hex(encoded(classic(basic, converted.payload()), -1, Map.of())))
                    .endsWith(body);
        }
    }

    @Test
    void aTypeThatPromisesSectionsIsNotBelieved() {
        BasicProperties basic = basic(Map.of(), "amqp-1.0");
        Incoming read = decoded(encoded(classic(basic, utf8("hi")), -1, Map.of()));
        assertThat(read.payloadLength()).isEqualTo(2);
    }

    @Test
    void deathsAreRecordsInAnAnnotation() {
        Map<String, Object> death = new LinkedHashMap<>();
        death.put("count", 2L);
        death.put("reason", "expired");
        death.put("queue", "q");
        death.put("time", Instant.ofEpochSecond(5));
        death.put("exchange", "e");
        death.put("routing-keys", List.of("k"));
        death.put("original-expiration", "10");
        Map<Object, Object> record = new LinkedHashMap<>();
        record.put(new Symbol("ttl"), Unsigned.ofInt(10));
        record.put(new Symbol("queue"), "q");
        record.put(new Symbol("reason"), new Symbol("expired"));
        record.put(new Symbol("count"), Unsigned.ofLong(2));
        record.put(new Symbol("first-time"), Instant.ofEpochSecond(5));
        record.put(new Symbol("last-time"), Instant.ofEpochSecond(5));
        record.put(new Symbol("exchange"), "e");
        record.put(new Symbol("routing-keys"), new AmqpArray(List.of("k")));
        assertThat(DeathRecords.of(List.of(death))).isEqualTo(new AmqpArray(List.of(record)));
        assertThat(DeathRecords.of("none")).isNull();
    }
}
