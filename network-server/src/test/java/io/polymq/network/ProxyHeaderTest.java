package io.polymq.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.pkitesting.X509Bundle;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.HexFormat;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ProxyHeaderTest {

    /** v2, PROXY, TCP over IPv4, 12 bytes: 192.0.2.7:1000 to 192.0.2.1:1883. */
    private static final byte[] V2 =
            HexFormat.of()
                    .parseHex("0d0a0d0a000d0a515549540a" + "2111000c" + "c0000207c000020103e8075b");

    private static TestNetwork network(String mode) {
        Settings settings = new Settings();
        settings.proxyProtocol = mode;
        settings.maxConnectionsPerIp = 1;
        return new TestNetwork(settings.build(), null);
    }

    private static String remote(TestNetwork network) {
        return network.connections.all().iterator().next().remote().toString();
    }

    @Test
    void bothVersionsNameTheClient() throws Exception {
        try (TestNetwork network = network("required")) {
            InetSocketAddress to = network.address(TransportKind.TCP);
            try (LineClient client = LineClient.to(to)) {
                client.send("PROXY TCP4 192.0.2.9 192.0.2.1 4000 1883\r\nECHO one\n");
                assertThat(client.read()).isEqualTo("one");
                assertThat(remote(network)).isEqualTo("/192.0.2.9:4000");
            }
            Await.until("the first is gone", () -> network.connections.count() == 0);
            try (LineClient client = LineClient.to(to)) {
                OutputStream out = client.socket().getOutputStream();
                for (byte at : V2) {
                    out.write(at);
                    out.flush();
                }
                assertThat(client.ask("ECHO two")).isEqualTo("two");
                assertThat(remote(network)).isEqualTo("/192.0.2.7:1000");
            }
        }
    }

    @Test
    void tlsMayFollowInTheSameSegment() throws Exception {
        X509Bundle authority = TestNetwork.authority();
        Settings settings = new Settings();
        settings.proxyProtocol = "optional";
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, new TrustManager[] {authority.toTrustManager()}, null);
        try (TestNetwork network =
                new TestNetwork(
                        settings.build(),
                        TestNetwork.tls(TestNetwork.issued(authority, "localhost"), null))) {
            InetSocketAddress to = network.address(TransportKind.TLS);
            Socket plain = new Socket(to.getAddress(), to.getPort());
            plain.getOutputStream().write(V2);
            try (LineClient client =
                    new LineClient(
                            tls.getSocketFactory()
                                    .createSocket(plain, "localhost", to.getPort(), true))) {
                assertThat(client.ask("ECHO secret")).isEqualTo("secret");
                assertThat(remote(network)).isEqualTo("/192.0.2.7:1000");
            }
        }
    }

    @Test
    void aClientWithoutHeaderIsServedWhereItIsOptionalAndRefusedWhereItIsRequired()
            throws Exception {
        try (TestNetwork network = network("optional");
                LineClient client = LineClient.to(network.address(TransportKind.TCP))) {
            assertThat(client.ask("ECHO direct")).isEqualTo("direct");
        }
        try (TestNetwork network = network("required");
                LineClient client = LineClient.to(network.address(TransportKind.TCP))) {
            assertThat(client.ask("ECHO direct")).isNull();
        }
    }

    @Test
    void aLyingHeaderIsClosed() throws Exception {
        String[] lies = {
            "PROXY TCP4 300.0.0.1 192.0.2.1 4000 1883\r\n",
            "PROXY TCP4 192.0.2.9 192.0.2.1 70000 1883\r\n",
            "PROXY TCP6 192.0.2.9 192.0.2.1 4000 1883\r\n",
            "PROXY " + "x".repeat(200) + "\r\n",
        };
        try (TestNetwork network = network("required")) {
            for (String lie : lies) {
                try (LineClient client = LineClient.to(network.address(TransportKind.TCP))) {
                    client.send(lie + "ECHO no\n");
                    assertThat(client.read()).as(lie).isNull();
                }
            }
            Await.until("nothing is left", () -> network.connections.count() == 0);
        }
    }

    @Test
    void theLimitPerAddressCountsTheClientNotTheBalancer() throws Exception {
        try (TestNetwork network = network("required");
                LineClient one = LineClient.to(network.address(TransportKind.TCP));
                LineClient two = LineClient.to(network.address(TransportKind.TCP));
                LineClient three = LineClient.to(network.address(TransportKind.TCP))) {
            one.send("PROXY TCP4 192.0.2.9 192.0.2.1 4000 1883\r\n");
            two.send("PROXY TCP4 192.0.2.10 192.0.2.1 4000 1883\r\n");
            assertThat(one.ask("ECHO one")).isEqualTo("one");
            assertThat(two.ask("ECHO two")).isEqualTo("two");
            three.send("PROXY TCP4 192.0.2.9 192.0.2.1 4001 1883\r\n");
            assertThat(three.ask("ECHO three")).isNull();
        }
    }
}
