package io.polymq.core.zone;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class TimerWheelTest {

    private final List<String> fired = new ArrayList<>();

    private final class Named extends WheelTimer {
        final String name;

        Named(String name) {
            this.name = name;
        }

        @Override
        protected void fire() {
            fired.add(name);
        }
    }

    @Test
    void timersFireAtTheirTimeAndNotBefore() {
        TimerWheel wheel = new TimerWheel(1_700_000_000_123L);
        for (long delay : new long[] {0, 1, 63, 64, 65, 4095, 4096, 4097, 1_000_000_000L}) {
            TimerWheel fresh = new TimerWheel(wheel.now());
            fresh.arm(new Named("x" + delay), fresh.now() + delay);
            assertThat(fresh.nextDue()).isLessThanOrEqualTo(wheel.now() + delay);
            fresh.advance(wheel.now() + delay - 1);
            assertThat(fired).doesNotContain("x" + delay);
            fresh.advance(wheel.now() + delay);
            assertThat(fired).contains("x" + delay);
            assertThat(fresh.nextDue()).isEqualTo(Long.MAX_VALUE);
        }
    }

    @Test
    void timersOfOneMomentFireInTheOrderOfTheirArming() {
        TimerWheel wheel = new TimerWheel(0);
        for (int i = 0; i < 10; i++) {
            wheel.arm(new Named("" + i), 5000);
        }
        wheel.advance(10_000);
        assertThat(fired).containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
    }

    @Test
    void aDisarmedTimerNeverFiresEvenWhenItsNeighbourDisarmsIt() {
        TimerWheel wheel = new TimerWheel(0);
        Named second = new Named("second");
        WheelTimer first =
                new WheelTimer() {
                    @Override
                    protected void fire() {
                        wheel.disarm(second);
                        fired.add("first");
                    }
                };
        wheel.arm(first, 10);
        wheel.arm(second, 10);
        wheel.advance(10);
        assertThat(fired).containsExactly("first");
        assertThat(wheel.size()).isZero();
    }

    @Test
    void anActionThatThrowsDoesNotHoldUpTheOthers() {
        TimerWheel wheel = new TimerWheel(0);
        wheel.arm(
                new WheelTimer() {
                    @Override
                    protected void fire() {
                        throw new IllegalStateException("on purpose");
                    }
                },
                10);
        wheel.arm(new Named("other"), 10);
        try {
            wheel.advance(10);
        } catch (IllegalStateException e) {
            assertThat(fired).isEmpty();
        }
        wheel.advance(10);
        assertThat(fired).containsExactly("other");
    }

    @Test
    void itAgreesWithASortedMap() {
        Random random = new Random(7);
        TimerWheel wheel = new TimerWheel(12_345);
        TreeMap<Long, List<Named>> model = new TreeMap<>();
        List<Named> armed = new ArrayList<>();
        long now = 12_345;
        for (int step = 0; step < 200_000; step++) {
            int kind = random.nextInt(10);
            if (kind < 5) {
                long due = now + (long) Math.exp(random.nextDouble() * 18) - 1;
                Named timer = new Named("t" + step);
                wheel.arm(timer, due);
                model.computeIfAbsent(due, d -> new ArrayList<>()).add(timer);
                armed.add(timer);
            } else if (kind < 8 && !armed.isEmpty()) {
                Named timer = armed.remove(random.nextInt(armed.size()));
                if (timer.isArmed()) {
                    List<Named> at = model.get(timer.due());
                    at.remove(timer);
                    if (at.isEmpty()) {
                        model.remove(timer.due());
                    }
                    wheel.disarm(timer);
                }
            } else {
                now += random.nextInt(random.nextInt(100) == 0 ? 1_000_000 : 200);
                fired.clear();
                wheel.advance(now);
                List<String> expected = new ArrayList<>();
                while (!model.isEmpty() && model.firstKey() <= now) {
                    model.pollFirstEntry().getValue().forEach(t -> expected.add(t.name));
                }
                assertThat(fired).isEqualTo(expected);
            }
            assertThat(wheel.nextDue())
                    .isLessThanOrEqualTo(model.isEmpty() ? Long.MAX_VALUE : model.firstKey());
        }
        assertThat(wheel.size()).isEqualTo(model.values().stream().mapToInt(List::size).sum());
    }
}
