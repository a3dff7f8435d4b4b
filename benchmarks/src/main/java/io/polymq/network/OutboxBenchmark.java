package io.polymq.network;

import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Appending messages of 128 bytes on the loop, a flush for every hundred, no kernel in it. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class OutboxBenchmark {

    private static final int MESSAGES = 100;
    private final byte[] message = new byte[128];
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final ChannelOutbox outbox =
            new ChannelOutbox(
                    channel,
                    new LoopContext(channel.eventLoop(), System::nanoTime),
                    new ChannelOutbox.WriteLimits(1 << 16, 1 << 20, 1 << 24),
                    OutboxBenchmark::drop,
                    new Owner());

    @Benchmark
    @OperationsPerInvocation(MESSAGES)
    public long append() {
        for (int i = 0; i < MESSAGES; i++) {
            outbox.begin(message.length).writeBytes(message);
            outbox.end();
        }
        outbox.flush();
        channel.runPendingTasks();
        return outbox.pendingBytes();
    }

    @Benchmark
    @OperationsPerInvocation(MESSAGES)
    public Object writePerMessage() {
        for (int i = 0; i < MESSAGES; i++) {
            channel.write(
                    channel.alloc().directBuffer(message.length).writeBytes(message),
                    channel.voidPromise());
        }
        channel.flush();
        for (Object sent = channel.readOutbound(); sent != null; sent = channel.readOutbound()) {
            ReferenceCountUtil.release(sent);
        }
        return channel;
    }

    /** As if the kernel took everything at once. */
    private static long drop(
            io.netty.channel.Channel to,
            Appends from,
            Consumer<Part.Chunk> keep,
            ChannelPromise promise) {
        long bytes = 0;
        for (Part part = from.poll(); part != null; part = from.poll()) {
            bytes += part.size();
            if (part instanceof Part.Chunk chunk) {
                keep.accept(chunk);
            } else {
                part.drop();
            }
        }
        promise.trySuccess();
        return bytes;
    }

    private static final class Owner implements ChannelOutbox.Owner {

        private long sentBytes;

        @Override
        public void congestionChanged(boolean writable) {
            throw new IllegalStateException("never congested");
        }

        @Override
        public void overflowed() {
            throw new IllegalStateException("never overflows");
        }

        @Override
        public void drained() {
            sentBytes |= 1;
        }

        @Override
        public void sent(long bytes) {
            sentBytes += bytes;
        }

        @Override
        public void writeFailed(Throwable cause) {
            throw new IllegalStateException(cause);
        }
    }
}
