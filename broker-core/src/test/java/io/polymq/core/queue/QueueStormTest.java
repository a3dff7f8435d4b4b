package io.polymq.core.queue;

import static io.polymq.core.queue.Yard.auto;
import static io.polymq.core.queue.Yard.message;
import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.core.queue.Yard.Taker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Messages that never come to rest, beside a queue of the same zone that must not suffer. */
@Timeout(60)
class QueueStormTest {

    private static final int CALM = 1_000;

    private final Yard yard = Yard.inMemory();
    private final Queue calm = yard.queue("calm", QueueSpec.TRANSIENT);
    private final Taker calmTaker = new Taker();
    private boolean raging = true;

    @AfterEach
    void close() {
        raging = false;
        yard.close();
    }

    private void turn(int times) {
        for (int i = 0; i < times; i++) {
            yard.zone.turn();
        }
    }

    private void calmIsServed() {
        calm.consume(auto(), calmTaker);
        for (int i = 0; i < CALM; i++) {
            calm.publish(message("calm" + i), null);
        }
        turn(100);
        assertThat(calmTaker.taken).hasSize(CALM);
    }

    private long held(Queue queue) {
        QueueStatistics now = yard.statistics(queue);
        return now.ready() + now.inFlight();
    }

    @Test
    void deadLettersThatGoRoundHoldUpNobodyAndDoNotMultiply() {
        List<Queue> ring = new ArrayList<>();
        int[] rounds = new int[1];
        for (int i = 0; i < 2; i++) {
            int next = (i + 1) % 2;
            DeadLetter target =
                    (dead, reason, from, receipt) -> {
                        receipt.expect();
                        if (raging) {
                            rounds[0]++;
                            ring.get(next).publish(dead.message(), receipt);
                        } else {
                            receipt.done(null);
                        }
                    };
            ring.add(
                    yard.queue(
                            "ring" + i,
                            QueueSpec.TRANSIENT
                                    .withMessageTtl(Duration.ZERO)
                                    .withDeadLetter(target)));
        }
        for (int i = 0; i < 100; i++) {
            ring.getFirst().publish(message("round" + i), null);
        }
        calmIsServed();
        assertThat(rounds[0]).isBetween(1_000, 100 * 200);
        raging = false;
        yard.settle();
        assertThat(held(ring.get(0)) + held(ring.get(1))).isZero();
    }

    @Test
    void aStormOfRedeliveriesHoldsUpNobodyAndLosesNothing() {
        Queue stormy = yard.queue("stormy", QueueSpec.TRANSIENT);
        int[] deliveries = new int[1];
        stormy.consume(
                new Queue.ConsumerSpec(Integer.MAX_VALUE, 0, false, false, "storm"),
                new Queue.Consumer() {
                    @Override
                    public boolean deliver(QueuedMessage message, Queue.Consumption consumption) {
                        deliveries[0]++;
                        if (raging) {
                            consumption.nack(message.offset(), Duration.ZERO);
                        }
                        return true;
                    }

                    @Override
                    public void cancelled(String reason) {
                        raging = false;
                    }
                });
        for (int i = 0; i < 10_000; i++) {
            stormy.publish(message("storm" + i), null);
        }
        calmIsServed();
        assertThat(deliveries[0]).isGreaterThan(20_000);
        raging = false;
        yard.settle();
        assertThat(held(stormy)).isEqualTo(10_000);
    }
}
