package io.polymq.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.netty.channel.uring.IoUring;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class TransportsTest {

    @TempDir Path folder;

    @Test
    void nioServesTcpAndUnixSockets() throws Exception {
        serves("nio");
    }

    @Test
    void epollServesTcpAndUnixSockets() throws Exception {
        serves("epoll");
    }

    @Test
    void ioUringServesTcpAndUnixSockets() throws Exception {
        assumeThat(IoUring.isAvailable()).as("the kernel lets us use io_uring").isTrue();
        serves("io_uring");
    }

    private void serves(String transport) throws Exception {
        Settings settings = new Settings();
        settings.transport = transport;
        settings.unixSocketDir = folder.toString();
        Path socket = folder.resolve("line.sock");
        try (TestNetwork network = new TestNetwork(settings.build(), null)) {
            assertThat(network.server.transport()).isEqualTo(transport);
            try (LineClient client = LineClient.to(network.address(TransportKind.TCP))) {
                assertThat(client.ask("ECHO over " + transport)).isEqualTo("over " + transport);
                client.send("FILL 2000000\n");
                assertThat(client.socket().getInputStream().readNBytes(2_000_000))
                        .hasSize(2_000_000);
                client.send("ECHO bye\n");
                client.socket().shutdownOutput();
                assertThat(client.read()).isEqualTo("bye");
                assertThat(client.read()).isNull();
            }
            assertThat(echoOverUnix(socket, "hello")).isEqualTo("hello\n");
            assertThatThrownBy(() -> UnixSockets.prepare(folder.toString(), "line"))
                    .isInstanceOf(NetworkException.class)
                    .hasMessageContaining("another server listens on");
        }
    }

    @Test
    void ipv4AndIpv6AreServedSideBySide() throws Exception {
        assumeThat(hasIpv6()).as("this machine has an IPv6 loopback address").isTrue();
        Settings settings = new Settings();
        settings.bind = List.of("127.0.0.1", "::1");
        try (TestNetwork network = new TestNetwork(settings.build(), null)) {
            List<InetSocketAddress> addresses =
                    network.bound.stream()
                            .filter(one -> one.transport() == TransportKind.TCP)
                            .map(one -> (InetSocketAddress) one.address())
                            .toList();
            assertThat(addresses)
                    .hasSize(2)
                    .anyMatch(one -> one.getAddress() instanceof Inet4Address)
                    .anyMatch(one -> one.getAddress() instanceof Inet6Address);
            for (InetSocketAddress address : addresses) {
                try (LineClient client = LineClient.to(address)) {
                    assertThat(client.ask("ECHO hello")).isEqualTo("hello");
                }
            }
        }
    }

    private static boolean hasIpv6() {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress("::1", 0));
            return true;
        } catch (IOException none) {
            return false;
        }
    }

    private static String echoOverUnix(Path socket, String text) throws Exception {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            channel.write(
                    ByteBuffer.wrap(("ECHO " + text + "\n").getBytes(StandardCharsets.UTF_8)));
            ByteBuffer answer = ByteBuffer.allocate(text.length() + 1);
            while (answer.hasRemaining() && channel.read(answer) >= 0) {
                assertThat(channel.isOpen()).isTrue();
            }
            return new String(answer.array(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void aSocketThatADeadBrokerHasLeftIsReplaced() throws Exception {
        Path left = folder.resolve("line.sock");
        Files.createFile(left);
        Settings settings = new Settings();
        settings.unixSocketDir = folder.toString();
        try (TestNetwork network = new TestNetwork(settings.build(), null)) {
            assertThat(network.bound).anyMatch(one -> one.transport() == TransportKind.UNIX);
            assertThat(echoOverUnix(left, "again")).isEqualTo("again\n");
        }
    }

    @Test
    void anUnknownTransportIsOneSentence() {
        assertThatThrownBy(() -> IoTransport.of("carrier_pigeon"))
                .isInstanceOf(NetworkException.class)
                .hasMessage(
                        "network.transport must be auto, epoll, io_uring or nio, but is"
                                + " carrier_pigeon");
    }
}
