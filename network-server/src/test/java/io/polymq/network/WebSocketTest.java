package io.polymq.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** RFC 6455 at the level of bytes. */
@Timeout(60)
class WebSocketTest {

    private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";
    private static final int BINARY = 2;
    private static final int FIN = 0x80;

    static TestNetwork network;

    @BeforeAll
    static void start() {
        Settings settings = new Settings();
        settings.maxPacketBeforeLogin = 4096;
        network = new TestNetwork(settings.build(), null);
    }

    @AfterAll
    static void stop() throws Exception {
        network.close();
    }

    private static final class Raw implements AutoCloseable {

        final LineClient client;
        final OutputStream out;
        final DataInputStream in;

        Raw() throws Exception {
            this(network);
        }

        Raw(TestNetwork where) throws Exception {
            client = LineClient.to(where.address(TransportKind.WEBSOCKET));
            out = client.socket().getOutputStream();
            in = new DataInputStream(client.socket().getInputStream());
        }

        String upgrade(String... headers) throws Exception {
            StringBuilder request = new StringBuilder("GET /x HTTP/1.1\r\nHost: localhost\r\n");
            for (String header : headers) {
                request.append(header).append("\r\n");
            }
            client.send(request + "\r\n");
            String status = client.read();
            String line = client.read();
            while (line != null && !line.isBlank()) {
                line = client.read();
            }
            return status.strip();
        }

        Raw open() throws Exception {
            assertThat(
                            upgrade(
                                    "Upgrade: websocket",
                                    "Connection: keep-alive, Upgrade",
                                    "Sec-WebSocket-Key: " + KEY,
                                    "Sec-WebSocket-Version: 13",
                                    "Sec-WebSocket-Protocol: other, line"))
                    .isEqualTo("HTTP/1.1 101 Switching Protocols");
            return this;
        }

        void frame(int first, byte[] payload) throws Exception {
            out.write(frameOf(first, payload));
            out.flush();
        }

        /** The next frame: its first byte and its payload. */
        String next() throws Exception {
            int first = in.read();
            if (first < 0) {
                return "end";
            }
            int length = in.read();
            if (length == 126) {
                length = in.readUnsignedShort();
            }
            byte[] payload = in.readNBytes(length);
            int opcode = first & 0x0f;
            return opcode == 8
                    ? "close " + ((payload[0] & 0xff) << 8 | payload[1] & 0xff)
                    : (opcode == BINARY ? "" : opcode + " ")
                            + new String(payload, StandardCharsets.UTF_8);
        }

        @Override
        public void close() throws Exception {
            client.close();
        }
    }

    private static byte[] frameOf(int first, byte[] payload) {
        byte[] mask = {(byte) 0xa1, 0x17, (byte) 0xfe, 0x42};
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.write(first);
        if (payload.length <= 125) {
            frame.write(0x80 | payload.length);
        } else {
            frame.write(0x80 | 126);
            frame.write(payload.length >> 8);
            frame.write(payload.length);
        }
        frame.writeBytes(mask);
        for (int i = 0; i < payload.length; i++) {
            frame.write(payload[i] ^ mask[i & 3]);
        }
        return frame.toByteArray();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void theKeyIsAnsweredAsTheSpecificationSays() {
        assertThat(WebSocketUpgrade.acceptKey(KEY)).isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    @Test
    void requestsThatAreNotRightAreRefusedWithAReason() throws Exception {
        String[][] refused = {
            {"400"},
            {"400", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"},
            {
                "426",
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Key: " + KEY,
                "Sec-WebSocket-Version: 8"
            },
            {
                "400",
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Key: " + KEY,
                "Sec-WebSocket-Version: 13"
            },
            {
                "400",
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Key: " + KEY,
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Protocol: wrong"
            },
        };
        for (String[] request : refused) {
            try (Raw raw = new Raw()) {
                String[] headers = java.util.Arrays.copyOfRange(request, 1, request.length);
                assertThat(raw.upgrade(headers)).startsWith("HTTP/1.1 " + request[0]);
            }
        }
    }

    @Test
    void pagesOfAllowedOriginsAndClientsThatAreNoBrowsersGetIn() throws Exception {
        Settings settings = new Settings();
        settings.allowedOrigins = List.of("https://Good.example", "http://lan.example:80");
        try (TestNetwork strict = new TestNetwork(settings.build(), null)) {
            assertThat(upgradeFrom(strict, "Origin: https://good.example")).contains(" 101 ");
            assertThat(upgradeFrom(strict, "Origin: HTTPS://GOOD.EXAMPLE")).contains(" 101 ");
            assertThat(upgradeFrom(strict, "Origin: http://lan.example")).contains(" 101 ");
            assertThat(upgradeFrom(strict, "X-No: origin")).contains(" 101 ");
        }
        assertThat(upgradeFrom(network, "Origin: https://evil.example")).contains(" 101 ");
    }

    @Test
    void pagesOfOtherOriginsAreRefused() throws Exception {
        Settings settings = new Settings();
        settings.allowedOrigins = List.of("https://good.example");
        try (TestNetwork strict = new TestNetwork(settings.build(), null)) {
            for (String origin :
                    List.of(
                            "https://evil.example",
                            "https://good.example.evil.example",
                            "http://good.example",
                            "https://good.example:8443",
                            "null",
                            "")) {
                assertThat(upgradeFrom(strict, "Origin: " + origin))
                        .as(origin)
                        .startsWith("HTTP/1.1 403");
            }
            Await.until("all are gone", () -> strict.connections.count() == 0);
        }
    }

    @Test
    void theSameOriginIsTheHostThatWasConnectedTo() throws Exception {
        AllowedOrigins same = new AllowedOrigins(List.of("same", "https://other.example"));
        assertThat(same.allow(List.of("https://mq.example"), "mq.example")).isTrue();
        assertThat(same.allow(List.of("https://mq.example"), "MQ.example:443")).isTrue();
        assertThat(same.allow(List.of("http://mq.example:8083"), "mq.example:8083")).isTrue();
        assertThat(same.allow(List.of("http://[::1]:8083"), "[::1]:8083")).isTrue();
        assertThat(same.allow(List.of("https://other.example"), "mq.example")).isTrue();
        assertThat(same.allow(List.of("http://mq.example"), "mq.example:8083")).isFalse();
        assertThat(same.allow(List.of("null"), "mq.example")).isFalse();
        assertThat(same.allow(List.of("https://evil.example"), null)).isFalse();
        assertThat(same.allow(List.of("https://mq.example", "https://evil.example"), "mq.example"))
                .isFalse();
    }

    private static String upgradeFrom(TestNetwork where, String header) throws Exception {
        try (Raw raw = new Raw(where)) {
            return raw.upgrade(
                    "Upgrade: websocket",
                    "Connection: Upgrade",
                    "Sec-WebSocket-Key: " + KEY,
                    "Sec-WebSocket-Version: 13",
                    "Sec-WebSocket-Protocol: line",
                    header);
        }
    }

    @Test
    void framesMayBeCutAndJoinedInAnyWay() throws Exception {
        Random random = new Random(3);
        for (int round = 0; round < 20; round++) {
            ByteArrayOutputStream stream = new ByteArrayOutputStream();
            int lines = 1 + random.nextInt(8);
            StringBuilder all = new StringBuilder();
            for (int i = 0; i < lines; i++) {
                all.append("ECHO ").append("y".repeat(random.nextInt(300))).append('\n');
            }
            byte[] bytes = utf8(all.toString());
            int sent = 0;
            while (sent < bytes.length) {
                int length = Math.min(bytes.length - sent, 1 + random.nextInt(200));
                byte[] part = java.util.Arrays.copyOfRange(bytes, sent, sent + length);
                sent += length;
                stream.writeBytes(
                        frameOf((sent == bytes.length ? FIN : 0) | first(sent, length), part));
                if (random.nextInt(4) == 0) {
                    stream.writeBytes(frameOf(FIN | 9, utf8("p")));
                }
            }
            byte[] wire = stream.toByteArray();
            try (Raw raw = new Raw().open()) {
                int at = 0;
                while (at < wire.length) {
                    int length = Math.min(wire.length - at, 1 + random.nextInt(50));
                    raw.out.write(wire, at, length);
                    raw.out.flush();
                    at += length;
                }
                StringBuilder answer = new StringBuilder();
                int wanted = all.toString().replace("ECHO ", "").length();
                while (answer.length() < wanted) {
                    String next = raw.next();
                    if (!next.startsWith("10 ")) {
                        answer.append(next);
                    }
                }
                assertThat(answer.toString()).isEqualTo(all.toString().replace("ECHO ", ""));
            }
        }
    }

    private static int first(int sent, int length) {
        return sent == length ? BINARY : 0;
    }

    @Test
    void framesThatBreakTheRulesEndTheConnectionWithTheirCode() throws Exception {
        byte[] unmasked = {(byte) (FIN | BINARY), 2, 'A', 'B'};
        byte[] longForm = {(byte) (FIN | BINARY), (byte) (0x80 | 126), 0, 5, 0, 0, 0, 0};
        byte[] hugeLength = {
            (byte) (FIN | BINARY), (byte) (0x80 | 127), (byte) 0x80, 0, 0, 0, 0, 0, 0, 1
        };
        Object[][] cases = {
            {"close 1002", unmasked},
            {"close 1002", longForm},
            {"close 1002", java.util.Arrays.copyOf(hugeLength, 14)},
            {"close 1002", frameOf(FIN | 0x40 | BINARY, utf8("x"))},
            {"close 1002", frameOf(FIN | 3, utf8("x"))},
            {"close 1002", frameOf(FIN, utf8("x"))},
            {"close 1002", frameOf(9, utf8("fragmented ping"))},
            {"close 1003", frameOf(FIN | 1, utf8("text"))},
            {"close 1009", frameOf(FIN | BINARY, new byte[5000])},
            {"close 1002", frameOf(FIN | 8, new byte[] {1})},
            {"close 1000", frameOf(FIN | 8, new byte[0])},
            {"close 3000", frameOf(FIN | 8, new byte[] {11, (byte) 0xb8})},
        };
        for (Object[] one : cases) {
            try (Raw raw = new Raw().open()) {
                raw.out.write((byte[]) one[1]);
                raw.out.flush();
                assertThat(raw.next()).as(one[0].toString()).isEqualTo(one[0]);
                assertThat(raw.next()).isEqualTo("end");
            }
        }
        Await.until("all are gone", () -> network.connections.count() == 0);
    }

    @Test
    void aKickSaysGoodbyeAndCloses() throws Exception {
        try (Raw raw = new Raw().open()) {
            raw.frame(FIN | BINARY, utf8("HELLO ann\n"));
            assertThat(raw.next()).isEqualTo("OK\n");
            network.connections.kickAll(all -> true, CloseReason.of(CloseReason.Kind.KICKED));
            assertThat(raw.next()).isEqualTo("END KICKED\n");
            assertThat(raw.next()).isEqualTo("close 1008");
            raw.frame(FIN | 8, new byte[] {3, (byte) 0xe8});
            assertThat(raw.next()).isEqualTo("end");
        }
    }
}
