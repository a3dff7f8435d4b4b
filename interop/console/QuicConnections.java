import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicClientCodecBuilder;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamType;
import java.io.File;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Many MQTT connections without many files: each is a stream of a QUIC session, and all sessions have one socket. Says "held" once
 * all are accepted, and holds them until its input ends.
 *
 *   java -cp polymq.jar QuicConnections.java PORT CERTIFICATE FIRST END
 */
class QuicConnections {

    private static final int PER_SESSION = 50;

    public static void main(String[] arguments) throws Exception {
        var server = new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0]));
        var context =
                QuicSslContextBuilder.forClient().trustManager(new File(arguments[1])).applicationProtocols("mqtt").build();
        var loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        Channel socket =
                new Bootstrap()
                        .group(loops)
                        .channel(NioDatagramChannel.class)
                        .handler(
                                new QuicClientCodecBuilder()
                                        .sslEngineProvider(quic -> context.newEngine(quic.alloc(), "localhost", server.getPort()))
                                        .maxIdleTimeout(1, TimeUnit.HOURS)
                                        .initialMaxData(1 << 20)
                                        .initialMaxStreamDataBidirectionalLocal(1 << 16)
                                        .build())
                        .bind(0)
                        .sync()
                        .channel();
        int end = Integer.parseInt(arguments[3]);
        for (int at = Integer.parseInt(arguments[2]); at < end; at += PER_SESSION) {
            QuicChannel session =
                    QuicChannel.newBootstrap(socket)
                            .handler(new ChannelInboundHandlerAdapter())
                            .streamHandler(new ChannelInboundHandlerAdapter())
                            .remoteAddress(server)
                            .connect()
                            .get(10, TimeUnit.SECONDS);
            List<CompletableFuture<Void>> accepted = new ArrayList<>();
            for (int number = at; number < Math.min(end, at + PER_SESSION); number++) {
                accepted.add(open(session, "sensor-" + number));
            }
            CompletableFuture.allOf(accepted.toArray(CompletableFuture[]::new)).get(10, TimeUnit.SECONDS);
        }
        System.out.println("held");
        System.in.read();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private static CompletableFuture<Void> open(QuicChannel session, String clientId) throws InterruptedException {
        var accepted = new CompletableFuture<Void>();
        QuicStreamChannel stream =
                session.createStream(
                                QuicStreamType.BIDIRECTIONAL,
                                new SimpleChannelInboundHandler<ByteBuf>() {
                                    @Override
                                    protected void channelRead0(ChannelHandlerContext context, ByteBuf answer) {
                                        if (ByteBufUtil.hexDump(answer).equals("20020000")) {
                                            accepted.complete(null);
                                        } else {
                                            accepted.completeExceptionally(new IllegalStateException(ByteBufUtil.hexDump(answer)));
                                        }
                                    }
                                })
                        .sync()
                        .getNow();
        byte[] id = clientId.getBytes(StandardCharsets.US_ASCII);
        ByteBuf connect = stream.alloc().buffer();
        connect.writeByte(0x10).writeByte(12 + id.length);
        connect.writeShort(4).writeCharSequence("MQTT", StandardCharsets.US_ASCII);
        connect.writeByte(4).writeByte(2).writeShort(0).writeShort(id.length).writeBytes(id);
        stream.writeAndFlush(connect);
        return accepted;
    }
}
