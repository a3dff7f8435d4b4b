package io.polymq.core.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.core.service.SlowConsumers.Consumer;
import io.polymq.core.service.SlowConsumers.Settings;
import io.polymq.core.zone.ShardZone;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class SmallServicesTest {

    private final ServiceYard yard = new ServiceYard();
    private final ShardZone zone = yard.zone;

    @AfterEach
    void close() {
        yard.close();
    }

    @Test
    void anIdIsKnownForTheWindowAndNoLonger() {
        DeduplicationWindow window = new DeduplicationWindow(Duration.ofSeconds(10), 3);
        assertThat(window.find("a", 0)).isNull();
        window.remember("a", 7, 0);
        window.remember("a", 8, 1);
        assertThat(window.find("a", 9_999)).isEqualTo(7);
        assertThat(window.find("a", 10_000)).isNull();
        window.remember("b", 1, 10_000);
        window.remember("c", 2, 10_000);
        window.remember("d", 3, 10_000);
        window.remember("e", 4, 10_000);
        assertThat(window.find("b", 10_000)).isNull();
        window.forget("e");
        assertThat(window.find("e", 10_000)).isNull();
        assertThat(window.size()).isEqualTo(2);
        window.window(Duration.ofSeconds(1), 11_000);
        assertThat(window.size()).isZero();
    }

    @Test
    void theSlowestComeFirstAndOldOnesGo() {
        long[] now = {0};
        SlowConsumers slow =
                new SlowConsumers(
                        new Settings(Duration.ofSeconds(10), 2),
                        () -> Instant.ofEpochMilli(now[0]));
        slow.delivered(named("a"), 200);
        slow.delivered(named("b"), 500);
        slow.delivered(named("less"), 150);
        slow.delivered(named("c"), 300);
        assertThat(slow.slowest(10).stream().map(s -> s.consumer().client()))
                .containsExactly("b", "c");
        slow.delivered(named("b"), 120);
        assertThat(slow.slowest(1).getFirst().consumer().client()).isEqualTo("c");
        assertThat(slow.slowest(2).getLast().worstMillis()).isEqualTo(500);
        assertThat(slow.slowest(1, who -> who.client().equals("b")).getFirst().latencyMillis())
                .isEqualTo(120);
        assertThat(slow.slowest(1, who -> who.protocol().equals("amqp"))).isEmpty();
        now[0] = 20_000;
        assertThat(slow.slowest(10)).isEmpty();
    }

    private static Consumer named(String name) {
        return new Consumer("mqtt", "t", name, "topic");
    }

    @Test
    void eventsAreHeardInOrderAndAStormIsDropped() throws Exception {
        BrokerEvents events = new BrokerEvents(zone);
        BrokerEvent event = new BrokerEvent.QuotaExceeded(1, "t", "x", 2);
        events.tell(event);
        assertThat(events.isHeard()).isFalse();
        List<BrokerEvent> heard = new ArrayList<>();
        AutoCloseable failing =
                events.listen(
                        e -> {
                            throw new IllegalStateException("on purpose");
                        });
        AutoCloseable listening = events.listen(heard::add);
        for (int i = 0; i < 10_005; i++) {
            events.tell(new BrokerEvent.QuotaExceeded(i, "t", "x", 2));
        }
        yard.settle();
        assertThat(heard).hasSize(10_000);
        assertThat(events.dropped()).isEqualTo(5);
        assertThat(heard).isSortedAccordingTo((a, b) -> Long.compare(a.at(), b.at()));
        failing.close();
        listening.close();
        assertThat(events.isHeard()).isFalse();
    }
}
