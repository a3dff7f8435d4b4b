package io.polymq.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicClientCodecBuilder;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.pkitesting.X509Bundle;
import io.polymq.config.LoopConfig;
import io.polymq.config.TransportPorts;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class QuicTest {

    private EventLoopGroup loops;
    private X509Bundle authority;
    private TestNetwork network;
    private InetSocketAddress address;

    @BeforeEach
    void start() throws Exception {
        loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        authority = TestNetwork.authority();
        network =
                new TestNetwork(
                        new Settings().build(),
                        TestNetwork.tls(TestNetwork.issued(authority, "localhost"), authority));
        address =
                (InetSocketAddress)
                        network.server
                                .listen(
                                        network.protocol,
                                        new TransportPorts(null, null, null, null, 0),
                                        LoopConfig.DEFAULT)
                                .getFirst()
                                .address();
    }

    @AfterEach
    void stop() throws Exception {
        network.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }

    /** A client's session; what streams receive is put together in the queue. */
    private QuicChannel connect(String alpn) throws Exception {
        X509Bundle client = TestNetwork.issued(authority, "alice");
        var context =
                QuicSslContextBuilder.forClient()
                        .trustManager(authority.getCertificate())
                        .keyManager(
                                client.getKeyPair().getPrivate(), null, client.getCertificatePath())
                        .applicationProtocols(alpn)
                        .build();
        Channel socket =
                new Bootstrap()
                        .group(loops)
                        .channel(NioDatagramChannel.class)
                        .handler(
                                new QuicClientCodecBuilder()
                                        .sslEngineProvider(
                                                q -> context.newEngine(q.alloc(), "localhost", 443))
                                        .maxIdleTimeout(2, TimeUnit.SECONDS)
                                        .initialMaxData(10_000_000)
                                        .initialMaxStreamDataBidirectionalLocal(1_000_000)
                                        .build())
                        .bind(0)
                        .sync()
                        .channel();
        return QuicChannel.newBootstrap(socket)
                .handler(new ChannelInboundHandlerAdapter())
                .streamHandler(new ChannelInboundHandlerAdapter())
                .remoteAddress(address)
                .connect()
                .get(10, TimeUnit.SECONDS);
    }

    private static final class Stream extends ChannelInboundHandlerAdapter {

        final LinkedBlockingQueue<String> lines = new LinkedBlockingQueue<>();
        private final StringBuilder part = new StringBuilder();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf in = (ByteBuf) message;
            for (char at : in.toString(StandardCharsets.UTF_8).toCharArray()) {
                if (at == '\n') {
                    lines.add(part.toString());
                    part.setLength(0);
                } else {
                    part.append(at);
                }
            }
            in.release();
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof ChannelInputShutdownEvent) {
                lines.add("<end>");
            }
        }

        String next() throws InterruptedException {
            return lines.poll(10, TimeUnit.SECONDS);
        }
    }

    private static void send(QuicStreamChannel stream, String text) {
        stream.writeAndFlush(ByteBufUtil.writeUtf8(stream.alloc(), text));
    }

    @Test
    void eachStreamIsAConnectionWithTheSessionsIdentity() throws Exception {
        QuicChannel session = connect("line");
        Stream one = new Stream();
        Stream two = new Stream();
        QuicStreamChannel first =
                session.createStream(QuicStreamType.BIDIRECTIONAL, one).sync().getNow();
        QuicStreamChannel second =
                session.createStream(QuicStreamType.BIDIRECTIONAL, two).sync().getNow();
        send(first, "ECHO one\nWHO\n");
        send(second, "ECHO two\n");
        assertThat(one.next()).isEqualTo("one");
        assertThat(one.next()).isEqualTo("alice");
        assertThat(two.next()).isEqualTo("two");
        assertThat(network.connections.count()).isEqualTo(2);
        assertThat(network.connections.all())
                .allMatch(one1 -> one1.transport() == TransportKind.QUIC)
                .allMatch(one1 -> one1.remote() instanceof InetSocketAddress);
        send(first, "FILL 500000\n");
        send(first, "\n");
        assertThat(one.next()).hasSize(500_000 + "WHAT".length());
        second.shutdownOutput();
        assertThat(two.next()).isEqualTo("<end>");
        session.close().sync();
        Await.until("both are gone", () -> network.connections.count() == 0);
    }

    @Test
    void aKickReachesTheClient() throws Exception {
        QuicChannel session = connect("line");
        Stream lines = new Stream();
        send(session.createStream(QuicStreamType.BIDIRECTIONAL, lines).sync().getNow(), "ECHO a\n");
        assertThat(lines.next()).isEqualTo("a");
        network.connections.kickAll(all -> true, CloseReason.of(CloseReason.Kind.KICKED));
        assertThat(lines.next()).isEqualTo("END KICKED");
        assertThat(lines.next()).isEqualTo("<end>");
        session.close().sync();
    }

    @Test
    void anotherAlpnNameIsRefused() {
        assertThatThrownBy(() -> connect("other")).isInstanceOf(ExecutionException.class);
        assertThat(network.connections.count()).isZero();
    }

    @Test
    void garbageAndUnknownVersionsLeaveTheSocketServing() throws Exception {
        try (DatagramSocket socket = new DatagramSocket()) {
            byte[] garbage = new byte[1200];
            socket.send(new DatagramPacket(garbage, garbage.length, address));
            byte[] unknownVersion = new byte[1200];
            unknownVersion[0] = (byte) 0xc0;
            unknownVersion[1] = 0x1a;
            unknownVersion[4] = 0x2a;
            unknownVersion[5] = 8;
            unknownVersion[14] = 8;
            socket.send(new DatagramPacket(unknownVersion, unknownVersion.length, address));
            socket.setSoTimeout(5_000);
            DatagramPacket answer = new DatagramPacket(new byte[1500], 1500);
            socket.receive(answer);
            assertThat(java.util.Arrays.copyOfRange(answer.getData(), 1, 5))
                    .as("version negotiation")
                    .containsOnly(0);
        }
        QuicChannel session = connect("line");
        Stream lines = new Stream();
        send(session.createStream(QuicStreamType.BIDIRECTIONAL, lines).sync().getNow(), "ECHO a\n");
        assertThat(lines.next()).isEqualTo("a");
        session.close().sync();
    }

    @Test
    void tokensHoldForTheirAddressAndTime() {
        long[] now = {0};
        QuicTokens tokens = new QuicTokens(new java.security.SecureRandom(), () -> now[0]);
        InetSocketAddress one = new InetSocketAddress("127.0.0.1", 1000);
        InetSocketAddress two = new InetSocketAddress("127.0.0.2", 1000);
        ByteBuf id = io.netty.buffer.Unpooled.wrappedBuffer(new byte[] {1, 2, 3, 4});
        ByteBuf token = io.netty.buffer.Unpooled.buffer();
        assertThat(tokens.writeToken(token, id, one)).isTrue();
        int offset = tokens.validateToken(token, one);
        assertThat(token.slice(offset, token.readableBytes() - offset)).isEqualTo(id);
        assertThat(tokens.validateToken(token, two)).isEqualTo(-1);
        now[0] = TimeUnit.SECONDS.toNanos(31);
        assertThat(tokens.validateToken(token, one)).isEqualTo(-1);
        now[0] = 0;
        token.setByte(3, token.getByte(3) ^ 1);
        assertThat(tokens.validateToken(token, one)).isEqualTo(-1);
    }
}
