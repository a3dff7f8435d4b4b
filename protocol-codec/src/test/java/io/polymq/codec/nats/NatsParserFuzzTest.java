package io.polymq.codec.nats;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;

/**
 * Whatever comes in is read, left for more, or refused with the codec's own words, however it is
 * cut.
 */
@Tag("fuzz")
class NatsParserFuzzTest {

    private static final int LINE = 128;
    private static final int PAYLOAD = 256;

    @FuzzTest(maxDuration = "1h")
    void cutAtEveryByteSaysTheSame(byte[] data) {
        assertThat(inPieces(data, 1)).isEqualTo(inPieces(data, data.length));
        assertThat(inPieces(data, 7)).isEqualTo(inPieces(data, data.length));
    }

    @FuzzTest(maxDuration = "1h")
    void headersAreReadOrNot(byte[] data) {
        NatsHeaders headers = NatsHeaders.parse(data, 0, data.length);
        if (headers != null) {
            assertThat(NatsHeaders.isBlock(data, 0, data.length)).isTrue();
            headers.toBytes();
        }
    }

    /** What is heard when so many bytes come at a time, and how it ends. */
    private static List<String> inPieces(byte[] data, int size) {
        NatsParser parser = new NatsParser(LINE, PAYLOAD);
        Heard heard = new Heard();
        byte[] rest = new byte[0];
        for (int from = 0; from < data.length; from += Math.max(1, size)) {
            int end = Math.min(data.length, from + Math.max(1, size));
            byte[] now = Arrays.copyOf(rest, rest.length + end - from);
            System.arraycopy(data, from, now, rest.length, end - from);
            rest = now;
            if (rest.length < parser.needed()) {
                continue;
            }
            try {
                int used = parser.parse(rest, 0, rest.length, heard);
                rest = Arrays.copyOfRange(rest, used, rest.length);
                assertThat(rest.length).isLessThanOrEqualTo(LINE + PAYLOAD + 4);
            } catch (NatsProtocolException broken) {
                heard.commands.add("ended");
                return heard.commands;
            }
        }
        return heard.commands;
    }

    private static final class Heard implements NatsCommands {

        private final List<String> commands = new ArrayList<>();

        private static String text(byte[] bytes, int from, int length) {
            return new String(bytes, from, length, StandardCharsets.ISO_8859_1);
        }

        @Override
        public void connect(byte[] bytes, int json, int jsonLength) {
            commands.add("connect " + text(bytes, json, jsonLength));
        }

        @Override
        public void publish(
                byte[] bytes,
                int subject,
                int subjectLength,
                int reply,
                int replyLength,
                int body,
                int headerLength,
                int totalLength,
                int tail) {
            commands.add(
                    "pub "
                            + text(bytes, subject, subjectLength)
                            + ' '
                            + text(bytes, reply, replyLength)
                            + ' '
                            + headerLength
                            + ' '
                            + text(bytes, body, totalLength));
        }

        @Override
        public void subscribe(
                byte[] bytes,
                int subject,
                int subjectLength,
                int queue,
                int queueLength,
                int sid,
                int sidLength) {
            commands.add(
                    "sub "
                            + text(bytes, subject, subjectLength)
                            + ' '
                            + text(bytes, queue, queueLength)
                            + ' '
                            + text(bytes, sid, sidLength));
        }

        @Override
        public void unsubscribe(byte[] bytes, int sid, int sidLength, int max) {
            commands.add("unsub " + text(bytes, sid, sidLength) + ' ' + max);
        }

        @Override
        public void ping() {
            commands.add("ping");
        }

        @Override
        public void pong() {
            commands.add("pong");
        }

        @Override
        public void error() {
            commands.add("error");
        }
    }
}
