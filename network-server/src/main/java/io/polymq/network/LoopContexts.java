package io.polymq.network;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/** Each loop's context, made with its first connection. Shared zone. */
final class LoopContexts {

    private final Map<EventLoop, LoopContext> contexts = new ConcurrentHashMap<>();
    private final LongSupplier nanoClock;

    LoopContexts(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    LoopContext of(Channel channel) {
        return contexts.computeIfAbsent(
                channel.eventLoop(), loop -> new LoopContext(loop, nanoClock));
    }

    /** Frees what the loops keep spare. */
    void close() {
        contexts.values().forEach(context -> context.chunks().close());
    }
}
