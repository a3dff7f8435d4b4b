package io.polymq.amqp.v1.type;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.apache.qpid.protonj2.buffer.ProtonBufferAllocator;
import org.apache.qpid.protonj2.codec.CodecFactory;
import org.apache.qpid.protonj2.codec.Encoder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values to bytes and back, with Qpid's codec as the other opinion. */
class ValueCodecTest {

    private static byte[] written(Object value) {
        ByteBuf out = Unpooled.buffer();
        ValueWriter.write(out, value);
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }

    private static Object read(byte[] bytes) {
        ValueReader in = new ValueReader().over(bytes, 0, bytes.length);
        Object value = in.read();
        assertThat(in.hasMore()).isFalse();
        return value;
    }

    private static Object read(String hex) {
        return read(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    @Test
    void everyEncodingOfAValueIsTheSameValue() {
        assertThat(List.of(read("41"), read("5601"))).containsOnly(true);
        assertThat(List.of(read("42"), read("5600"))).containsOnly(false);
        assertThat(List.of(read("43"), read("5200"), read("7000000000")))
                .containsOnly(Unsigned.ofInt(0));
        assertThat(List.of(read("44"), read("5300"), read("800000000000000000")))
                .containsOnly(Unsigned.ofLong(0));
        assertThat(List.of(read("54ff"), read("71ffffffff"))).containsOnly(-1);
        assertThat(List.of(read("55ff"), read("81ffffffffffffffff"))).containsOnly(-1L);
        assertThat(List.of(read("45"), read("c00100"), read("d00000000400000000")))
                .containsOnly(List.of());
        assertThat(List.of(read("a10161"), read("b10000000161"))).containsOnly("a");
        assertThat(List.of(read("a30161"), read("b30000000161"))).containsOnly(new Symbol("a"));
        assertThat(read("a00161")).isEqualTo(read("b00000000161"));
        assertThat(List.of(read("c10502540154 02"), read("d10000000800000002 54015402")))
                .containsOnly(Map.of(1, 2));
    }

    @Test
    void whatQpidWritesIsRead() {
        Map<Object, Object> map = new LinkedHashMap<>();
        map.put(
                org.apache.qpid.protonj2.types.Symbol.valueOf("a"),
                org.apache.qpid.protonj2.types.UnsignedLong.valueOf(-1L));
        map.put("b", new ArrayList<>(Arrays.asList(1, 2L, (short) 3, (byte) 4)));
        map.put("c", new int[] {7, 8, 900_000});
        map.put("d", new String[] {"x", "y"});
        map.put("e", new UUID(1, 2));
        map.put("f", 'z');
        map.put("g", 1.5f);
        map.put("h", -2.5d);
        map.put("i", new java.util.Date(12_345_678L));
        Encoder encoder = CodecFactory.getDefaultEncoder();
        ProtonBuffer out = ProtonBufferAllocator.defaultAllocator().allocate();
        encoder.writeObject(out, encoder.newEncoderState(), map);
        byte[] bytes = new byte[out.getReadableBytes()];
        out.readBytes(bytes, 0, bytes.length);

        Map<Object, Object> expected = new LinkedHashMap<>();
        expected.put(new Symbol("a"), Unsigned.ofLong(-1));
        expected.put("b", Arrays.asList(1, 2L, (short) 3, (byte) 4));
        expected.put("c", new AmqpArray(List.of(7, 8, 900_000)));
        expected.put("d", new AmqpArray(List.of("x", "y")));
        expected.put("e", new UUID(1, 2));
        expected.put("f", new Character32('z'));
        expected.put("g", 1.5f);
        expected.put("h", -2.5d);
        expected.put("i", Instant.ofEpochMilli(12_345_678));
        assertThat(read(bytes)).isEqualTo(expected);
    }

    @Test
    void whatIsWrittenQpidReads() {
        Map<Object, Object> map = new LinkedHashMap<>();
        map.put(new Symbol("keys"), new AmqpArray(List.of("a", "b".repeat(300))));
        map.put("count", Unsigned.ofLong(70_000));
        map.put("maps", new AmqpArray(List.of(Map.of("x", 1), Map.of("y", 2))));
        byte[] bytes = written(map);
        Object read =
                CodecFactory.getDefaultDecoder()
                        .readObject(
                                ProtonBufferAllocator.defaultAllocator().copy(bytes),
                                CodecFactory.getDefaultDecoder().newDecoderState());
        Map<?, ?> theirs = (Map<?, ?>) read;
        assertThat(theirs.get("count"))
                .isEqualTo(org.apache.qpid.protonj2.types.UnsignedLong.valueOf(70_000));
        assertThat((Object[]) theirs.get(org.apache.qpid.protonj2.types.Symbol.valueOf("keys")))
                .containsExactly("a", "b".repeat(300));
        assertThat((Object[]) theirs.get("maps")).containsExactly(Map.of("x", 1), Map.of("y", 2));
    }

    @Test
    void seededValuesComeBackAsTheyWere() {
        Random random = new Random(7);
        for (int i = 0; i < 2000; i++) {
            Object value = value(random, 0);
            byte[] bytes = written(value);
            assertThat(read(bytes)).usingRecursiveComparison().isEqualTo(value);
            ValueReader in = new ValueReader().over(bytes, 0, bytes.length);
            in.check();
            assertThat(in.hasMore()).isFalse();
        }
    }

    private static Object value(Random random, int depth) {
        return switch (random.nextInt(depth > 3 ? 16 : 20)) {
            case 0 -> null;
            case 1 -> random.nextBoolean();
            case 2 -> Unsigned.ofByte(random.nextInt());
            case 3 -> Unsigned.ofShort(random.nextInt());
            case 4 -> Unsigned.ofInt(random.nextInt(3) == 0 ? 0 : random.nextInt());
            case 5 -> Unsigned.ofLong(random.nextInt(3) == 0 ? 200 : random.nextLong());
            case 6 -> (byte) random.nextInt();
            case 7 -> (short) random.nextInt();
            case 8 -> random.nextInt(3) == 0 ? -5 : random.nextInt();
            case 9 -> random.nextInt(3) == 0 ? -5L : random.nextLong();
            case 10 -> random.nextFloat();
            case 11 -> random.nextDouble();
            case 12 -> Instant.ofEpochMilli(random.nextInt());
            case 13 -> new UUID(random.nextLong(), random.nextLong());
            case 14 -> "é".repeat(random.nextInt(200));
            case 15 -> new Symbol("s".repeat(random.nextInt(300)));
            case 16 -> new Described(Unsigned.ofLong(5), value(random, depth + 1));
            case 17 -> {
                List<Object> items = new ArrayList<>();
                for (int i = random.nextInt(6); i > 0; i--) {
                    items.add(value(random, depth + 1));
                }
                yield items;
            }
            case 18 -> {
                Map<Object, Object> entries = new LinkedHashMap<>();
                for (int i = random.nextInt(6); i > 0; i--) {
                    entries.put("k" + i, value(random, depth + 1));
                }
                yield entries;
            }
            default -> new AmqpArray(List.of(random.nextInt(), 7, random.nextInt()));
        };
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "71000000",
                "a10561",
                "b1ffffffff61",
                "c0ff0141",
                "c00241",
                "d0ffffffff00000001",
                "d000000005ffffffff41",
                "c1040354015401",
                "c1020141",
                "e00301",
                "f00000000affffffff40",
                "c0030141 41",
                "3f",
                "0053",
                "00"
            })
    void lyingSizesAndUnknownTypesAreRefused(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        assertThatThrownBy(() -> new ValueReader().over(bytes, 0, bytes.length).read())
                .isInstanceOf(DecodeException.class);
        assertThatThrownBy(() -> new ValueReader().over(bytes, 0, bytes.length).check())
                .isInstanceOf(DecodeException.class);
    }

    @Test
    void nestingBeyondTheLimitIsRefusedWhereItBegins() {
        byte[] described = new byte[100_000];
        assertThatThrownBy(() -> read(described))
                .isInstanceOfSatisfying(
                        DecodeException.class,
                        e -> assertThat(e.reason()).isEqualTo(DecodeException.Reason.TOO_DEEP));
        Object value = "core";
        for (int i = 0; i < 40; i++) {
            value = List.of(value);
        }
        byte[] lists = written(value);
        assertThatThrownBy(() -> read(lists)).isInstanceOf(DecodeException.class);
        assertThatThrownBy(() -> new ValueReader().over(lists, 0, lists.length).check())
                .isInstanceOf(DecodeException.class);
    }
}
