package io.polymq.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.polymq.network.Part.Chunk;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ChunkPoolTest {

    private static final int SMALL = 1024;

    private final ChunkPool pool = new ChunkPool(UnpooledByteBufAllocator.DEFAULT, SMALL, 2);

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
}
