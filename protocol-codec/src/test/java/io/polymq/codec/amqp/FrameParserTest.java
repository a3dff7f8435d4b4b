package io.polymq.codec.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrameParserTest {

    private final MethodsTest.Heard heard = new MethodsTest.Heard();

    @Test
    void aFrameThatDoesNotEndAsItMustDoesNotAct() {
        ByteBuf in = Unpooled.buffer();
        Methods.write(in, 1, new BasicMethod.Ack(1, false));
        Methods.write(in, 1, new BasicMethod.Ack(2, false));
        in.setByte(in.readableBytes() - 1, 0xCD);
        assertThatThrownBy(() -> new FrameParser(4096).parse(in, heard))
                .isInstanceOfSatisfying(
                        AmqpException.class,
                        e -> assertThat(e.code()).isEqualTo(ReplyCode.FRAME_ERROR));
        assertThat(heard.frames).containsExactly(new BasicMethod.Ack(1, false));
    }

    @Test
    void aFrameAboveTheLimitIsRefusedByItsHeaderAlone() {
        FrameParser parser = new FrameParser(4096);
        ByteBuf fits =
                Unpooled.buffer()
                        .writeByte(Frame.BODY)
                        .writeShort(1)
                        .writeInt(4096 - Frame.OVERHEAD);
        parser.parse(fits, heard);
        ByteBuf tooLarge =
                Unpooled.buffer()
                        .writeByte(Frame.BODY)
                        .writeShort(1)
                        .writeInt(4096 - Frame.OVERHEAD + 1);
        assertThatThrownBy(() -> parser.parse(tooLarge, heard)).isInstanceOf(AmqpException.class);
        ByteBuf negative = Unpooled.buffer().writeByte(Frame.BODY).writeShort(1).writeInt(-1);
        parser.maxFrame(0);
        assertThatThrownBy(() -> parser.parse(negative, heard)).isInstanceOf(AmqpException.class);
    }

    @Test
    void contentIsCutIntoFramesThatFitAndComesBackWhole() {
        byte[] body = new byte[10_000];
        new Random(1).nextBytes(body);
        byte[] properties = BasicProperties.NONE.encode();
        ByteBuf out = Unpooled.buffer();
        ContentHeader.write(out, 1, body.length, properties, 0, properties.length);
        assertThat(out.readableBytes()).isEqualTo(ContentHeader.frameSize(properties.length));
        int header = out.readableBytes();
        ContentHeader.writeBody(out, 1, body, 0, body.length, 4096);
        assertThat(out.readableBytes() - header)
                .isEqualTo(ContentHeader.bodySize(body.length, 4096));
        new FrameParser(4096).parse(out, heard);
        assertThat(heard.frames).hasSize(4);
        assertThat((ContentHeader) heard.frames.get(0))
                .extracting(ContentHeader::bodySize)
                .isEqualTo(10_000L);
        ByteBuf joined = Unpooled.buffer();
        heard.frames.subList(1, 4).forEach(part -> joined.writeBytes((byte[]) part));
        assertThat(Arrays.copyOf(joined.array(), joined.readableBytes())).isEqualTo(body);
    }

    @Test
    void anEmptyBodyIsNoFrame() {
        ByteBuf out = Unpooled.buffer();
        ContentHeader.writeBody(out, 1, new byte[0], 0, 0, 4096);
        assertThat(out.readableBytes()).isZero();
        assertThat(ContentHeader.bodySize(0, 4096)).isZero();
    }

    @Test
    void everyFieldTypeComesBack() {
        Map<String, Object> entries = new LinkedHashMap<>();
        entries.put("flag", true);
        entries.put("byte", (byte) -3);
        entries.put("short", (short) -300);
        entries.put("int", -70_000);
        entries.put("long", Long.MIN_VALUE);
        entries.put("float", 1.5f);
        entries.put("double", -2.25);
        entries.put("decimal", new BigDecimal("12.34"));
        entries.put("text", "grün");
        entries.put("time", Instant.ofEpochSecond(1_700_000_000));
        entries.put("list", Arrays.asList(1, "two", null, List.of(3L)));
        entries.put("table", Map.of("a", Map.of("b", false)));
        entries.put("void", null);
        FieldTable table = FieldTable.ofBytes(FieldTable.of(entries).bytes());
        assertThat(table.entries()).isEqualTo(entries);
        assertThat(table.get("double")).isEqualTo(-2.25);
        FieldTable bytes = FieldTable.of(Map.of("x", new byte[] {1, (byte) 0xFF}));
        assertThat((byte[]) FieldTable.ofBytes(bytes.bytes()).get("x")).containsExactly(1, 0xFF);
    }

    @Test
    void typeLettersAreReadAsRabbitMqReadsThem() {
        byte[] table =
                HexFormat.of()
                        .parseHex(
                                "01614cffffffffffffffff"
                                        + "016273ffff"
                                        + "016342ff"
                                        + "016475ffff"
                                        + "016569ffffffff"
                                        + "01665300000002fffe");
        Map<String, Object> entries = FieldTable.ofBytes(table).entries();
        assertThat(entries)
                .containsEntry("a", -1L)
                .containsEntry("b", (short) -1)
                .containsEntry("c", (short) 255);
        assertThat(entries).containsEntry("d", 65_535).containsEntry("e", 4_294_967_295L);
        assertThat((byte[]) entries.get("f")).containsExactly(0xFF, 0xFE);
    }

    @Test
    void lyingLengthsAndDeepNestingAreASyntaxError() {
        for (String hex :
                List.of(
                        "0161",
                        "016153ffffffff",
                        "01614100000009",
                        "01615300000003ab",
                        "05",
                        "01617a00")) {
            assertThatThrownBy(() -> FieldTable.ofBytes(HexFormat.of().parseHex(hex)).entries())
                    .as(hex)
                    .isInstanceOfSatisfying(
                            AmqpException.class,
                            e -> assertThat(e.code()).isEqualTo(ReplyCode.SYNTAX_ERROR));
        }
        ByteBuf deep = Unpooled.buffer();
        int levels = 10_000;
        for (int i = 0; i < levels; i++) {
            deep.writeByte(1).writeByte('a').writeByte('F').writeInt((levels - i - 1) * 7);
        }
        byte[] bytes = Arrays.copyOf(deep.array(), deep.readableBytes());
        assertThatThrownBy(() -> FieldTable.ofBytes(bytes).entries())
                .isInstanceOf(AmqpException.class);
    }

    @Test
    void propertiesComeBackAsTheyWereWritten() {
        BasicProperties all =
                new BasicProperties(
                        "text/plain",
                        "gzip",
                        FieldTable.of(Map.of("k", "v")),
                        2,
                        9,
                        "corr",
                        "reply",
                        "60000",
                        "id",
                        1_700_000_000L,
                        "type",
                        "guest",
                        "app",
                        "cluster");
        byte[] bytes = all.encode();
        assertThat(BasicProperties.decode(bytes, 0, bytes.length)).isEqualTo(all);
        byte[] none = BasicProperties.NONE.encode();
        assertThat(none).containsExactly(0, 0);
        assertThat(BasicProperties.decode(none, 0, 2)).isEqualTo(BasicProperties.NONE);
        assertThatThrownBy(() -> BasicProperties.decode(new byte[] {0, 1}, 0, 2))
                .isInstanceOf(AmqpException.class);
    }

    @Test
    void longTextsAreCutBetweenCharacters() {
        ByteBuf out = Unpooled.buffer();
        Methods.write(out, 0, new ConnectionMethod.Close(200, "ü".repeat(200), 0, 0));
        new FrameParser(4096).parse(out, heard);
        ConnectionMethod.Close close = (ConnectionMethod.Close) heard.frames.get(0);
        assertThat(close.replyText()).isEqualTo("ü".repeat(127));
        assertThat(close.replyText().getBytes(StandardCharsets.UTF_8)).hasSize(254);
    }

    @Test
    void theHandlerMayStopBehindAFrame() {
        ByteBuf in = Unpooled.buffer();
        Methods.write(in, 1, new BasicMethod.Ack(1, false));
        int first = in.readableBytes();
        Methods.write(in, 1, new BasicMethod.Ack(2, false));
        FrameParser parser = new FrameParser(4096);
        MethodsTest.Heard all = new MethodsTest.Heard();
        parser.parse(in, new Stopping(parser, all));
        assertThat(all.frames).containsExactly(new BasicMethod.Ack(1, false));
        assertThat(in.readerIndex()).isEqualTo(first);
    }

    private record Stopping(FrameParser parser, FrameHandler to) implements FrameHandler {
        @Override
        public void method(int channel, Method method) {
            to.method(channel, method);
            parser.stop();
        }

        @Override
        public void header(int channel, ByteBuf payload, int length) {
            to.header(channel, payload, length);
        }

        @Override
        public void body(int channel, ByteBuf payload, int length) {
            to.body(channel, payload, length);
        }

        @Override
        public void heartbeat(int channel) {
            to.heartbeat(channel);
        }
    }
}
