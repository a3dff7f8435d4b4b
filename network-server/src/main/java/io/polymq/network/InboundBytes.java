package io.polymq.network;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/**
 * The last handler of every channel: carries bytes to the protocol, keeps what it leaves, pauses
 * and resumes, and notices the end. Between reads it holds no buffer unless a packet is unfinished.
 *
 * <p>Connection zone.
 */
final class InboundBytes extends ChannelInboundHandlerAdapter {

    private static final int FOR_MANY = 64 << 10;

    private final ChannelConnection connection;
    private final LoopContext loop;
    private final ListenerMetrics metrics;
    private @Nullable ProtocolHandler handler;
    private @Nullable ByteBuf rest;

    /** Instead of the rest. */
    private @Nullable LargePacket gathered;

    private long batchBytes;
    private int pauses;
    private boolean first = true;
    private boolean reading;
    private boolean discarding;
    private boolean inputEnded;
    private boolean endHeldBack;
    private boolean holdingForTls;
    private boolean tlsDue;

    InboundBytes(ChannelConnection connection, LoopContext loop, ListenerMetrics metrics) {
        this.connection = connection;
        this.loop = loop;
        this.metrics = metrics;
    }

    void start(ProtocolHandler protocol) {
        handler = protocol;
    }

    /** How much is worth being read at once, if it is there. */
    int wanted() {
        LargePacket packet = gathered;
        if (packet != null) {
            return packet.missing();
        }
        return loop.isOneSpeakingToMany() ? FOR_MANY : 0;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        ProtocolBinding binding = connection.listenerParts().opensAtOnce();
        if (binding != null) {
            connection.opened(binding);
        }
        ctx.fireChannelActive();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        ProtocolHandler current = handler;
        if (discarding || current == null) {
            in.release();
            return;
        }
        connection.heard();
        batchBytes += in.readableBytes();
        if (first && in.isReadable()) {
            first = false;
            if (isMistakenTls(in)) {
                in.release();
                mistakenTls();
                return;
            }
        }
        LargePacket packet = gathered;
        if (packet != null && packet.add(in)) {
            gathered = null;
            take(current, packet);
        }
        if (discarding || !in.isReadable()) {
            in.release();
        } else {
            take(current, in);
        }
    }

    private void take(ProtocolHandler current, LargePacket packet) {
        if (mayOffer()) {
            offer(current, packet.bytes(), true);
        } else {
            rest = packet.bytes();
        }
    }

    private void take(ProtocolHandler current, ByteBuf in) {
        if (!mayOffer()) {
            rest = rest == null ? in : joined(rest, in);
            return;
        }
        ByteBuf bytes = in;
        if (rest != null) {
            bytes = joined(rest, in);
            rest = null;
        }
        offer(current, bytes, false);
    }

    private boolean mayOffer() {
        return pauses == 0 && !holdingForTls;
    }

    private void offer(ProtocolHandler current, ByteBuf bytes, boolean whole) {
        reading = true;
        try {
            if (whole) {
                current.readWhole(bytes);
            } else {
                current.read(bytes);
            }
        } catch (RuntimeException e) {
            connection.failed(e);
        } finally {
            reading = false;
        }
        keepRest(current, bytes);
        if (tlsDue) {
            tlsDue = false;
            beginTls();
        }
    }

    private void keepRest(ProtocolHandler current, ByteBuf bytes) {
        int left = bytes.readableBytes();
        if (left == 0 || discarding) {
            bytes.release();
        } else if (left > connection.packetLimit() && pauses == 0) {
            bytes.release();
            discarding = true;
            connection.end(
                    new CloseReason(
                            CloseReason.Kind.TOO_LARGE,
                            "a packet is larger than " + connection.packetLimit() + " bytes"));
        } else if (mayOffer() && current.unfinishedBytes() >= LargePacket.LEAST_BYTES) {
            gathered = new LargePacket(bytes, current.unfinishedBytes());
        } else if (left > bytes.capacity() / 2) {
            rest = bytes;
        } else {
            ByteBuf small = bytes.alloc().buffer(left);
            small.writeBytes(bytes);
            bytes.release();
            rest = small;
        }
    }

    /** Grows by doubling: a large packet is copied a bounded number of times, however it comes. */
    private static ByteBuf joined(ByteBuf rest, ByteBuf in) {
        int more = in.readableBytes();
        ByteBuf target = rest;
        if (rest.writableBytes() < more) {
            int needed = rest.readableBytes() + more;
            if (needed <= rest.capacity() - rest.capacity() / 4) {
                rest.discardReadBytes();
            } else {
                int size = (int) Math.min(Math.max(needed, 2L * rest.capacity()), 1 << 30);
                target = rest.alloc().buffer(size);
                target.writeBytes(rest);
                rest.release();
            }
        }
        target.writeBytes(in);
        in.release();
        return target;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        endBatch();
        ctx.fireChannelReadComplete();
    }

    private void endBatch() {
        long bytes = batchBytes;
        if (bytes > 0) {
            batchBytes = 0;
            loop.heard();
            metrics.received(bytes);
            ProtocolHandler current = handler;
            if (current != null && !discarding) {
                try {
                    current.readComplete();
                } catch (RuntimeException e) {
                    connection.failed(e);
                }
                connection.batchRead(bytes);
            }
        }
        connection.outbox().flush();
    }

    // Pausing.

    void pause() {
        assert loop.eventLoop().inEventLoop();
        if (pauses++ == 0 && !discarding && connection.channel().isActive()) {
            connection.channel().config().setAutoRead(false);
        }
    }

    /** Whether the handler is being called. */
    boolean isReading() {
        return reading;
    }

    boolean isPaused() {
        return pauses > 0;
    }

    void resume() {
        assert loop.eventLoop().inEventLoop();
        if (pauses == 0) {
            throw new IllegalStateException("resumed more often than paused: " + connection);
        }
        if (--pauses > 0 || discarding || !connection.channel().isActive()) {
            return;
        }
        connection.channel().config().setAutoRead(true);
        if (rest != null || endHeldBack) {
            loop.eventLoop().execute(this::offerRest);
        }
    }

    /** Nothing may ever come again that would make us offer what was left while paused. */
    private void offerRest() {
        ByteBuf bytes = rest;
        ProtocolHandler current = handler;
        if (bytes != null && current != null && mayOffer() && !discarding) {
            rest = null;
            offer(current, bytes, false);
            endBatch();
        }
        if (endHeldBack && pauses == 0) {
            endHeldBack = false;
            connection.inputEnded();
        }
    }

    // TLS.

    private boolean isMistakenTls(ByteBuf in) {
        ProtocolBinding binding = connection.listenerParts().opensAtOnce();
        return binding != null
                && connection.transport() == TransportKind.TCP
                && FirstBytes.tlsHello(in) != ProbeResult.NO
                && binding.probe(in) == ProbeResult.NO;
    }

    private void mistakenTls() {
        connection.listenerParts().faults().theirs(connection, "spoke TLS to a plain port", null);
        connection.close(new CloseReason(CloseReason.Kind.PROTOCOL_ERROR, "TLS on a plain port"));
    }

    /** From now on what comes is TLS's. */
    void holdForTls() {
        holdingForTls = true;
        LargePacket packet = gathered;
        if (packet != null) {
            gathered = null;
            rest = packet.bytes();
        }
    }

    void beginTls() {
        if (reading) {
            tlsDue = true;
            return;
        }
        Channel channel = connection.channel();
        channel.pipeline().addFirst(connection.listenerParts().newSslHandler(channel));
        holdingForTls = false;
        connection.tlsStarted();
        ByteBuf held = rest;
        if (held != null) {
            rest = null;
            channel.pipeline().fireChannelRead(held);
            channel.pipeline().fireChannelReadComplete();
        }
    }

    // The end.

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
        switch (event) {
            case ChannelInputShutdownEvent shut -> inputEnded();
            case SslCloseCompletionEvent closed -> inputEnded();
            case SslHandshakeCompletionEvent done when done.isSuccess() -> {
                SslHandler ssl = ctx.pipeline().get(SslHandler.class);
                connection.peerCertificate(Certificates.ofPeer(ssl.engine().getSession()));
                metrics.handshakeDone(connection.ageNanos());
            }
            case SslHandshakeCompletionEvent failed -> {
                metrics.handshakeFailed();
                connection
                        .listenerParts()
                        .faults()
                        .theirs(connection, "TLS handshake failed", failed.cause());
                connection.close(
                        new CloseReason(CloseReason.Kind.PROTOCOL_ERROR, "TLS handshake failed"));
            }
            default -> ctx.fireUserEventTriggered(event);
        }
    }

    void inputEnded() {
        if (inputEnded) {
            return;
        }
        inputEnded = true;
        if (pauses > 0 && !discarding) {
            endHeldBack = true;
        } else {
            connection.inputEnded();
        }
    }

    /** Throws away what is left and what still comes. */
    void discard() {
        discarding = true;
        dropRest();
        if (connection.channel().isActive()) {
            connection.channel().config().setAutoRead(true);
        }
    }

    private void dropRest() {
        LargePacket packet = gathered;
        if (packet != null) {
            gathered = null;
            packet.bytes().release();
        }
        if (rest != null) {
            rest.release();
            rest = null;
        }
    }

    /** Says that we send nothing more, in the transport's way, and waits for the peer's end. */
    void shutOutput(CloseReason reason) {
        Channel channel = connection.channel();
        WebSocketFrames frames = channel.pipeline().get(WebSocketFrames.class);
        if (frames != null && frames.sendClose(reason.kind()) && !frames.isBroken()) {
            return;
        }
        SslHandler ssl = channel.pipeline().get(SslHandler.class);
        if (inputEnded) {
            channel.close();
        } else if (ssl != null) {
            ssl.closeOutbound().addListener(sent -> shutSocket(channel));
        } else {
            shutSocket(channel);
        }
    }

    private static void shutSocket(Channel channel) {
        if (channel instanceof DuplexChannel duplex && channel.isActive()) {
            duplex.shutdownOutput()
                    .addListener(
                            shut -> {
                                if (!shut.isSuccess()) {
                                    channel.close();
                                }
                            });
        } else {
            channel.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof ClosedChannelException || !ctx.channel().isActive()) {
            ctx.close();
            return;
        }
        connection.broken(cause);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        connection.gone();
        dropRest();
        ctx.fireChannelInactive();
    }

    /** Also reached when the channel never became active. */
    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        connection.gone();
        dropRest();
    }
}
