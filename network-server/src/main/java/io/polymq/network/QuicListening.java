package io.polymq.network;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.socket.DatagramChannel;
import io.netty.handler.codec.quic.QuicServerCodecBuilder;
import io.netty.handler.codec.quic.QuicStreamChannel;
import java.net.SocketAddress;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * Listens for a protocol on QUIC: one UDP socket on one of the protocol's loops; each bidirectional
 * stream that a client opens is a connection. Addresses are proved by a retry token before anything
 * is kept for them.
 */
final class QuicListening {

    private static final long IDLE_MINUTES = 5;
    private static final int MAX_STREAMS = 64;
    private static final int STREAM_WINDOW = 256 << 10;
    private static final int CONNECTION_WINDOW = 1 << 20;
    private static final int MAX_DATAGRAM = 2048;
    private static final int DATAGRAMS_PER_READ = 16;

    private final Listener listener;
    private final TlsContexts tls;
    private final LongSupplier nanoClock;

    QuicListening(Listener listener, TlsContexts tls, LongSupplier nanoClock) {
        this.listener = listener;
        this.tls = tls;
        this.nanoClock = nanoClock;
    }

    ChannelFuture bind(
            ProtocolLoops loops,
            Class<? extends DatagramChannel> datagrams,
            SocketAddress address) {
        List<String> alpnNames = listener.alpnNames();
        if (alpnNames.isEmpty()) {
            throw new NetworkException(
                    listener.name() + ": QUIC needs a protocol with an ALPN name");
        }
        // Built once now, so that a faulty certificate is told at the start.
        tls.forQuic(alpnNames);
        ChannelHandler codec =
                new QuicServerCodecBuilder()
                        .sslEngineProvider(quic -> tls.forQuic(alpnNames).newEngine(quic.alloc()))
                        .maxIdleTimeout(IDLE_MINUTES, TimeUnit.MINUTES)
                        .initialMaxData(CONNECTION_WINDOW)
                        .initialMaxStreamDataBidirectionalRemote(STREAM_WINDOW)
                        .initialMaxStreamsBidirectional(MAX_STREAMS)
                        .initialMaxStreamsUnidirectional(0)
                        .activeMigration(true)
                        .tokenHandler(new QuicTokens(new SecureRandom(), nanoClock))
                        .handler(new Sessions())
                        .streamOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                        .streamHandler(listener.newChannels())
                        .build();
        return new Bootstrap()
                .group(loops.handlers())
                .channel(datagrams)
                .option(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        new FixedRecvByteBufAllocator(MAX_DATAGRAM)
                                .maxMessagesPerRead(DATAGRAMS_PER_READ))
                .handler(codec)
                .bind(address);
    }

    /**
     * The QUIC sessions that streams live in: no more than there may be connections, and none that
     * opens no stream in time.
     */
    @Sharable
    private final class Sessions extends ChannelInboundHandlerAdapter {

        private final AtomicInteger open = new AtomicInteger();

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            Channel session = ctx.channel();
            session.closeFuture().addListener(closed -> open.decrementAndGet());
            if (open.incrementAndGet() > listener.config().maxConnections()
                    || listener.isDraining()) {
                session.close();
                return;
            }
            Streams streams = new Streams();
            ctx.pipeline().addLast(streams);
            ctx.executor()
                    .schedule(
                            () -> streams.closeIfNone(session),
                            listener.config().firstByteTimeout().toNanos(),
                            TimeUnit.NANOSECONDS);
            ctx.fireChannelActive();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            listener.metrics().handshakeFailed();
            ctx.close();
        }
    }

    /** Notices whether a session ever had a stream. */
    private static final class Streams extends ChannelInboundHandlerAdapter {

        private boolean any;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            any |= message instanceof QuicStreamChannel;
            ctx.fireChannelRead(message);
        }

        void closeIfNone(Channel session) {
            if (!any) {
                session.close();
            }
        }
    }
}
