package io.polymq.core.zone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ZoneThreadTest {

    private final ZoneThread running = ZoneThread.start("zone", Ticks.SYSTEM);
    private final ShardZone zone = running.zone();

    @AfterEach
    void stop() {
        running.stop().join();
    }

    @Test
    void tasksOfEachThreadRunOnceInTheirOrder() throws Exception {
        int threads = 4;
        int each = 50_000;
        List<List<Integer>> seen = new ArrayList<>();
        CountDownLatch done = new CountDownLatch(threads);
        for (int t = 0; t < threads; t++) {
            List<Integer> mine = new ArrayList<>(each);
            seen.add(mine);
            Thread.ofPlatform()
                    .start(
                            () -> {
                                for (int i = 0; i < each; i++) {
                                    int number = i;
                                    zone.execute(() -> mine.add(number));
                                }
                                zone.execute(done::countDown);
                            });
        }
        assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
        for (List<Integer> mine : seen) {
            assertThat(mine).hasSize(each).isSorted();
        }
    }

    @Test
    void aParkedZoneWakesForATaskAndForATimer() {
        for (int i = 0; i < 200; i++) {
            CompletableFuture<Boolean> ran = new CompletableFuture<>();
            zone.execute(() -> ran.complete(zone.isInZone()));
            assertThat(ran.orTimeout(5, TimeUnit.SECONDS).join()).isTrue();
        }
        CompletableFuture<Long> fired = new CompletableFuture<>();
        long begin = System.nanoTime();
        zone.execute(
                () ->
                        zone.arm(
                                new WheelTimer() {
                                    @Override
                                    protected void fire() {
                                        fired.complete(System.nanoTime());
                                    }
                                },
                                20));
        long took = fired.orTimeout(5, TimeUnit.SECONDS).join() - begin;
        assertThat(took).isGreaterThan(18_000_000L);
    }

    @Test
    void aTaskThatThrowsHarmsNoOther() {
        zone.execute(
                () -> {
                    throw new IllegalStateException("on purpose");
                });
        CompletableFuture<Void> next = new CompletableFuture<>();
        zone.execute(() -> next.complete(null));
        next.orTimeout(5, TimeUnit.SECONDS).join();
    }

    @Test
    void whatWaitsIsRunBeforeTheEndAndNothingAfterIt() {
        AtomicBoolean ran = new AtomicBoolean();
        zone.execute(() -> ran.set(true));
        running.stop().join();
        assertThat(ran).isTrue();
        assertThatThrownBy(() -> zone.execute(() -> {}))
                .isInstanceOf(RejectedExecutionException.class);
    }

    @Test
    void relaxedIsToldOnceFewEnoughWait() {
        CountDownLatch hold = new CountDownLatch(1);
        zone.execute(
                () -> {
                    try {
                        hold.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
        for (int i = 0; i < 1000; i++) {
            zone.execute(() -> {});
        }
        CompletableFuture<Void> relaxed = new CompletableFuture<>();
        zone.whenBelow(10, () -> relaxed.complete(null));
        assertThat(relaxed).isNotDone();
        hold.countDown();
        relaxed.orTimeout(5, TimeUnit.SECONDS).join();
    }
}
