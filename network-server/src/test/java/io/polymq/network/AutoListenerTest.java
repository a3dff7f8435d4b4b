package io.polymq.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.pkitesting.X509Bundle;
import io.polymq.config.LoopConfig;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AutoListenerTest {

    static TestNetwork network;
    static InetSocketAddress auto;
    static SSLContext clientTls;

    @BeforeAll
    static void start() throws Exception {
        X509Bundle authority = TestNetwork.authority();
        network =
                new TestNetwork(
                        new Settings().build(),
                        TestNetwork.tls(TestNetwork.issued(authority, "localhost"), authority));
        auto =
                (InetSocketAddress)
                        network.server
                                .listenAuto(
                                        List.of(network.protocol, new SpeakingProtocol()),
                                        0,
                                        LoopConfig.DEFAULT)
                                .getFirst()
                                .address();
        clientTls = SSLContext.getInstance("TLS");
        clientTls.init(null, new TrustManager[] {authority.toTrustManager()}, null);
    }

    @AfterAll
    static void stop() throws Exception {
        network.close();
    }

    private static LineClient tls(String... alpn) throws Exception {
        SSLSocket socket =
                (SSLSocket)
                        clientTls
                                .getSocketFactory()
                                .createSocket(auto.getAddress(), auto.getPort());
        if (alpn.length > 0) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setApplicationProtocols(alpn);
            socket.setSSLParameters(parameters);
        }
        return new LineClient(socket);
    }

    @Test
    void theFirstBytesTellTheProtocol() throws Exception {
        try (LineClient line = LineClient.to(auto);
                LineClient speaking = LineClient.to(auto)) {
            assertThat(line.ask("ECHO here")).isEqualTo("here");
            speaking.send(".x");
            assertThat(speaking.read()).isEqualTo("WELCOME");
            assertThat(speaking.read()).isEqualTo("HEARD 2");
        }
    }

    @Test
    void firstBytesMayComeOneByOne() throws Exception {
        try (LineClient line = LineClient.to(auto)) {
            for (char at : "ECHO slowly\n".toCharArray()) {
                line.send(String.valueOf(at));
            }
            assertThat(line.read()).isEqualTo("slowly");
        }
    }

    @Test
    void aSilentClientIsGivenTheProtocolThatSpeaksFirst() throws Exception {
        try (LineClient silent = LineClient.to(auto)) {
            assertThat(silent.read()).isEqualTo("WELCOME");
        }
    }

    @Test
    void tlsIsToldAndThenTheProtocolInsideIt() throws Exception {
        try (LineClient line = tls()) {
            assertThat(line.ask("ECHO inside")).isEqualTo("inside");
        }
    }

    @Test
    void alpnNamesTheProtocol() throws Exception {
        try (LineClient speaking = tls("speaking")) {
            speaking.send("ECHO\n");
            assertThat(speaking.read()).isEqualTo("WELCOME");
            assertThat(speaking.read()).isEqualTo("HEARD 5");
        }
    }

    @Test
    void aTlsHelloMayComeOneByteAtATime() throws Exception {
        byte[] hello = clientHello();
        try (Socket socket = new Socket(auto.getAddress(), auto.getPort())) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(10_000);
            for (byte at : hello) {
                socket.getOutputStream().write(at);
                socket.getOutputStream().flush();
            }
            assertThat(socket.getInputStream().read()).as("a handshake record").isEqualTo(0x16);
        }
    }

    private static byte[] clientHello() throws Exception {
        var engine = clientTls.createSSLEngine();
        engine.setUseClientMode(true);
        var record = java.nio.ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(java.nio.ByteBuffer.allocate(0), record);
        record.flip();
        byte[] bytes = new byte[record.remaining()];
        record.get(bytes);
        return bytes;
    }

    @Test
    void aWebSocketIsToldByItsRequest() throws Exception {
        try (LineClient client = LineClient.to(auto)) {
            client.send(
                    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                            + "Sec-WebSocket-Protocol: line\r\nSec-WebSocket-Version: 13\r\n\r\n");
            assertThat(client.read()).startsWith("HTTP/1.1 101");
            String header = client.read();
            StringBuilder headers = new StringBuilder();
            while (!header.isBlank()) {
                headers.append(header).append('\n');
                header = client.read();
            }
            assertThat(headers.toString().toLowerCase())
                    .contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=")
                    .contains("sec-websocket-protocol: line");
            byte[] frame = {(byte) 0x82, (byte) 0x88, 0, 0, 0, 0};
            client.socket().getOutputStream().write(frame);
            client.send("ECHO hi\n");
            byte[] answer = client.socket().getInputStream().readNBytes(5);
            assertThat(answer).startsWith(0x82, 3);
            assertThat(new String(answer, 2, 3, StandardCharsets.US_ASCII)).isEqualTo("hi\n");
        }
    }

    @Test
    void whatNobodySpeaksIsClosed() throws Exception {
        try (LineClient client = LineClient.to(auto)) {
            client.send("\1\2\3\4");
            assertThat(client.read()).isNull();
        }
    }
}
