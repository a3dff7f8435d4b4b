package io.polymq.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who tells an append how it ended. */
@Timeout(60)
class LaneAnswersTest {

    @TempDir Path folder;
    private LogStore store;
    private LogShard shard;
    private final LaneAnswers answers = new LaneAnswers(7);

    @BeforeEach
    void open() throws Exception {
        store = RealStores.open(folder);
        shard = (LogShard) store.create("s", ShardSpec.DEFAULT).get(20, TimeUnit.SECONDS);
    }

    @AfterEach
    void close() {
        answers.close();
        store.close();
    }

    private LaneRequests.Append append(AppendListener listener) {
        return new LaneRequests.Append(shard, Batches.of("x"), Durability.SYNC, 0, listener);
    }

    @Test
    void loneAppendIsToldWithoutWakingAnotherThread() throws Exception {
        for (Durability level : Durability.values()) {
            CompletableFuture<String> teller = new CompletableFuture<>();
            shard.append(
                    Batches.of("x"),
                    level,
                    (base, time, failure) -> teller.complete(Thread.currentThread().getName()));

            assertThat(teller.get(20, TimeUnit.SECONDS)).isEqualTo("polymq-lane-" + shard.lane.id);
        }
    }

    @Test
    void whatWasHandedOverBeforeIsToldFirst() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        answers.execute(
                () -> {
                    try {
                        held.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                });
        AtomicReference<String> told = new AtomicReference<>();
        List<LaneRequest> lone =
                List.of(
                        append(
                                (base, time, failure) ->
                                        told.set(Thread.currentThread().getName())));

        assertThat(answers.endHere(lone)).isFalse();
        answers.endAll(lone);
        assertThat(told).hasNullValue();
        held.countDown();
        Await.until(() -> told.get() != null);
        assertThat(told).hasValue("polymq-lane-7-done");
        Await.until(() -> answers.endHere(lone));
        assertThat(told).hasValue(Thread.currentThread().getName());
    }

    @Test
    void answersNeverOverlap() throws Exception {
        CountDownLatch other = new CountDownLatch(1);
        CompletableFuture<Boolean> overlapped = new CompletableFuture<>();
        boolean[] telling = {false};

        answers.endHere(
                List.of(
                        append(
                                (base, time, failure) -> {
                                    telling[0] = true;
                                    Thread.ofPlatform()
                                            .start(
                                                    () -> {
                                                        answers.execute(
                                                                () ->
                                                                        overlapped.complete(
                                                                                telling[0]));
                                                        other.countDown();
                                                    });
                                    awaitQuietly(other);
                                    Thread.yield();
                                    telling[0] = false;
                                })));

        assertThat(overlapped.get(20, TimeUnit.SECONDS)).isFalse();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void severalAndChangesAreHandedOver() {
        LaneRequests.Append one = append((base, time, failure) -> {});

        assertThat(answers.endHere(List.of(one, one))).isFalse();
        assertThat(answers.endHere(List.of(new LaneRequests.Trim(shard, 0)))).isFalse();
        assertThat(answers.endHere(List.of())).isFalse();
    }

    @Test
    void loneListenerThatFailsDoesNotEndTheLane() throws Exception {
        shard.append(
                Batches.of("x"),
                Durability.SYNC,
                (base, time, failure) -> {
                    throw new IllegalStateException("a listener's own fault, thrown by a test");
                });

        assertThat(
                        shard.append(Batches.of("y"), Durability.SYNC)
                                .get(20, TimeUnit.SECONDS)
                                .baseOffset())
                .isEqualTo(1);
    }
}
