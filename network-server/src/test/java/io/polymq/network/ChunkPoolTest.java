package io.polymq.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.polymq.network.Part.Chunk;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ChunkPoolTest {

    private static final int SMALL = 1024;

    private final ChunkPool pool = new ChunkPool(UnpooledByteBufAllocator.DEFAULT, SMALL, 2);

    /** Tells nobody. */
    private enum Silent implements ChannelOutbox.Owner {
        OWNER;

        @Override
        public void congestionChanged(boolean writable) {}

        @Override
        public void overflowed() {}

        @Override
        public void drained() {}

        @Override
        public void sent(long bytes) {}

        @Override
        public void writeFailed(Throwable cause) {
            throw new AssertionError(cause);
        }
    }

    @AfterEach
    void close() {
        pool.close();
    }

    @Test
    void manyReceiversOfLittleFindSpares() {
        List<Chunk> first = new ArrayList<>();
        for (int i = 0; i < SMALL; i++) {
            first.add(pool.take(100));
        }
        first.forEach(pool::giveBack);
        List<Chunk> second = new ArrayList<>();
        for (int i = 0; i < SMALL; i++) {
            second.add(pool.take(100));
        }
        assertThat(second).usingElementComparator(ChunkPoolTest::isSame).hasSameElementsAs(first);
        second.forEach(pool::giveBack);
    }

    private static int isSame(Chunk one, Chunk other) {
        return Integer.compare(System.identityHashCode(one), System.identityHashCode(other));
    }

    @Test
    void whoSaysMuchBeginsWithALargeOneUntilItIsLittle() {
        Appends appends = new Appends(pool);
        assertThat(chunksOf(appends, 40)).containsExactly(16, 64);
        assertThat(chunksOf(appends, 40)).containsExactly(64);
        assertThat(chunksOf(appends, 2)).containsExactly(64);
        assertThat(chunksOf(appends, 2)).containsExactly(16);
    }

    /** KiB of each chunk that so many KiB come in. */
    private List<Integer> chunksOf(Appends appends, int kibibytes) {
        for (int i = 0; i < kibibytes; i++) {
            appends.begin(1024).writeZero(1024);
            appends.end();
        }
        List<Integer> sizes = new ArrayList<>();
        for (Part part = appends.poll(); part != null; part = appends.poll()) {
            sizes.add(((Chunk) part).buffer().capacity() >> 10);
            pool.giveBack((Chunk) part);
        }
        return sizes;
    }

    @Test
    void aTurnWithTooManyReceiversIsSentBeforeItEnds() {
        EmbeddedChannel own = new EmbeddedChannel();
        LoopContext loop = new LoopContext(own.eventLoop(), System::nanoTime);
        List<EmbeddedChannel> channels = new ArrayList<>();
        for (int i = 0; i < 1024; i++) {
            assertThat(channels).noneMatch(channel -> !channel.outboundMessages().isEmpty());
            channels.add(new EmbeddedChannel());
            ChannelOutbox outbox =
                    new ChannelOutbox(
                            channels.getLast(),
                            loop,
                            new ChannelOutbox.WriteLimits(1 << 10, 1 << 20, 1 << 20),
                            new RawWriter(true, Runnable::run, RawWriter.NONE),
                            Silent.OWNER);
            outbox.append(new byte[] {1}, 0, 1);
        }
        assertThat(channels).allMatch(channel -> channel.outboundMessages().size() == 1);
        channels.forEach(EmbeddedChannel::finishAndReleaseAll);
        own.finishAndReleaseAll();
        loop.chunks().close();
    }
}
