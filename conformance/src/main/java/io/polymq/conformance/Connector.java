package io.polymq.conformance;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler;
import io.netty.handler.codec.http.websocketx.WebSocketVersion;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicClientCodecBuilder;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.polymq.network.ProtocolBinding;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Opens a protocol's clients on any route, with a small receive buffer of their own. */
final class Connector implements AutoCloseable {

    private static final int CONNECT_SECONDS = 20;
    private static final int RECEIVE_BUFFER = 16 << 10;
    private static final int MAX_FRAME = 16 << 20;

    private final EventLoopGroup loops =
            new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Certificates certificates;

    Connector(Certificates certificates) {
        this.certificates = certificates;
    }

    Client connect(Route route, ProtocolBinding binding, SocketAddress to) {
        Client client = new Client(route.isWebSocket());
        if (route == Route.QUIC) {
            return quic(client, binding, (InetSocketAddress) to);
        }
        Bootstrap bootstrap = new Bootstrap().group(loops);
        SocketAddress target = to;
        if (route == Route.UNIX) {
            bootstrap.channel(NioDomainSocketChannel.class);
            target = UnixDomainSocketAddress.of(Path.of(to.toString()));
        } else {
            bootstrap
                    .channel(NioSocketChannel.class)
                    .option(ChannelOption.SO_RCVBUF, RECEIVE_BUFFER)
                    .option(ChannelOption.TCP_NODELAY, true);
        }
        Setup setup = new Setup(route, binding, to, client);
        Channel channel =
                done(bootstrap
                                .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                                .handler(setup)
                                .connect(target))
                        .channel();
        setup.awaitReady();
        return client.connected(channel, channel);
    }

    private static <F extends Future<?>> F done(F future) {
        if (!future.awaitUninterruptibly(CONNECT_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("no connection in time");
        }
        if (!future.isSuccess()) {
            throw new AssertionError("no connection", future.cause());
        }
        return future;
    }

    private final class Setup extends ChannelInitializer<Channel> {

        private final Route route;
        private final ProtocolBinding binding;
        private final SocketAddress to;
        private final Client client;
        private volatile @Nullable Future<?> ready;

        Setup(Route route, ProtocolBinding binding, SocketAddress to, Client client) {
            this.route = route;
            this.binding = binding;
            this.to = to;
            this.client = client;
        }

        @Override
        protected void initChannel(Channel channel) {
            ChannelPipeline pipeline = channel.pipeline();
            if (route.isTls()) {
                List<String> alpn = route.saysAlpn() ? binding.alpnNames() : List.of();
                SslHandler tls =
                        certificates.client(alpn).newHandler(channel.alloc(), "localhost", 0);
                pipeline.addLast(tls);
                ready = tls.handshakeFuture();
            }
            if (route.isWebSocket()) {
                addWebSocket(pipeline);
            }
            pipeline.addLast(client.receiver());
        }

        private void addWebSocket(ChannelPipeline pipeline) {
            int port = ((InetSocketAddress) to).getPort();
            String scheme = route.isTls() ? "wss" : "ws";
            List<String> names = binding.webSocketSubprotocols();
            WebSocketClientProtocolHandler handshake =
                    new WebSocketClientProtocolHandler(
                            WebSocketClientProtocolConfig.newBuilder()
                                    .webSocketUri(URI.create(scheme + "://localhost:" + port + "/"))
                                    .version(WebSocketVersion.V13)
                                    .subprotocol(names.isEmpty() ? null : names.getFirst())
                                    .customHeaders(new DefaultHttpHeaders())
                                    .maxFramePayloadLength(MAX_FRAME)
                                    .handleCloseFrames(false)
                                    .build());
            pipeline.addLast(new HttpClientCodec(), new HttpObjectAggregator(MAX_FRAME), handshake);
        }

        void awaitReady() {
            Future<?> handshake = ready;
            if (handshake != null) {
                done(handshake);
            }
            if (route.isWebSocket()) {
                client.awaitUpgraded();
            }
        }
    }

    private Client quic(Client client, ProtocolBinding binding, InetSocketAddress to) {
        QuicSslContext context = certificates.quicClient(binding.alpnNames());
        Channel socket =
                done(new Bootstrap()
                                .group(loops)
                                .channel(NioDatagramChannel.class)
                                .handler(
                                        new QuicClientCodecBuilder()
                                                .sslEngineProvider(
                                                        session ->
                                                                context.newEngine(
                                                                        session.alloc(),
                                                                        "localhost",
                                                                        443))
                                                .maxIdleTimeout(60, TimeUnit.SECONDS)
                                                .initialMaxData(10 << 20)
                                                .initialMaxStreamDataBidirectionalLocal(1 << 20)
                                                .build())
                                .bind(0))
                        .channel();
        QuicChannel session =
                done(QuicChannel.newBootstrap(socket)
                                .handler(new ChannelInboundHandlerAdapter())
                                .streamHandler(new ChannelInboundHandlerAdapter())
                                .streamOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                                .remoteAddress(to)
                                .connect())
                        .getNow();
        Channel stream =
                done(session.createStream(QuicStreamType.BIDIRECTIONAL, client.receiver()))
                        .getNow();
        return client.connected(stream, session);
    }

    @Override
    public void close() {
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS)
                .awaitUninterruptibly(CONNECT_SECONDS, TimeUnit.SECONDS);
    }
}
