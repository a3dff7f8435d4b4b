package io.polymq.benchmarks.network;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler.ClientHandshakeStateEvent;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicClientCodecBuilder;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Clients on one loop that keep a server busy and count the messages that come. */
final class Load implements AutoCloseable {

    private static final int ECHO_CONNECTIONS = 4;
    private static final int ECHO_IN_FLIGHT = 64;
    private static final int RECEIVERS = 10;
    private static final int PUBLISHED_AT_ONCE = 128;
    private static final long PUBLISHED_AHEAD_BYTES = 512 << 10;

    private final EventLoopGroup loops =
            new MultiThreadIoEventLoopGroup(
                    1, new DefaultThreadFactory("load-loop"), EpollIoHandler.newFactory());
    private final LongAdder receivedBytes = new LongAdder();
    private final Wire wire;
    private final SocketAddress to;

    Load(Wire wire, SocketAddress to) {
        this.wire = wire;
        this.to = to;
    }

    /** Messages that have come back or arrived. */
    long received() {
        return receivedBytes.sum() / Subject.MESSAGE_BYTES;
    }

    void echo() throws Exception {
        for (int i = 0; i < ECHO_CONNECTIONS; i++) {
            connect(new Echo());
        }
    }

    void fanOut() throws Exception {
        List<Receiver> receivers = new ArrayList<>();
        Publisher publisher = new Publisher(receivers);
        for (int i = 0; i < RECEIVERS; i++) {
            Receiver receiver = new Receiver(publisher);
            receivers.add(receiver);
            connect(receiver);
        }
        connect(publisher);
    }

    /** What a client does once its transport is ready. */
    private abstract static class Client extends ChannelInboundHandlerAdapter {

        abstract void ready(ChannelHandlerContext ctx);
    }

    private final class Echo extends Client {

        @Override
        void ready(ChannelHandlerContext ctx) {
            int size = ECHO_IN_FLIGHT * Subject.MESSAGE_BYTES;
            ctx.writeAndFlush(ctx.alloc().directBuffer(size).writeZero(size));
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            receivedBytes.add(((ByteBuf) message).readableBytes());
            ctx.write(message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            ctx.flush();
        }
    }

    private final class Receiver extends Client {

        private final Publisher publisher;
        private long received;

        Receiver(Publisher publisher) {
            this.publisher = publisher;
        }

        @Override
        void ready(ChannelHandlerContext ctx) {
            ByteBuf subscribe = ctx.alloc().directBuffer(Subject.MESSAGE_BYTES);
            subscribe.writeByte(Subject.SUBSCRIBE).writeZero(Subject.MESSAGE_BYTES - 1);
            ctx.writeAndFlush(subscribe);
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf in = (ByteBuf) message;
            received += in.readableBytes();
            receivedBytes.add(in.readableBytes());
            in.release();
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            publisher.pump();
        }
    }

    private static final class Publisher extends Client {

        private final List<Receiver> receivers;
        private @Nullable Channel channel;
        private long published;

        Publisher(List<Receiver> receivers) {
            this.receivers = receivers;
        }

        @Override
        void ready(ChannelHandlerContext ctx) {
            channel = ctx.channel();
            pump();
        }

        /** Publishes ahead of the slowest receiver by so much and no more. */
        void pump() {
            Channel to = channel;
            if (to == null) {
                return;
            }
            long slowest = Long.MAX_VALUE;
            for (Receiver receiver : receivers) {
                slowest = Math.min(slowest, receiver.received);
            }
            int size = PUBLISHED_AT_ONCE * Subject.MESSAGE_BYTES;
            while (published - slowest <= PUBLISHED_AHEAD_BYTES && to.isWritable()) {
                to.writeAndFlush(to.alloc().directBuffer(size).writeZero(size));
                published += size;
            }
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            pump();
        }
    }

    /** Starts its client when the last of the handshakes is done. */
    private final class Start extends ChannelInboundHandlerAdapter {

        private final Client client;

        Start(Client client) {
            this.client = client;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            if (!wire.isTls() && !wire.isWebSocket()) {
                client.ready(ctx);
            }
            ctx.fireChannelActive();
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            boolean secured = event instanceof SslHandshakeCompletionEvent && !wire.isWebSocket();
            if (secured || event == ClientHandshakeStateEvent.HANDSHAKE_COMPLETE) {
                client.ready(ctx);
            }
        }
    }

    private void connect(Client client) throws Exception {
        if (wire == Wire.QUIC) {
            quic(client);
            return;
        }
        SslContext tls = wire.isTls() ? Keys.client() : null;
        ChannelHandler setup =
                new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        ChannelPipeline pipeline = channel.pipeline();
                        if (tls != null) {
                            pipeline.addLast(tls.newHandler(channel.alloc()));
                        }
                        if (wire.isWebSocket()) {
                            pipeline.addLast(new HttpClientCodec(), new HttpObjectAggregator(8192));
                            pipeline.addLast(webSocket(), new BareSubject.Frames());
                        }
                        pipeline.addLast(new Start(client), client);
                    }
                };
        Bootstrap bootstrap = new Bootstrap().group(loops).handler(setup);
        if (wire == Wire.UNIX) {
            bootstrap.channel(EpollDomainSocketChannel.class);
        } else {
            bootstrap.channel(EpollSocketChannel.class).option(ChannelOption.TCP_NODELAY, true);
        }
        bootstrap.connect(to).sync();
    }

    private WebSocketClientProtocolHandler webSocket() {
        int port = ((InetSocketAddress) to).getPort();
        return new WebSocketClientProtocolHandler(
                WebSocketClientProtocolConfig.newBuilder()
                        .webSocketUri(URI.create("ws://localhost:" + port + "/"))
                        .customHeaders(new DefaultHttpHeaders())
                        .maxFramePayloadLength(16 << 20)
                        .performMasking(true)
                        .build());
    }

    private void quic(Client client) throws Exception {
        QuicSslContext context = Keys.quicClient();
        Channel socket =
                new Bootstrap()
                        .group(loops)
                        .channel(EpollDatagramChannel.class)
                        .handler(
                                new QuicClientCodecBuilder()
                                        .sslContext(context)
                                        .maxIdleTimeout(60, TimeUnit.SECONDS)
                                        .initialMaxData(4 << 20)
                                        .initialMaxStreamDataBidirectionalLocal(1 << 20)
                                        .build())
                        .bind(new InetSocketAddress("127.0.0.1", 0))
                        .sync()
                        .channel();
        QuicChannel session =
                QuicChannel.newBootstrap(socket)
                        .handler(new ChannelInboundHandlerAdapter())
                        .streamHandler(new ChannelInboundHandlerAdapter())
                        .remoteAddress(to)
                        .connect()
                        .get();
        session.createStream(
                        QuicStreamType.BIDIRECTIONAL,
                        new ChannelInitializer<Channel>() {
                            @Override
                            protected void initChannel(Channel stream) {
                                stream.pipeline().addLast(new Start(client), client);
                            }
                        })
                .sync();
    }

    @Override
    public void close() {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
