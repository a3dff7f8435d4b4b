package io.polymq.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ShutdownBroadcastTest {

    private final List<String> drained = Collections.synchronizedList(new ArrayList<>());

    private static void await(CompletionStage<Void> done) throws Exception {
        done.toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private Shutdown.Drain drain(String name) {
        return within -> {
            drained.add(name);
            return CompletableFuture.completedFuture(null);
        };
    }

    @Test
    void phasesDrainInOrderAndOnce() throws Exception {
        Shutdown shutdown = new ShutdownBroadcast(Duration.ofSeconds(5), System::nanoTime);
        shutdown.subscribe(Shutdown.Phase.STORAGE, "log", drain("log"));
        shutdown.subscribe(Shutdown.Phase.CORE, "queues", drain("queues"));
        shutdown.subscribe(Shutdown.Phase.LISTENERS, "ports", drain("ports"));
        shutdown.subscribe(Shutdown.Phase.PROTOCOLS, "mqtt", drain("mqtt"));
        assertThat(shutdown.hasBegun()).isFalse();
        await(shutdown.begin("test"));
        await(shutdown.begin("again"));
        assertThat(shutdown.hasBegun()).isTrue();
        assertThat(drained).containsExactly("ports", "mqtt", "queues", "log");
        assertThatThrownBy(() -> shutdown.subscribe(Shutdown.Phase.CORE, "late", drain("late")))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aPartThatFailsOrHangsDoesNotHoldUpTheOthersForLong() throws Exception {
        Shutdown shutdown = new ShutdownBroadcast(Duration.ofMillis(400), System::nanoTime);
        shutdown.subscribe(
                Shutdown.Phase.LISTENERS,
                "throws",
                within -> {
                    throw new IllegalStateException("asked for");
                });
        shutdown.subscribe(
                Shutdown.Phase.PROTOCOLS,
                "fails",
                within -> CompletableFuture.failedFuture(new IllegalStateException("asked for")));
        shutdown.subscribe(Shutdown.Phase.PROTOCOLS, "hangs", within -> new CompletableFuture<>());
        shutdown.subscribe(Shutdown.Phase.STORAGE, "log", drain("log"));
        long start = System.nanoTime();
        await(shutdown.begin("test"));
        assertThat(drained).containsExactly("log");
        assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(3));
    }
}
