package io.polymq.codec.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.lang.reflect.RecordComponent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MethodsTest {

    private static final int FRAME_MAX = 131_072;

    @Test
    void aTimeThatNoClockShowsIsTheLatestThatCanBeTold() {
        byte[] table = {1, 't', 'T', 0x7F, -1, -1, -1, -1, -1, -1, -1};
        assertThat(FieldTable.ofBytes(table).entries())
                .containsExactly(Map.entry("t", Instant.ofEpochSecond(Long.MAX_VALUE / 1000)));
    }

    @Test
    void theDialectHasAllItsMethods() {
        assertThat(kinds()).hasSize(66);
    }

    @Test
    void aPublishIsWrittenAsTheWireHasIt() {
        ByteBuf out = Unpooled.buffer();
        Methods.write(out, 3, new BasicMethod.Publish(0, "ex", "key", true, false));
        assertThat(ByteBufUtil.hexDump(out))
                .isEqualTo(
                        "01"
                                + "0003"
                                + "0000000e"
                                + "003c0028"
                                + "0000"
                                + "026578"
                                + "036b6579"
                                + "01"
                                + "ce");
    }

    @Test
    void aQueueDeclareIsReadFromTheWire() {
        byte[] payload =
                HexFormat.of()
                        .parseHex(
                                "0032000a"
                                        + "0000"
                                        + "0171"
                                        + "0a"
                                        + "00000007"
                                        + "01784900000005");
        assertThat(Methods.read(Unpooled.wrappedBuffer(payload), payload.length))
                .isEqualTo(
                        new QueueMethod.Declare(
                                0,
                                "q",
                                false,
                                true,
                                false,
                                true,
                                false,
                                FieldTable.of(Map.of("x", 5))));
    }

    static Stream<Class<?>> kinds() {
        return Arrays.stream(Method.class.getPermittedSubclasses())
                .flatMap(c -> Arrays.stream(c.getPermittedSubclasses()));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void everyMethodComesBackAsItWasWrittenAndEveryPrefixAsksForMore(Class<?> kind)
            throws Exception {
        Random random = new Random(kind.getName().hashCode());
        for (int round = 0; round < 50; round++) {
            Method method = random(kind, random);
            ByteBuf frame = Unpooled.buffer();
            Methods.write(frame, 7, method);
            for (int cut = 0; cut < frame.readableBytes(); cut++) {
                Heard heard = new Heard();
                ByteBuf part = frame.slice(0, cut);
                new FrameParser(FRAME_MAX).parse(part, heard);
                assertThat(heard.frames).isEmpty();
                assertThat(part.readerIndex()).isZero();
            }
            Heard heard = new Heard();
            new FrameParser(FRAME_MAX).parse(frame, heard);
            assertThat(frame.isReadable()).isFalse();
            assertThat(heard.frames).hasSize(1);
            assertThat(heard.frames.get(0)).usingRecursiveComparison().isEqualTo(method);
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void argumentsThatAreCutOffAreASyntaxError(Class<?> kind) throws Exception {
        Method method = random(kind, new Random(1));
        ByteBuf frame = Unpooled.buffer();
        Methods.write(frame, 0, method);
        int arguments = frame.readableBytes() - Frame.OVERHEAD - 4;
        for (int length = 0; length < arguments; length++) {
            int size = 4 + length;
            ByteBuf payload = frame.slice(Frame.HEADER_BYTES, size);
            assertThatThrownBy(() -> Methods.read(payload, size))
                    .isInstanceOfSatisfying(
                            AmqpException.class,
                            e -> assertThat(e.code()).isEqualTo(ReplyCode.SYNTAX_ERROR));
        }
    }

    @Test
    void anUnknownMethodIsNotImplemented() {
        ByteBuf payload = Unpooled.wrappedBuffer(HexFormat.of().parseHex("003c00ff"));
        assertThatThrownBy(() -> Methods.read(payload, 4))
                .isInstanceOfSatisfying(
                        AmqpException.class,
                        e -> assertThat(e.code()).isEqualTo(ReplyCode.NOT_IMPLEMENTED));
    }

    private static Method random(Class<?> kind, Random random) throws Exception {
        RecordComponent[] parts = kind.getRecordComponents();
        Object[] values = new Object[parts.length];
        Class<?>[] types = new Class<?>[parts.length];
        for (int i = 0; i < parts.length; i++) {
            types[i] = parts[i].getType();
            values[i] = value(types[i], parts[i].getName(), random);
        }
        return (Method) kind.getDeclaredConstructor(types).newInstance(values);
    }

    private static Object value(Class<?> type, String name, Random random) {
        if (type == boolean.class) {
            return random.nextBoolean();
        }
        if (type == int.class) {
            return random.nextInt(name.startsWith("version") ? 256 : 65_536);
        }
        if (type == long.class) {
            return random.nextLong(1L << 32);
        }
        if (type == byte[].class) {
            byte[] bytes = new byte[random.nextInt(20)];
            random.nextBytes(bytes);
            return bytes;
        }
        if (type == FieldTable.class) {
            return random.nextBoolean()
                    ? FieldTable.EMPTY
                    : FieldTable.of(Map.of("k" + random.nextInt(9), random.nextLong()));
        }
        return "ü" + Integer.toString(random.nextInt(), 36);
    }

    static final class Heard implements FrameHandler {

        final List<Object> frames = new ArrayList<>();

        @Override
        public void method(int channel, Method method) {
            frames.add(method);
        }

        @Override
        public void header(int channel, ByteBuf payload, int length) {
            frames.add(ContentHeader.read(payload, length));
        }

        @Override
        public void body(int channel, ByteBuf payload, int length) {
            byte[] bytes = new byte[length];
            payload.readBytes(bytes);
            frames.add(bytes);
        }

        @Override
        public void heartbeat(int channel) {
            frames.add("heartbeat " + channel);
        }
    }
}
