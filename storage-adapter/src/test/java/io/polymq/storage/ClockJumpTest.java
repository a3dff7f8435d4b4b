package io.polymq.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The wall clock jumps. */
@Timeout(60)
class ClockJumpTest {

    private static final long HOUR = 3_600_000;

    @TempDir Path folder;

    @Test
    void offsetsGoOnWhateverTheClockSays() throws Exception {
        ManualClock clock = new ManualClock(1_700_000_000_000L);
        Random random = new Random(3);
        LogStore store = RealStores.open(folder, clock);
        Shard shard = store.create("a", ShardSpec.DEFAULT).get();
        for (int i = 0; i < 100; i++) {
            clock.advance(random.nextLong(-HOUR, HOUR));
            assertThat(
                            shard.append(Batches.at(clock.millis(), "v" + i), Durability.SYNC)
                                    .get()
                                    .baseOffset())
                    .isEqualTo(i);
            if (i % 30 == 29) {
                store.close();
                store = RealStores.open(folder, clock);
                shard = store.open("a").orElseThrow();
            }
        }
        assertThat(Batches.all(shard)).hasSize(100);
        store.close();
    }

    @Test
    void jumpThereAndBackIsNotBelieved() {
        ManualClock wall = new ManualClock(0);
        AtomicLong nanos = new AtomicLong();
        SaneClock clock = new SaneClock(wall, nanos::get);
        assertThat(clock.tick()).isTrue();
        wall.advance(50 * HOUR);
        assertThat(clock.tick()).isFalse();
        wall.advance(-50 * HOUR);
        assertThat(clock.tick()).isFalse();
        assertThat(clock.tick()).isTrue();
        wall.advance(HOUR);
        nanos.addAndGet(HOUR * 1_000_000);
        assertThat(clock.tick()).isTrue();
    }

    @Test
    void lastingJumpIsBelieved() {
        ManualClock wall = new ManualClock(0);
        SaneClock clock = new SaneClock(wall, () -> 0);
        wall.advance(50 * HOUR);
        assertThat(clock.tick()).isFalse();
        assertThat(clock.tick()).isTrue();
        assertThat(clock.millis()).isEqualTo(50 * HOUR);
    }

    @Test
    void retentionDeletesNothingForAJumpThatWasTakenBack() throws Exception {
        ManualClock clock = new ManualClock(1_700_000_000_000L);
        LogStore store = RealStores.open(folder, clock, "retention_interval=100ms");
        Shard shard =
                store.create("a", ShardSpec.DEFAULT.withRetention(Duration.ofHours(1), 0, 0)).get();
        shard.append(Batches.at(clock.millis(), "kept"), Durability.SYNC).get();
        clock.advance(50 * HOUR);
        clock.advance(-50 * HOUR);
        Shard other = store.create("b", ShardSpec.DEFAULT.withRetention(Duration.ZERO, 0, 1)).get();
        other.append(Batches.of("1", "2", "3"), Durability.SYNC).get();
        Await.until(() -> other.startOffset() == 2);
        assertThat(shard.startOffset()).isZero();
        store.close();
    }
}
