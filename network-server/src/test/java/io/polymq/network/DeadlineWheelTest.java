package io.polymq.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.DefaultEventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class DeadlineWheelTest {

    private final DefaultEventLoop loop = new DefaultEventLoop();
    private final AtomicLong now = new AtomicLong();
    private final DeadlineWheel wheel = new DeadlineWheel(loop, now::get);
    private final List<String> fired = Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void stop() {
        loop.shutdownGracefully();
    }

    private DeadlineWheel.Entry entry(String name) {
        return new DeadlineWheel.Entry() {
            @Override
            void due(long at) {
                fired.add(name);
            }
        };
    }

    private void at(Duration time) {
        now.set(time.toNanos());
    }

    @Test
    void entriesFireWhenTheirTimeHasComeAndNotBefore() throws Exception {
        DeadlineWheel.Entry near = entry("near");
        DeadlineWheel.Entry far = entry("far");
        DeadlineWheel.Entry cancelled = entry("cancelled");
        DeadlineWheel.Entry moved = entry("moved");
        loop.submit(
                        () -> {
                            wheel.schedule(near, Duration.ofMillis(120).toNanos());
                            wheel.schedule(far, Duration.ofMinutes(10).toNanos());
                            wheel.schedule(cancelled, Duration.ofMillis(130).toNanos());
                            wheel.schedule(moved, Duration.ofMillis(130).toNanos());
                            wheel.cancel(cancelled);
                            wheel.schedule(moved, Duration.ofMinutes(11).toNanos());
                        })
                .sync();
        at(Duration.ofMillis(170));
        Await.until("the near one fires", () -> fired.contains("near"));
        assertThat(fired).containsExactly("near");
        // Further off than the wheel goes round.
        at(Duration.ofMinutes(10).plusMillis(50));
        Await.until("the far one fires", () -> fired.contains("far"));
        at(Duration.ofMinutes(12));
        Await.until("the moved one fires", () -> fired.contains("moved"));
        assertThat(fired).containsExactly("near", "far", "moved");
    }

    @Test
    void anEntryMayPutItselfInAgain() throws Exception {
        DeadlineWheel.Entry again =
                new DeadlineWheel.Entry() {
                    @Override
                    void due(long at) {
                        fired.add("again");
                        if (fired.size() < 3) {
                            wheel.schedule(this, at + 1);
                        }
                    }
                };
        loop.submit(() -> wheel.schedule(again, 1)).sync();
        for (int i = 1; i <= 3; i++) {
            int times = i;
            at(Duration.ofMillis(200L * i));
            Await.until("it fires", () -> fired.size() == times);
        }
    }
}
