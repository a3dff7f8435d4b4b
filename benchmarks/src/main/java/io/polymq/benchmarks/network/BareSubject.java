package io.polymq.benchmarks.network;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.codec.FixedLengthFrameDecoder;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.handler.codec.quic.InsecureQuicTokenHandler;
import io.netty.handler.codec.quic.QuicServerCodecBuilder;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Echo or fan-out as a handler in a pipeline: a write for each message, a flush for each read. */
final class BareSubject implements Subject {

    private final EventLoopGroup loops =
            new MultiThreadIoEventLoopGroup(
                    1, new DefaultThreadFactory("bare-loop"), EpollIoHandler.newFactory());
    private final Channel server;
    private final List<Channel> subscribers = new ArrayList<>();

    BareSubject(Wire wire, boolean fansOut, Keys keys, Path folder) throws Exception {
        SslContext tls = wire.isTls() ? keys.server() : null;
        ChannelInitializer<Channel> children =
                new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        ChannelPipeline pipeline = channel.pipeline();
                        if (tls != null) {
                            pipeline.addLast(tls.newHandler(channel.alloc()));
                        }
                        if (wire.isWebSocket()) {
                            pipeline.addLast(
                                    new HttpServerCodec(),
                                    new HttpObjectAggregator(8192),
                                    new WebSocketServerProtocolHandler("/"),
                                    new Frames());
                        }
                        if (fansOut) {
                            pipeline.addLast(
                                    new FixedLengthFrameDecoder(MESSAGE_BYTES), new FanOut());
                        } else {
                            pipeline.addLast(new Echo());
                        }
                    }
                };
        server = wire == Wire.QUIC ? quic(children, keys) : stream(wire, children, folder);
    }

    private Channel stream(Wire wire, ChannelInitializer<Channel> children, Path folder)
            throws InterruptedException {
        ServerBootstrap bootstrap = new ServerBootstrap().group(loops).childHandler(children);
        if (wire == Wire.UNIX) {
            return bootstrap
                    .channel(EpollServerDomainSocketChannel.class)
                    .bind(new DomainSocketAddress(folder.resolve("bare.sock").toFile()))
                    .sync()
                    .channel();
        }
        return bootstrap
                .channel(EpollServerSocketChannel.class)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .bind(new InetSocketAddress("127.0.0.1", 0))
                .sync()
                .channel();
    }

    private Channel quic(ChannelInitializer<Channel> streams, Keys keys)
            throws InterruptedException {
        return new Bootstrap()
                .group(loops)
                .channel(EpollDatagramChannel.class)
                .handler(
                        new QuicServerCodecBuilder()
                                .sslContext(keys.quicServer())
                                .maxIdleTimeout(60, TimeUnit.SECONDS)
                                .initialMaxData(1 << 20)
                                .initialMaxStreamDataBidirectionalRemote(256 << 10)
                                .initialMaxStreamsBidirectional(64)
                                .tokenHandler(InsecureQuicTokenHandler.INSTANCE)
                                .handler(new Sessions())
                                .streamHandler(streams)
                                .build())
                .bind(new InetSocketAddress("127.0.0.1", 0))
                .sync()
                .channel();
    }

    @Override
    public SocketAddress address() {
        return server.localAddress();
    }

    @Override
    public String threadPrefix() {
        return "bare-loop";
    }

    @Override
    public void close() {
        server.close().awaitUninterruptibly();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    @Sharable
    private static final class Sessions extends ChannelInboundHandlerAdapter {}

    private static final class Echo extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.write(message, ctx.voidPromise());
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            ctx.flush();
        }
    }

    private final class FanOut extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf in = (ByteBuf) message;
            if (in.getByte(in.readerIndex()) == SUBSCRIBE) {
                subscribers.add(ctx.channel());
            } else {
                for (Channel subscriber : subscribers) {
                    subscriber.write(in.retainedDuplicate(), subscriber.voidPromise());
                }
            }
            in.release();
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            for (Channel subscriber : subscribers) {
                subscriber.flush();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            subscribers.remove(ctx.channel());
        }
    }

    /** WebSocket frames to bytes and back. */
    static final class Frames extends ChannelDuplexHandler {

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.fireChannelRead(
                    message instanceof BinaryWebSocketFrame frame ? frame.content() : message);
        }

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            ctx.write(
                    message instanceof ByteBuf bytes ? new BinaryWebSocketFrame(bytes) : message,
                    promise.unvoid());
        }
    }
}
