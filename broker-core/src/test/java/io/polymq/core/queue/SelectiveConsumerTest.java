package io.polymq.core.queue;

import static io.polymq.core.queue.Yard.credit;
import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.core.queue.Yard.Taker;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Consumers that want some messages of a queue only. */
@ParameterizedClass
@MethodSource("kinds")
final class SelectiveConsumerTest {

    static List<QueueSpec> kinds() {
        return List.of(QueueSpec.TRANSIENT, QueueSpec.DURABLE);
    }

    private final QueueSpec base;
    private final Yard yard = Yard.inMemory();

    SelectiveConsumerTest(QueueSpec base) {
        this.base = base;
    }

    @AfterEach
    void close() {
        yard.close();
    }

    @Test
    void aSelectiveConsumerGetsWhatItWantsAndLeavesTheRest() {
        Queue queue = yard.queue("q", base);
        Taker odd = new Taker(text -> text.startsWith("odd"));
        Queue.Consumption consumption = queue.consume(credit(100), odd);
        yard.publish(queue, "even1", "odd1", "even2", "odd2");
        yard.awaitTaken(odd, 2);
        assertThat(odd.texts()).containsExactly("odd1", "odd2");
        assertThat(yard.statistics(queue).ready()).isEqualTo(2);
        Taker all = new Taker();
        queue.consume(credit(100), all);
        yard.awaitTaken(all, 2);
        assertThat(all.texts()).containsExactly("even1", "even2");
        consumption.close();
        yard.awaitTaken(all, 4);
        assertThat(all.texts()).endsWith("odd1", "odd2");
    }

    @Test
    void whatASelectiveConsumerLeavesIsFoundByAnotherThatWantsIt() {
        Queue queue = yard.queue("q", base);
        Taker none = new Taker(text -> false);
        queue.consume(credit(100), none);
        yard.publish(queue, "a1", "b1", "a2", "b2");
        Taker late = new Taker(text -> text.startsWith("b"));
        Queue.Consumption consumption = queue.consume(credit(1), late);
        yard.awaitTaken(late, 1);
        consumption.credit(5);
        yard.awaitTaken(late, 2);
        assertThat(late.texts()).containsExactly("b1", "b2");
        yard.publish(queue, "b3");
        yard.awaitTaken(late, 3);
        assertThat(none.taken).isEmpty();
    }

    @Test
    void aSelectiveConsumerFindsWhatIsFarBehind() {
        Queue queue = yard.queue("q", base);
        for (int i = 0; i < 100; i++) {
            yard.publish(queue, "x", "x", "x", "x", "x", "x", "x", "x", "x", "x");
        }
        yard.publish(queue, "y");
        Taker taker = new Taker("y"::equals);
        queue.consume(credit(1), taker);
        yard.awaitTaken(taker, 1);
        assertThat(yard.statistics(queue).ready()).isEqualTo(1000);
    }

    @Test
    void aMessageThatSomeoneWithoutCreditWantsWaitsForIt() {
        Queue queue = yard.queue("q", base);
        Taker hungry = new Taker("x"::equals);
        queue.consume(credit(100), hungry);
        Taker full = new Taker("y"::equals);
        Queue.Consumption consumption = queue.consume(credit(1), full);
        yard.publish(queue, "y", "y", "x");
        yard.awaitTaken(hungry, 1);
        yard.awaitTaken(full, 1);
        consumption.credit(1);
        yard.awaitTaken(full, 2);
    }
}
