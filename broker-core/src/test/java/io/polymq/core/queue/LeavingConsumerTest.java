package io.polymq.core.queue;

import static io.polymq.core.queue.Yard.auto;
import static io.polymq.core.queue.Yard.credit;
import static io.polymq.core.queue.Yard.message;
import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.core.queue.Yard.Taker;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Consumers that leave, or refuse what comes. */
@ParameterizedClass
@MethodSource("kinds")
final class LeavingConsumerTest {

    static List<QueueSpec> kinds() {
        return List.of(QueueSpec.TRANSIENT, QueueSpec.DURABLE);
    }

    private final QueueSpec base;
    private final Yard yard = Yard.inMemory();

    LeavingConsumerTest(QueueSpec base) {
        this.base = base;
    }

    @AfterEach
    void close() {
        yard.close();
    }

    @Test
    void whatATransientQueueWasGivenBeforeAConsumerLeftIsItsOwn() {
        Queue queue = yard.queue("q", QueueSpec.TRANSIENT);
        Taker taker = new Taker();
        Queue.Consumption leaving = queue.consume(auto(), taker);
        yard.settle();
        queue.publish(message("a"), null);
        leaving.leave(() -> {});
        queue.publish(message("b"), null);
        yard.settle();
        assertThat(taker.texts()).containsExactly("a");
        assertThat(yard.statistics(queue).ready()).isEqualTo(1);
    }

    @Test
    void whatAConsumerAcknowledgedBeforeItRefusedStaysDone() {
        Queue queue = yard.queue("q", base);
        Taker taker = new Taker();
        Queue.Consumption going = queue.consume(credit(1), taker);
        yard.publish(queue, "a", "b");
        yard.awaitTaken(taker, 1);
        taker.gone = true;
        going.credit(1);
        queue.consume(credit(0), new Taker()).drain(unused -> {});
        going.ack(taker.taken.getFirst().offset(), null);
        yard.settle();
        QueueStatistics now = yard.statistics(queue);
        assertThat(now.ready()).isEqualTo(1);
        assertThat(now.inFlight()).isZero();
        assertThat(now.acknowledged()).isEqualTo(1);
    }
}
