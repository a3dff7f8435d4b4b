package io.polymq.conformance;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler.ClientHandshakeStateEvent;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A client that sends bytes and waits for answers, the same over every transport. For one test's
 * thread; what is received comes from the client's loop.
 */
public final class Client implements AutoCloseable {

    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ByteBuf received = Unpooled.buffer();
    private boolean ended;
    private boolean upgraded;
    private final boolean frames;
    private @Nullable Channel connected;
    private @Nullable Channel session;

    Client(boolean frames) {
        this.frames = frames;
    }

    /** The last handler of the client's pipeline. */
    ChannelHandler receiver() {
        return new Receiver();
    }

    /**
     * @param channel what bytes are sent on
     * @param within what is closed with it: the QUIC session, else the channel itself
     */
    Client connected(Channel channel, Channel within) {
        connected = channel;
        session = within;
        return this;
    }

    private Channel channel() {
        return Objects.requireNonNull(connected, "not connected");
    }

    /** Sends without waiting. */
    public void send(byte[] bytes) {
        ByteBuf out = Unpooled.wrappedBuffer(bytes);
        channel().writeAndFlush(frames ? new BinaryWebSocketFrame(out) : out);
    }

    /** Sends each byte by itself. */
    public void sendByteByByte(byte[] bytes) {
        for (byte one : bytes) {
            ByteBuf out = Unpooled.wrappedBuffer(new byte[] {one});
            channel()
                    .writeAndFlush(frames ? new BinaryWebSocketFrame(out) : out)
                    .awaitUninterruptibly();
        }
    }

    /** Waits for an answer and takes it. */
    public void expect(Answer answer) {
        long end = System.nanoTime() + LIMIT_NANOS;
        lock.lock();
        try {
            while (true) {
                int length = answer.end(ByteBufUtil.getBytes(received));
                if (length > Answer.MORE) {
                    received.skipBytes(length).discardReadBytes();
                    return;
                }
                if (ended) {
                    throw new AssertionError(
                            "the connection ended before the answer was complete; received "
                                    + ByteBufUtil.hexDump(received));
                }
                await(end, "no complete answer, received " + received.readableBytes() + " bytes");
            }
        } finally {
            lock.unlock();
        }
    }

    /** Sends the request and waits for its answer. */
    public void exchange(Exchange exchange) {
        send(exchange.request());
        expect(exchange.answer());
    }

    /** Waits for the end and returns what came before it. */
    public byte[] rest() {
        long end = System.nanoTime() + LIMIT_NANOS;
        lock.lock();
        try {
            while (!ended) {
                await(end, "the connection did not end");
            }
            return ByteBufUtil.getBytes(received);
        } finally {
            lock.unlock();
        }
    }

    /** Waits until this many bytes have come, and takes them. */
    public void awaitBytes(int count) {
        long end = System.nanoTime() + LIMIT_NANOS;
        lock.lock();
        try {
            while (received.readableBytes() < count) {
                if (ended) {
                    throw new AssertionError("the connection ended too early");
                }
                await(end, "received only " + received.readableBytes() + " of " + count + " bytes");
            }
            received.skipBytes(count).discardReadBytes();
        } finally {
            lock.unlock();
        }
    }

    void awaitUpgraded() {
        long end = System.nanoTime() + LIMIT_NANOS;
        lock.lock();
        try {
            while (!upgraded && !ended) {
                await(end, "no WebSocket in time");
            }
        } finally {
            lock.unlock();
        }
        if (!upgraded) {
            throw new AssertionError("the WebSocket was refused");
        }
    }

    private void await(long end, String complaint) {
        try {
            if (changed.awaitNanos(end - System.nanoTime()) <= 0) {
                throw new AssertionError(complaint);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(complaint, e);
        }
    }

    boolean hasEnded() {
        lock.lock();
        try {
            return ended;
        } finally {
            lock.unlock();
        }
    }

    /** Reads nothing more until {@link #readOn}. */
    void stopReading() {
        channel().config().setAutoRead(false);
    }

    void readOn() {
        channel().config().setAutoRead(true);
    }

    /** Says that nothing more will be sent; a WebSocket can only close. */
    void shutOutput() {
        if (frames) {
            channel().writeAndFlush(new CloseWebSocketFrame(1000, "")).awaitUninterruptibly();
        } else if (channel() instanceof DuplexChannel duplex) {
            duplex.shutdownOutput().awaitUninterruptibly();
        }
    }

    @Override
    public void close() {
        channel().close().awaitUninterruptibly();
        Objects.requireNonNull(session, "not connected").close().awaitUninterruptibly();
    }

    private void add(ByteBuf bytes) {
        lock.lock();
        try {
            received.writeBytes(bytes);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void upgraded() {
        lock.lock();
        try {
            upgraded = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void end() {
        lock.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private final class Receiver extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            switch (message) {
                case ByteBuf bytes -> {
                    add(bytes);
                    bytes.release();
                }
                case CloseWebSocketFrame closing -> {
                    closing.release();
                    end();
                }
                case WebSocketFrame frame -> {
                    add(frame.content());
                    frame.release();
                }
                default -> ctx.fireChannelRead(message);
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof ChannelInputShutdownEvent
                    || event instanceof SslCloseCompletionEvent) {
                end();
            } else if (event == ClientHandshakeStateEvent.HANDSHAKE_COMPLETE) {
                upgraded();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            end();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            end();
            ctx.close();
        }
    }
}
