package io.polymq.network;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.polymq.config.LoopConfig;
import java.util.concurrent.TimeUnit;

/**
 * A protocol's own threads.
 *
 * @param acceptors accept connections
 * @param handlers run them
 * @param queueSize tasks that may wait per loop before accepting slows down
 */
record ProtocolLoops(EventLoopGroup acceptors, EventLoopGroup handlers, int queueSize) {

    /** By default half the cores: on two, one loop beats two that wake each other. */
    static ProtocolLoops of(String protocol, LoopConfig config, IoTransport transport) {
        int handlers =
                config.handlerThreadNum() > 0
                        ? config.handlerThreadNum()
                        : Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        return new ProtocolLoops(
                group(protocol + "-accept", config.acceptThreadNum(), transport),
                group(protocol + "-loop", handlers, transport),
                config.queueSize());
    }

    private static EventLoopGroup group(String name, int threads, IoTransport transport) {
        return new MultiThreadIoEventLoopGroup(
                threads, new DefaultThreadFactory(name), transport.loops());
    }

    void stop() {
        acceptors.shutdownGracefully(0, 2, TimeUnit.SECONDS);
        handlers.shutdownGracefully(0, 2, TimeUnit.SECONDS);
    }

    boolean awaitStopped(long seconds) {
        return acceptors.terminationFuture().awaitUninterruptibly(seconds, TimeUnit.SECONDS)
                && handlers.terminationFuture().awaitUninterruptibly(seconds, TimeUnit.SECONDS);
    }
}
