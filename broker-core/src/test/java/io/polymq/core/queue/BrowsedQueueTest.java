package io.polymq.core.queue;

import static io.polymq.core.queue.Yard.credit;
import static io.polymq.core.queue.Yard.message;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.core.queue.Yard.Done;
import io.polymq.core.queue.Yard.Taker;
import io.polymq.storage.Durability;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What is seen of a queue's messages, and done to them, by who does not consume. */
@ParameterizedClass
@MethodSource("kinds")
final class BrowsedQueueTest {

    static List<QueueSpec> kinds() {
        return List.of(QueueSpec.TRANSIENT, QueueSpec.DURABLE);
    }

    private final QueueSpec base;
    private final Yard yard = Yard.inMemory();

    BrowsedQueueTest(QueueSpec base) {
        this.base = base;
    }

    @AfterEach
    void close() {
        yard.close();
    }

    @Test
    void whatWasWrittenIsRecalledWhetherItIsAcknowledgedOrNot() {
        Queue queue = yard.queue("q", base);
        yard.publish(queue, "a", "b");
        Taker taker = new Taker();
        Queue.Consumption consumption = queue.consume(credit(1), taker);
        yard.awaitTaken(taker, 1);
        Done done = new Done();
        consumption.ack(taker.taken.getFirst().offset(), done.receipt());
        yard.await(done::isDone);
        List<String> all = new ArrayList<>();
        CompletableFuture<Void> told =
                queue.recall(0, kept -> all.add(new String(kept.payload(), UTF_8)));
        yard.await(told::isDone);
        if (base.durability() == Durability.MEMORY) {
            assertThat(all).isEmpty();
        } else {
            assertThat(all).containsExactly("a", "b");
        }
    }

    @Test
    void oneMessageOfAQueueWithPrioritiesIsDiscarded() {
        Queue queue = yard.queue("q", base.withPriorities(2));
        yard.publish(queue, message("s", "a", -1, 1));
        yard.publish(queue, message("s", "b", -1, 1));
        long first = yard.get(queue.browse(0, 1)).getFirst().offset();
        yard.get(queue.discard(first, first + 1));
        assertThat(yard.get(queue.browse(0, 9)).stream().map(Yard::text)).containsExactly("b");
    }

    @Test
    void browsingConsumesNothing() {
        Queue queue = yard.queue("q", base);
        yard.publish(queue, "a", "b", "c");
        List<QueuedMessage> seen = yard.get(queue.browse(1, 10));
        assertThat(seen.stream().map(Yard::text)).containsExactly("b", "c");
        assertThat(yard.get(queue.browse(0, 2))).hasSize(2);
        assertThat(yard.statistics(queue).ready()).isEqualTo(3);
    }

    @Test
    void browsingGoesOnThroughThePriorities() {
        Queue queue = yard.queue("q", base.withPriorities(3));
        yard.publish(queue, "a", "b");
        yard.publish(queue, message("s", "c", -1, 2));
        yard.publish(queue, message("s", "d", -1, 2));
        List<String> seen = new ArrayList<>();
        long from = 0;
        List<QueuedMessage> page = yard.get(queue.browse(from, 1));
        while (!page.isEmpty()) {
            seen.add(Yard.text(page.getFirst()));
            from = page.getFirst().offset() + 256;
            page = yard.get(queue.browse(from, 1));
        }
        assertThat(seen).containsExactly("c", "d", "a", "b");
    }

    @Test
    void purgeLeavesWhatIsInFlight() {
        Queue queue = yard.queue("q", base);
        Taker taker = new Taker();
        Queue.Consumption consumption = queue.consume(credit(1), taker);
        yard.publish(queue, "a", "b", "c");
        yard.awaitTaken(taker, 1);
        assertThat(yard.get(queue.purge())).isEqualTo(2);
        QueueStatistics now = yard.statistics(queue);
        assertThat(now.ready()).isZero();
        assertThat(now.inFlight()).isEqualTo(1);
        consumption.release(taker.last().offset(), true);
        consumption.credit(1);
        yard.awaitTaken(taker, 2);
    }
}
