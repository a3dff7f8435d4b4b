package io.polymq.network;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.pkitesting.X509Bundle;
import io.polymq.config.NetworkConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class NetworkServerTest {

    static X509Bundle authority;
    static TestNetwork network;
    static SSLContext clientTls;

    @BeforeAll
    static void start() throws Exception {
        authority = TestNetwork.authority();
        network =
                new TestNetwork(
                        NetworkConfig.DEFAULT,
                        TestNetwork.tls(TestNetwork.issued(authority, "localhost"), authority));
        clientTls = SSLContext.getInstance("TLS");
        clientTls.init(
                TestNetwork.issued(authority, "alice").toKeyManagerFactory().getKeyManagers(),
                new TrustManager[] {authority.toTrustManager()},
                null);
    }

    @AfterAll
    static void stop() throws Exception {
        network.close();
    }

    private static LineClient tls() throws Exception {
        InetSocketAddress to = network.address(TransportKind.TLS);
        return new LineClient(
                clientTls.getSocketFactory().createSocket(to.getAddress(), to.getPort()));
    }

    @Test
    void bytesComeBackOverTcp() throws Exception {
        try (LineClient client = LineClient.to(network.address(TransportKind.TCP))) {
            assertThat(client.ask("HELLO bob")).isEqualTo("OK");
            assertThat(client.ask("ECHO good day")).isEqualTo("good day");
        }
    }

    @Test
    void bytesComeBackOverTlsWithTheClientsName() throws Exception {
        try (LineClient client = tls()) {
            assertThat(client.ask("ECHO good day")).isEqualTo("good day");
            assertThat(client.ask("WHO")).isEqualTo("alice");
        }
    }

    @Test
    void aPacketMayComeByteByByte() throws Exception {
        try (LineClient client = LineClient.to(network.address(TransportKind.TCP))) {
            for (char at : "ECHO slowly\n".toCharArray()) {
                client.send(String.valueOf(at));
            }
            assertThat(client.read()).isEqualTo("slowly");
        }
    }

    @Test
    void aLargePacketIsGatheredInOnePieceHoweverItComes() throws Exception {
        Random random = new Random(11);
        try (LineClient plain = LineClient.to(network.address(TransportKind.TCP));
                LineClient secure = tls()) {
            for (LineClient client : new LineClient[] {plain, secure}) {
                ByteArrayOutputStream sent = new ByteArrayOutputStream();
                List<String> expected = new ArrayList<>();
                for (int size : new int[] {5, 40_000, 1_100_000, 70_000, 0, 3_000_000, 64}) {
                    byte[] bytes = new byte[size];
                    random.nextBytes(bytes);
                    CRC32 crc = new CRC32();
                    crc.update(bytes);
                    sent.writeBytes(("PACK " + size + "\n").getBytes(US_ASCII));
                    sent.writeBytes(bytes);
                    sent.writeBytes("ECHO between\n".getBytes(US_ASCII));
                    expected.add(String.valueOf(crc.getValue()));
                }
                byte[] all = sent.toByteArray();
                Thread sender = Thread.startVirtualThread(() -> pieces(client, all, random));
                int gathered = 0;
                for (String checksum : expected) {
                    String answer = client.read();
                    assertThat(answer).startsWith(checksum);
                    gathered += answer.endsWith(" whole") ? 1 : 0;
                    assertThat(client.read()).isEqualTo("between");
                }
                sender.join();
                assertThat(gathered).isGreaterThanOrEqualTo(2);
            }
        }
    }

    private static void pieces(LineClient client, byte[] all, Random random) {
        try {
            OutputStream out = client.socket().getOutputStream();
            for (int at = 0; at < all.length; ) {
                int length = Math.min(1 + random.nextInt(100_000), all.length - at);
                out.write(all, at, length);
                at += length;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aLargeAnswerArrivesWholeOnEveryTransport() throws Exception {
        int size = 3_000_000;
        try (LineClient plain = LineClient.to(network.address(TransportKind.TCP));
                LineClient secure = tls()) {
            for (LineClient client : new LineClient[] {plain, secure}) {
                client.send("FILL " + size + "\n");
                assertThat(client.socket().getInputStream().readNBytes(size)).hasSize(size);
                assertThat(client.ask("ECHO after")).isEqualTo("after");
            }
        }
    }

    @Test
    void aPublicationReachesEverySubscriber() throws Exception {
        try (LineClient one = LineClient.to(network.address(TransportKind.TCP));
                LineClient two = tls();
                LineClient publisher = LineClient.to(network.address(TransportKind.TCP))) {
            one.send("SUB\n");
            two.send("SUB\n");
            assertThat(one.ask("ECHO ready")).isEqualTo("ready");
            assertThat(two.ask("ECHO ready")).isEqualTo("ready");
            publisher.send("PUB news\n");
            assertThat(one.read()).isEqualTo("news");
            assertThat(two.read()).isEqualTo("news");
        }
    }

    @Test
    void tlsMayBeginInTheMiddleOfAPlainConnection() throws Exception {
        InetSocketAddress to = network.address(TransportKind.TCP);
        try (LineClient plain = LineClient.to(to)) {
            assertThat(plain.ask("TLS")).isEqualTo("GO");
            Socket secured =
                    clientTls
                            .getSocketFactory()
                            .createSocket(plain.socket(), "localhost", to.getPort(), false);
            LineClient client = new LineClient(secured);
            assertThat(client.ask("WHO")).isEqualTo("alice");
        }
    }

    @Test
    void aTlsHelloOnThePlainPortIsClosedCleanly() throws Exception {
        InetSocketAddress to = network.address(TransportKind.TCP);
        try (Socket socket = new Socket(to.getAddress(), to.getPort())) {
            socket.getOutputStream().write(new byte[] {0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0});
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void plainBytesOnTheTlsPortAreClosedCleanly() throws Exception {
        InetSocketAddress to = network.address(TransportKind.TLS);
        try (LineClient client = LineClient.to(to)) {
            client.send("ECHO good day\n");
            byte[] answer = client.socket().getInputStream().readAllBytes();
            assertThat(new String(answer, StandardCharsets.ISO_8859_1)).doesNotContain("good day");
        }
    }

    @Test
    void aFailingHandlerClosesItsConnectionOnly() throws Exception {
        try (LineClient bad = LineClient.to(network.address(TransportKind.TCP));
                LineClient good = LineClient.to(network.address(TransportKind.TCP))) {
            assertThat(bad.ask("BOOM")).isNull();
            assertThat(good.ask("ECHO fine")).isEqualTo("fine");
        }
    }

    @Test
    void aKickReachesTheClientInItsWords() throws Exception {
        try (LineClient client = LineClient.to(network.address(TransportKind.TCP))) {
            assertThat(client.ask("HELLO kicked-one")).isEqualTo("OK");
            int kicked =
                    network.connections.kickAll(
                            connection ->
                                    connection.login() != null
                                            && connection.login().user().equals("kicked-one"),
                            CloseReason.of(CloseReason.Kind.KICKED));
            assertThat(kicked).isEqualTo(1);
            assertThat(client.read()).isEqualTo("END KICKED");
            assertThat(client.read()).isNull();
        }
    }

    @Test
    void halfClosedInputIsAnsweredBeforeTheEnd() throws Exception {
        try (LineClient client = LineClient.to(network.address(TransportKind.TCP))) {
            client.send("ECHO last words\n");
            client.socket().shutdownOutput();
            assertThat(client.read()).isEqualTo("last words");
            assertThat(client.read()).isNull();
        }
    }

    @Test
    void bytesComeBackOverWebSocketAndItsTlsForm() throws Exception {
        for (String scheme : new String[] {"ws", "wss"}) {
            int port =
                    network.address(
                                    scheme.equals("ws")
                                            ? TransportKind.WEBSOCKET
                                            : TransportKind.WEBSOCKET_TLS)
                            .getPort();
            Answers answers = new Answers();
            try (HttpClient http = HttpClient.newBuilder().sslContext(clientTls).build()) {
                WebSocket socket =
                        http.newWebSocketBuilder()
                                .subprotocols("line")
                                .buildAsync(
                                        URI.create(scheme + "://localhost:" + port + "/any"),
                                        answers)
                                .get(10, TimeUnit.SECONDS);
                assertThat(socket.getSubprotocol()).isEqualTo("line");
                // One packet in two frames of one message, then two packets in one frame.
                socket.sendBinary(bytes("ECHO in "), false).get(5, TimeUnit.SECONDS);
                socket.sendBinary(bytes("parts\n"), true).get(5, TimeUnit.SECONDS);
                assertThat(answers.next()).isEqualTo("in parts\n");
                socket.sendPing(bytes("are you there")).get(5, TimeUnit.SECONDS);
                assertThat(answers.next()).isEqualTo("pong are you there");
                socket.sendBinary(bytes("ECHO one\nECHO two\n"), true).get(5, TimeUnit.SECONDS);
                assertThat(answers.next()).isEqualTo("one\ntwo\n");
                socket.sendClose(1000, "done").get(5, TimeUnit.SECONDS);
                assertThat(answers.next()).isEqualTo("closed 1000");
            }
        }
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static final class Answers implements WebSocket.Listener {

        private final LinkedBlockingQueue<String> answers = new LinkedBlockingQueue<>();

        String next() throws InterruptedException {
            return answers.poll(10, TimeUnit.SECONDS);
        }

        @Override
        public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
            answers.add(StandardCharsets.UTF_8.decode(data).toString());
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onPong(WebSocket socket, ByteBuffer data) {
            answers.add("pong " + StandardCharsets.UTF_8.decode(data));
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            answers.add("closed " + code);
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            answers.add("error " + error);
        }
    }
}
