package io.polymq.core.queue;

import static io.polymq.core.queue.Yard.message;
import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.core.queue.Yard.Taker;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A queue with more than its window holds, mostly a transient one. */
final class BacklogTest {

    private static final int MESSAGES = 40_000;
    private static final int SIZE = 7;

    static List<QueueSpec> kinds() {
        return List.of(QueueSpec.TRANSIENT, QueueSpec.DURABLE);
    }

    private final Yard yard = Yard.inMemory();
    private Queue queue = yard.queue("q", QueueSpec.TRANSIENT);

    @BeforeEach
    void publish() {
        publishTo(queue);
    }

    private void publishTo(Queue queue) {
        for (int i = 0; i < MESSAGES; i++) {
            queue.publish(message("s." + i % 3, text(i), -1, 5), null);
            if (i % 1000 == 0) {
                yard.settle();
            }
        }
        yard.settle();
    }

    @AfterEach
    void close() {
        yard.close();
    }

    private static String text(int i) {
        return "m" + (100_000 + i);
    }

    private static List<String> texts(int from, int to) {
        return IntStream.range(from, to).mapToObj(BacklogTest::text).toList();
    }

    private List<String> taken(int number) {
        Taker taker = new Taker();
        queue.consume(Yard.credit(MESSAGES), taker);
        yard.awaitTaken(taker, number);
        return taker.taken.stream().map(Yard::text).toList();
    }

    @Test
    void allComeInTheirOrderWithAllThatIsTheirs() {
        QueueStatistics statistics = yard.statistics(queue);
        assertThat(statistics.ready()).isEqualTo(MESSAGES);
        assertThat(statistics.bytes()).isEqualTo((long) MESSAGES * SIZE);
        Taker taker = new Taker();
        queue.consume(Yard.credit(MESSAGES), taker);
        yard.awaitTaken(taker, MESSAGES);
        assertThat(taker.taken.stream().map(Yard::text)).isEqualTo(texts(0, MESSAGES));
        for (int i = 0; i < MESSAGES; i++) {
            QueuedMessage message = taker.taken.get(i);
            assertThat(message.offset()).isEqualTo(i);
            assertThat(message.message().subject().dotted()).asString().isEqualTo("s." + i % 3);
            assertThat(message.message().priority()).isEqualTo(5);
            assertThat(message.enqueuedAt()).isEqualTo(Yard.EPOCH);
            assertThat(message.redelivered()).isFalse();
        }
        assertThat(yard.statistics(queue).bytes()).isZero();
    }

    @Test
    void whatComesMeanwhileComesLast() {
        Taker taker = new Taker();
        Queue.Consumption consumption = queue.consume(Yard.credit(1), taker);
        yard.awaitTaken(taker, 1);
        yard.publish(queue, "last");
        consumption.credit(MESSAGES);
        yard.awaitTaken(taker, MESSAGES + 1);
        assertThat(taker.taken.stream().map(Yard::text).toList().subList(0, MESSAGES))
                .isEqualTo(texts(0, MESSAGES));
        assertThat(Yard.text(taker.taken.getLast())).isEqualTo("last");
    }

    @Test
    void aPurgeCountsAll() {
        assertThat(yard.get(queue.purge())).isEqualTo(MESSAGES);
        assertThat(yard.statistics(queue).ready()).isZero();
        yard.publish(queue, "next");
        assertThat(taken(1)).containsExactly("next");
    }

    @Test
    void aRangeIsDiscardedWhereverItLies() {
        yard.get(queue.discard(10_000, 30_000));
        yard.get(queue.discard(35_000, 35_001));
        QueueStatistics statistics = yard.statistics(queue);
        assertThat(statistics.ready()).isEqualTo(19_999);
        assertThat(statistics.bytes()).isEqualTo(19_999L * SIZE);
        assertThat(yard.get(queue.browse(34_999, 2)).stream().map(Yard::text))
                .containsExactly(text(34_999), text(35_001));
        List<String> all = taken(19_999);
        assertThat(all.subList(0, 10_000)).isEqualTo(texts(0, 10_000));
        assertThat(all.subList(10_000, 15_000)).isEqualTo(texts(30_000, 35_000));
        assertThat(all.subList(15_000, 19_999)).isEqualTo(texts(35_001, MESSAGES));
    }

    @Test
    void browsingSeesAllAndConsumesNothing() {
        assertThat(yard.get(queue.browse(0, MESSAGES + 1)).stream().map(Yard::text))
                .isEqualTo(texts(0, MESSAGES));
        assertThat(yard.get(queue.browse(39_000, 3)).stream().map(QueuedMessage::offset))
                .containsExactly(39_000L, 39_001L, 39_002L);
        assertThat(taken(MESSAGES)).isEqualTo(texts(0, MESSAGES));
    }

    @Test
    void aFullOneGivesUpItsOldest() {
        queue =
                yard.queue(
                        "bounded",
                        QueueSpec.TRANSIENT.withLimits(
                                new QueueSpec.Limits(
                                        30_000, -1, QueueSpec.Overflow.DROP_HEAD, -1)));
        publishTo(queue);
        assertThat(yard.statistics(queue).ready()).isEqualTo(30_000);
        assertThat(taken(30_000)).isEqualTo(texts(10_000, MESSAGES));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void theQueuesTimeToLiveIsThatOfThoseBehindAsWell(QueueSpec kind) {
        queue = yard.queue("mortal", kind.withMessageTtl(Duration.ofSeconds(10)));
        publishTo(queue);
        yard.pass(Duration.ofSeconds(9));
        assertThat(yard.statistics(queue).ready()).isEqualTo(MESSAGES);
        yard.pass(Duration.ofSeconds(2));
        for (int i = 0; i < 100; i++) { // those behind come into the window, and die a tick later
            yard.pass(Duration.ofMillis(20));
        }
        assertThat(yard.statistics(queue).ready()).isZero();
    }
}
