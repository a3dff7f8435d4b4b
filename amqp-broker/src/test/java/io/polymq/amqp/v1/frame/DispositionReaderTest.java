package io.polymq.amqp.v1.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.polymq.amqp.v1.type.Described;
import io.polymq.amqp.v1.type.Unsigned;
import io.polymq.amqp.v1.type.ValueWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The quick way of reading dispositions says what the long one says, or leaves it to that. */
final class DispositionReaderTest {

    private final DispositionReader quick = new DispositionReader();
    private final PerformativeReader any = new PerformativeReader();

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    private static byte[] written(Performative performative) {
        ByteBuf out = Unpooled.buffer();
        PerformativeWriter.write(out, performative);
        return ByteBufUtil.getBytes(out);
    }

    private static byte[] written(@Nullable Object... fields) {
        ByteBuf out = Unpooled.buffer();
        ValueWriter.write(
                out, new Described(Unsigned.ofLong(0x15), new ArrayList<>(Arrays.asList(fields))));
        return ByteBufUtil.getBytes(out);
    }

    private Performative.@Nullable Disposition quickly(byte[] bytes) {
        byte[] among = new byte[bytes.length + 7];
        Arrays.fill(among, (byte) 0x41);
        System.arraycopy(bytes, 0, among, 3, bytes.length);
        return quick.read(among, 3, bytes.length);
    }

    @ParameterizedTest
    @CsvSource({
        "00 53 15 c0 0a 05 41 43 40 41 00 53 24 45, true, 0, 0, true",
        "00 53 15 c0 0d 05 41 52 07 52 09 41 00 53 24 c0 01 00, true, 7, 9, true",
        "00 53 15 c0 12 05 41 70 ff ff ff fe 70 00 00 00 01 42 00 53 24 45, true, -2, 1, false",
        "00 53 15 c0 08 04 42 52 01 52 03 41, false, 1, 3, true",
        "00 53 15 c0 04 02 41 52 05, true, 5, 5, false",
    })
    void whatClientsWriteIsRead(
            String hex, boolean receiver, int first, int last, boolean settled) {
        byte[] bytes = bytes(hex);
        bytes[4] = (byte) (bytes.length - 5);
        Performative.Disposition read = quickly(bytes);
        assertThat(read).isEqualTo(any.readAny(bytes, 0, bytes.length));
        assertThat(read.receiver()).isEqualTo(receiver);
        assertThat(read.first()).isEqualTo(first);
        assertThat(read.last()).isEqualTo(last);
        assertThat(read.settled()).isEqualTo(settled);
    }

    @Test
    void whatIsWrittenOtherwiseIsReadTheLongWay() {
        List<byte[]> others =
                List.of(
                        written(
                                new Performative.Disposition(
                                        true,
                                        1,
                                        1,
                                        true,
                                        new DeliveryState.Modified(true, false, Map.of()))),
                        written(
                                new Performative.Disposition(
                                        true, 1, 1, true, new DeliveryState.Rejected(null))),
                        written(
                                new Performative.Disposition(
                                        true,
                                        1,
                                        2,
                                        false,
                                        new DeliveryState.Transactional(
                                                new byte[] {1}, DeliveryState.ACCEPTED))),
                        bytes("00 80 00 00 00 00 00 00 00 15 c0 04 02 41 52 05"));
        for (byte[] other : others) {
            assertThat(quickly(other)).isNull();
            assertThat(any.readAny(other, 0, other.length))
                    .isInstanceOf(Performative.Disposition.class);
        }
    }

    @Test
    void faultsAreFoundTheLongWay() {
        List<byte[]> faults =
                List.of(
                        written(),
                        written(true),
                        written(null, Unsigned.ofInt(1)),
                        written(true, "one"),
                        bytes("00 53 15 c0 04 02 41 52 05 41"),
                        bytes("00 53 15 c0 05 02 41 52 05"));
        for (byte[] fault : faults) {
            assertThat(quickly(fault)).isNull();
        }
        assertThatThrownBy(() -> any.readAny(faults.getFirst(), 0, faults.getFirst().length))
                .isInstanceOf(FrameException.class);
    }

    @Test
    void longListsAreReadQuickly() {
        byte[] bytes = bytes("00 53 15 d0 00 00 00 0f 00 00 00 05 41 52 05 52 09 41 00 53 24 45");
        bytes[7] = (byte) (bytes.length - 8);
        assertThat(quickly(bytes))
                .isEqualTo(new Performative.Disposition(true, 5, 9, true, DeliveryState.ACCEPTED))
                .isEqualTo(any.readAny(bytes, 0, bytes.length));
        bytes[7]++;
        assertThat(quickly(bytes)).isNull();
    }

    @Test
    void noPrefixIsTakenForTheWhole() {
        byte[] whole = bytes("00 53 15 c0 10 05 41 70 00 00 01 00 52 07 41 00 53 24 45");
        whole[4] = (byte) (whole.length - 5);
        assertThat(quickly(whole)).isNotNull();
        for (int length = 0; length < whole.length; length++) {
            assertThat(quickly(Arrays.copyOf(whole, length))).isNull();
        }
    }

    @Test
    void whateverIsReadQuicklyIsReadTheSameTheLongWay() {
        Random random = new Random(15);
        byte[] whole = bytes("00 53 15 c0 10 05 41 70 00 00 01 00 52 07 41 00 53 24 45");
        whole[4] = (byte) (whole.length - 5);
        for (int i = 0; i < 200_000; i++) {
            byte[] bytes = whole.clone();
            for (int n = random.nextInt(3); n >= 0; n--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            Performative.Disposition read = quickly(bytes);
            if (read != null) {
                assertThat(any.readAny(bytes, 0, bytes.length)).isEqualTo(read);
            }
        }
    }
}
