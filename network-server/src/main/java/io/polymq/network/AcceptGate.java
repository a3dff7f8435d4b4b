package io.polymq.network;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import io.polymq.config.NetworkConfig;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Slows a listener down to the configured rate, and while the loops behind it are busy: it stops
 * accepting for a while, so that clients wait in the kernel's queue. Shared by all listeners of a
 * server; acceptors' loops.
 */
final class AcceptGate {

    private static final long BUSY_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final NetworkConfig config;
    private final GlobalRateLimiter rateLimiter;
    private final TokenBucket accepted;
    private final LongSupplier nanoClock;

    AcceptGate(NetworkConfig config, GlobalRateLimiter rateLimiter, LongSupplier nanoClock) {
        this.config = config;
        this.rateLimiter = rateLimiter;
        this.nanoClock = nanoClock;
        this.accepted = new TokenBucket(nanoClock.getAsLong());
    }

    /** For the pipelines of listeners in front of these loops, which queue so many tasks. */
    ChannelInboundHandlerAdapter inFrontOf(EventLoopGroup loops, int queueSize) {
        return new Handler(loops, queueSize);
    }

    @Sharable
    private final class Handler extends ChannelInboundHandlerAdapter {

        private final EventLoopGroup loops;
        private final int queueSize;

        Handler(EventLoopGroup loops, int queueSize) {
            this.loops = loops;
            this.queueSize = queueSize;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object child) {
            ctx.fireChannelRead(child);
            long wait =
                    Math.max(
                            accepted.take(1, config.acceptRate(), nanoClock.getAsLong()),
                            rateLimiter.accepted());
            if (wait == 0 && isBusy()) {
                wait = BUSY_NANOS;
            }
            if (wait > 0) {
                pause(ctx, wait);
            }
        }

        private void pause(ChannelHandlerContext ctx, long nanos) {
            if (ctx.channel().config().isAutoRead()) {
                ctx.channel().config().setAutoRead(false);
                ctx.executor().schedule(() -> resume(ctx), nanos, TimeUnit.NANOSECONDS);
            }
        }

        private void resume(ChannelHandlerContext ctx) {
            ctx.channel().config().setAutoRead(true);
            if (isBusy()) {
                pause(ctx, BUSY_NANOS);
            }
        }

        private boolean isBusy() {
            for (EventExecutor loop : loops) {
                if (loop instanceof SingleThreadEventExecutor single
                        && single.pendingTasks() > queueSize) {
                    return true;
                }
            }
            return false;
        }
    }
}
