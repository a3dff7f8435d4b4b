package io.polymq.codec.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.codec.nats.NatsProtocolException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NatsParserTest {

    private static final int LINE = 128;
    private static final int PAYLOAD = 64;

    private final NatsParser parser = new NatsParser(LINE, PAYLOAD);
    private final Heard heard = new Heard();

    @Test
    void everyCommandIsHeardWithItsArguments() {
        parse(
                "CONNECT {\"verbose\":false}\r\nPING\r\nPONG\r\n+OK\r\nSUB a.b 1\r\nSUB a.* q 2\r\nUNSUB 1\r\nUNSUB 2 5\r\n"
                        + "PUB a.b 2\r\nhi\r\nPUB a.b in.box 0\r\n\r\nHPUB h 12 14\r\nNATS/1.0\r\n\r\nhi\r\n");
        assertThat(heard.commands)
                .containsExactly(
                        "connect {\"verbose\":false}",
                        "ping",
                        "pong",
                        "sub a.b - 1",
                        "sub a.* q 2",
                        "unsub 1 0",
                        "unsub 2 5",
                        "pub a.b - -1 hi",
                        "pub a.b in.box -1 ",
                        "pub h - 12 NATS/1.0\r\n\r\nhi");
    }

    @Test
    void verbsAreTakenInAnyCaseAndArgumentsWithAnyBlanks() {
        parse("pub  \ta   2 \r\nhi\r\nSuB\ta\t 1 \r\nsub a 2\nping\r\n");
        assertThat(heard.commands)
                .containsExactly("pub a - -1 hi", "sub a - 1", "sub a - 2", "ping");
    }

    @Test
    void theTailIsGivenOnlyForPlainSpacing() {
        parse(
                "PUB a 2\r\nhi\r\nPUB a r 2\r\nhi\r\nPUB a  2\r\nhi\r\nPUB a 2 \r\nhi\r\nHPUB a r 12 12\r\nNATS/1.0\r\n\r\n\r\n");
        assertThat(heard.tails)
                .containsExactly(
                        "2\r\nhi\r\n", "r 2\r\nhi\r\n", "", "", "r 12 12\r\nNATS/1.0\r\n\r\n\r\n");
    }

    @Test
    void aPayloadMayHoldLineEndsAndVerbs() {
        String payload = "PING\r\nPUB x 1\r\n";
        parse("PUB a " + payload.length() + "\r\n" + payload + "\r\n");
        assertThat(heard.commands).containsExactly("pub a - -1 " + payload);
    }

    @Test
    void splitAtEveryByteTheSameIsHeard() {
        String all =
                "CONNECT {}\r\nSUB foo.> q1 a-b\r\nPUB foo.bar reply 11\r\nhello world\r\nHPUB foo 12 12\r\nNATS/1.0\r\n\r\n\r\n"
                        + "UNSUB a-b 3\r\nPING\r\n";
        parse(all);
        List<String> whole = List.copyOf(heard.commands);
        byte[] bytes = bytes(all);
        for (int cut = 1; cut < bytes.length; cut++) {
            heard.commands.clear();
            NatsParser fresh = new NatsParser(LINE, PAYLOAD);
            int used = fresh.parse(bytes, 0, cut, heard);
            assertThat(used).isLessThanOrEqualTo(cut);
            if (used < cut) {
                assertThat(fresh.needed()).isGreaterThan(cut - used);
            }
            fresh.parse(bytes, used, bytes.length, heard);
            assertThat(heard.commands).as("cut at %s", cut).isEqualTo(whole);
        }
    }

    /** Found by fuzzing: it was waited for as many bytes as the right verb has. */
    @Test
    void aWrongVerbIsRefusedWithItsFirstWrongByte() {
        for (String wrong : new String[] {"ii", "pua", "conx", "-x", "hx", "unso"}) {
            byte[] bytes = bytes(wrong);
            assertThat(parser.parse(bytes, 0, bytes.length - 1, heard)).isZero();
            assertThat(parser.needed()).as(wrong).isEqualTo(bytes.length);
            assertThatThrownBy(() -> parser.parse(bytes, 0, bytes.length, heard))
                    .isInstanceOf(NatsProtocolException.class);
        }
    }

    @Test
    void aPayloadThatHasNotComeIsNotLookedAtAgainBeforeItHas() {
        byte[] bytes = bytes("PUB a 10\r\n0123");
        assertThat(parser.parse(bytes, 0, bytes.length, heard)).isZero();
        assertThat(parser.needed()).isEqualTo("PUB a 10\r\n0123456789\r".length());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "FETCH me | UNKNOWN_OPERATION",
                "PUBLISH a 1 | UNKNOWN_OPERATION",
                "PUB a x | BAD_ARGUMENTS",
                "PUB a -1 | BAD_ARGUMENTS",
                "PUB a b c 1 | BAD_ARGUMENTS",
                "PUB a | BAD_ARGUMENTS",
                "PUB a 65 | PAYLOAD_TOO_LARGE",
                "PUB a 99999999999999999999 | BAD_ARGUMENTS",
                "HPUB a 14 12 | BAD_ARGUMENTS",
                "HPUB a 12 | BAD_ARGUMENTS",
                "HPUB a 12 65 | PAYLOAD_TOO_LARGE",
                "SUB a | BAD_ARGUMENTS",
                "SUB a b c d | BAD_ARGUMENTS",
                "SUB a b c d e f g | BAD_ARGUMENTS",
                "UNSUB 1 2 3 | BAD_ARGUMENTS"
            })
    void aBrokenLineEndsTheConnection(String line, Reason reason) {
        assertThatThrownBy(() -> parse(line + "\r\n"))
                .isInstanceOfSatisfying(
                        NatsProtocolException.class, e -> assertThat(e.reason()).isEqualTo(reason));
    }

    @Test
    void aPayloadLongerThanAnnouncedIsNoticedAtOnce() {
        assertThatThrownBy(() -> parse("PUB a 2\r\nabc"))
                .isInstanceOfSatisfying(
                        NatsProtocolException.class,
                        e -> assertThat(e.reason()).isEqualTo(Reason.UNKNOWN_OPERATION));
    }

    @ParameterizedTest
    @ValueSource(strings = {"SUB ", "PUB ", "CONNECT ", "PING"})
    void anEndlessControlLineIsRefusedBeforeItsEndHasCome(String verb) {
        assertThatThrownBy(() -> parse(verb + "a".repeat(LINE + 1)))
                .isInstanceOfSatisfying(
                        NatsProtocolException.class,
                        e -> assertThat(e.reason()).isEqualTo(Reason.CONTROL_LINE_TOO_LONG));
    }

    @Test
    void theReceiverMayStopBehindACommand() {
        byte[] bytes = bytes("CONNECT {}\r\nPING\r\n");
        Heard stopping =
                new Heard() {
                    @Override
                    public void connect(byte[] b, int json, int length) {
                        parser.stop();
                    }
                };
        assertThat(parser.parse(bytes, 0, bytes.length, stopping))
                .isEqualTo("CONNECT {}\r\n".length());
        assertThat(stopping.commands).isEmpty();
    }

    @Test
    void randomBytesAreEitherHeardOrRefused() {
        Random random = new Random(20261120);
        byte[] alphabet = bytes("PUBSHNGICOET pubs\r\n\t 0123456789a.*>+-{}\"");
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = new byte[random.nextInt(80)];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = alphabet[random.nextInt(alphabet.length)];
            }
            NatsParser fresh = new NatsParser(LINE, PAYLOAD);
            try {
                assertThat(fresh.parse(bytes, 0, bytes.length, heard)).isBetween(0, bytes.length);
            } catch (NatsProtocolException refused) {
                assertThat(refused.reason()).isNotNull();
            }
        }
    }

    private void parse(String text) {
        byte[] bytes = bytes(text);
        assertThat(parser.parse(bytes, 0, bytes.length, heard)).isEqualTo(bytes.length);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static class Heard implements NatsCommands {

        final List<String> commands = new ArrayList<>();
        final List<String> tails = new ArrayList<>();

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
                            + optional(bytes, reply, replyLength)
                            + ' '
                            + headerLength
                            + ' '
                            + text(bytes, body, totalLength));
            tails.add(tail < 0 ? "" : text(bytes, tail, body + totalLength + 2 - tail));
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
                            + optional(bytes, queue, queueLength)
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

        private static String optional(byte[] bytes, int offset, int length) {
            return length == 0 ? "-" : text(bytes, offset, length);
        }

        private static String text(byte[] bytes, int offset, int length) {
            return new String(bytes, offset, length, StandardCharsets.ISO_8859_1);
        }
    }
}
