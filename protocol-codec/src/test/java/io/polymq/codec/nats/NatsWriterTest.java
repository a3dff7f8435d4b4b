package io.polymq.codec.nats;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class NatsWriterTest {

    @Test
    void aDeliveryIsPrefixAndTail() {
        String text =
                text(NatsWriter.prefix(false, bytes("a.b"), bytes("9")))
                        + text(NatsWriter.tail(bytes(""), bytes(""), 0, 0, bytes("xhix"), 1, 2));
        assertThat(text).isEqualTo("MSG a.b 9 2\r\nhi\r\n");
    }

    @Test
    void aDeliveryWithHeadersAndReplyHasBothSizes() {
        byte[] header = bytes("NATS/1.0\r\nA: 1\r\n\r\n");
        String text =
                text(NatsWriter.prefix(true, bytes("a"), bytes("s")))
                        + text(
                                NatsWriter.tail(
                                        bytes("r.r"), header, 0, header.length, bytes("hi"), 0, 2));
        assertThat(text).isEqualTo("HMSG a s r.r 18 20\r\nNATS/1.0\r\nA: 1\r\n\r\nhi\r\n");
    }

    @Test
    void errorsAreQuoted() {
        ByteBuf out = Unpooled.buffer();
        byte[] error = bytes("Invalid Subject");
        NatsWriter.error(out, error);
        assertThat(out.readableBytes()).isEqualTo(NatsWriter.errorSize(error));
        assertThat(out.toString(StandardCharsets.US_ASCII)).isEqualTo("-ERR 'Invalid Subject'\r\n");
    }

    @Test
    void infoEndsWithABlank() {
        assertThat(text(NatsWriter.info(bytes("{}")))).isEqualTo("INFO {} \r\n");
    }

    @Test
    void headersComeBackAsTheyWereWritten() {
        NatsHeaders headers =
                new NatsHeaders(
                        404,
                        "No Messages",
                        List.of(
                                new NatsHeaders.Entry("A", "1"),
                                new NatsHeaders.Entry("A", "2"),
                                new NatsHeaders.Entry("b", "")));
        byte[] block = headers.toBytes();
        assertThat(text(block))
                .isEqualTo("NATS/1.0 404 No Messages\r\nA: 1\r\nA: 2\r\nb: \r\n\r\n");
        assertThat(NatsHeaders.parse(block, 0, block.length)).isEqualTo(headers);
        assertThat(headers.first("A")).isEqualTo("1");
        assertThat(headers.first("a")).isNull();
    }

    @Test
    void whatDoesNotBeginAsABlockIsNone() {
        byte[] other = bytes("HTTP/1.0\r\n\r\n");
        assertThat(NatsHeaders.parse(other, 0, other.length)).isNull();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.US_ASCII);
    }
}
