package io.polymq.core.queue;

import static io.polymq.core.queue.Yard.credit;
import static io.polymq.core.queue.Yard.message;
import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.core.queue.QueueSpec.Redelivery;
import io.polymq.core.queue.Yard.Done;
import io.polymq.core.queue.Yard.Taker;
import io.polymq.storage.RecordBatchBuilder;
import io.polymq.storage.Shard;
import io.polymq.storage.ShardSpec;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a queue keeps over an orderly restart, and how it reads more than its window holds. */
final class DurableQueueTest {

    @TempDir Path folder;
    private Yard yard;

    private Yard start() {
        if (yard != null) {
            yard.close();
        }
        yard = new Yard(Yard.onDisk("rocksdb", folder));
        return yard;
    }

    @AfterEach
    void close() {
        yard.close();
    }

    private Queue open(QueueSpec spec) {
        return yard.queue("q", spec);
    }

    @Test
    void aRestartKeepsMessagesAcknowledgementsAndAttempts() {
        start();
        QueueSpec spec = QueueSpec.DURABLE.withRedelivery(Redelivery.AT_ONCE.withMaxDeliveries(10));
        Queue queue = open(spec);
        yard.publish(queue, "a", "b", "c", "d", "e");
        Taker taker = new Taker();
        Queue.Consumption by = queue.consume(credit(4), taker);
        yard.awaitTaken(taker, 4);
        by.nack(taker.taken.get(0).offset(), Duration.ZERO);
        by.credit(1);
        yard.awaitTaken(taker, 5);
        Done done = new Done();
        by.ack(taker.taken.get(1).offset(), null);
        by.ack(taker.taken.get(3).offset(), done.receipt());
        yard.await(done::isDone);

        start();
        Queue again = open(spec);
        Taker later = new Taker();
        again.consume(credit(10), later);
        yard.awaitTaken(later, 3);
        assertThat(later.texts()).containsExactly("a", "c", "e");
        assertThat(later.taken.stream().map(QueuedMessage::deliveries)).containsExactly(3, 2, 1);
        assertThat(later.taken.stream().map(QueuedMessage::redelivered))
                .containsExactly(true, true, false);
    }

    @Test
    void whatWasNeverDeliveredIsNotFlaggedAfterAnOrderlyEnd() {
        start();
        Queue queue = open(QueueSpec.DURABLE);
        yard.publish(queue, "a", "b");
        Taker taker = new Taker();
        Queue.Consumption by = queue.consume(credit(1), taker);
        yard.awaitTaken(taker, 1);
        by.ack(taker.last().offset(), null);
        yard.settle();
        start();
        Taker later = new Taker();
        open(QueueSpec.DURABLE).consume(credit(10), later);
        yard.awaitTaken(later, 1);
        assertThat(later.last().redelivered()).isFalse();
        assertThat(later.last().deliveries()).isEqualTo(1);
    }

    @Test
    void aBacklogLargerThanTheWindowIsReadPieceByPiece() {
        start();
        Queue queue = open(QueueSpec.DURABLE);
        int number = 60_000;
        Done last = new Done();
        for (int i = 0; i < number; i++) {
            queue.publish(message("m" + i), i == number - 1 ? last.receipt() : null);
            if (i % 1000 == 0) {
                yard.settle();
            }
        }
        yard.await(last::isDone);
        assertThat(yard.statistics(queue).ready()).isEqualTo(number);
        start();
        Queue again = open(QueueSpec.DURABLE);
        assertThat(yard.statistics(again).ready()).isEqualTo(number);
        long[] next = {0};
        Queue.Consumption by =
                again.consume(
                        credit(100),
                        new Queue.Consumer() {
                            @Override
                            public boolean deliver(
                                    QueuedMessage message, Queue.Consumption consumption) {
                                assertThat(message.offset()).isEqualTo(next[0]++);
                                consumption.ack(message.offset(), null);
                                consumption.credit(1);
                                return true;
                            }

                            @Override
                            public void cancelled(String reason) {}
                        });
        yard.await(() -> next[0] == number);
        by.close();
        yard.settle();
        assertThat(yard.statistics(again).ready()).isZero();
        Shard shard = yard.store.open("queue/t/q").orElseThrow();
        assertThat(shard.startOffset()).isGreaterThan(number - 20_000);
    }

    @Test
    void prioritiesSurviveARestart() {
        start();
        QueueSpec spec = QueueSpec.DURABLE.withPriorities(3);
        Queue queue = open(spec);
        yard.publish(queue, message("s", "low", -1, 0));
        yard.publish(queue, message("s", "high", -1, 2));
        start();
        Taker taker = new Taker();
        open(spec).consume(credit(5), taker);
        yard.awaitTaken(taker, 2);
        assertThat(taker.texts()).containsExactly("high", "low");
    }

    @Test
    void storedMessagesExpireWithoutAnyoneLooking() {
        start();
        Graves graves = new Graves();
        QueueSpec spec =
                QueueSpec.DURABLE.withMessageTtl(Duration.ofSeconds(5)).withDeadLetter(graves);
        yard.publish(open(spec), "a");
        start();
        open(spec);
        yard.pass(Duration.ofSeconds(1));
        yard.pass(Duration.ofSeconds(60));
        yard.await(() -> graves.dead.size() == 1);
        assertThat(graves.dead).containsExactly("a EXPIRED");
    }

    @Test
    void aQueueOverAForeignShardFiltersAndFollows() {
        start();
        Shard shard = yard.get(yard.store.create("topic", ShardSpec.DEFAULT));
        append(shard, "a1", "b1", "a2");
        RecordReader onlyA =
                record -> {
                    ByteBuffer value = record.value();
                    String text = StandardCharsets.UTF_8.decode(value.duplicate()).toString();
                    return text.startsWith("a") ? message(text) : null;
                };
        Queue queue = yard.queues.over(shard, "g", QueueSpec.DURABLE, onlyA);
        assertThat(yard.queues.over(shard, "g", QueueSpec.DURABLE, onlyA)).isSameAs(queue);
        Taker taker = new Taker();
        Queue.Consumption by = queue.consume(credit(10), taker);
        yard.awaitTaken(taker, 2);
        append(shard, "b2", "a3");
        yard.awaitTaken(taker, 3);
        assertThat(taker.texts()).containsExactly("a1", "a2", "a3");
        Done done = new Done();
        by.ackThrough(taker.last().offset(), done.receipt());
        yard.await(done::isDone);
        assertThat(shard.cursor("g").floor()).isEqualTo(5);
        assertThat(shard.startOffset()).isZero();

        yard.get(queue.seek(1));
        yard.awaitTaken(taker, 5);
        assertThat(taker.texts()).endsWith("a2", "a3");
        yard.get(yard.queues.close(queue));
        assertThat(taker.cancelled).isNotNull();
        Queue other = yard.queues.over(shard, "h", QueueSpec.DURABLE, onlyA);
        Taker second = new Taker();
        other.consume(credit(10), second);
        yard.awaitTaken(second, 3);
    }

    @Test
    void whatIsInAForeignShardIsFoundBeforeTheNewsOfItComes() {
        start();
        Shard shard = yard.get(yard.store.create("topic", ShardSpec.DEFAULT));
        Queue queue =
                yard.queues.over(
                        withoutNews(shard), "g", QueueSpec.DURABLE, r -> message("x" + r.offset()));
        Queue.Consumption by = queue.consume(credit(0), new Taker());
        assertThat(yard.get(queue.statistics()).ready()).isZero();

        append(shard, "0");
        assertThat(yard.get(queue.statistics()).ready()).isEqualTo(1);
        append(shard, "1");
        List<QueuedMessage> got = new ArrayList<>();
        queue.get(by, got::add);
        queue.get(by, got::add);
        yard.await(() -> got.size() == 2);
        assertThat(got).extracting(QueuedMessage::offset).containsExactly(0L, 1L);
        append(shard, "2");
        yard.get(queue.discard(2, 3));
        append(shard, "3");
        yard.get(queue.seek(4));
        append(shard, "4");
        queue.get(by, got::add);
        yard.await(() -> got.size() == 3);
        assertThat(got.getLast().offset()).isEqualTo(4);
        assertThat(shard.cursor("g").isAcknowledged(2)).isTrue();
    }

    /** A shard whose watchers are always told too late. */
    private static Shard withoutNews(Shard shard) {
        Shard.Watch never = () -> {};
        return (Shard)
                Proxy.newProxyInstance(
                        Shard.class.getClassLoader(),
                        new Class<?>[] {Shard.class},
                        (proxy, method, arguments) ->
                                method.getName().equals("watchEnd")
                                        ? never
                                        : method.invoke(shard, arguments));
    }

    @Test
    void pagesOfWhichAReaderWantsNothingHoldNobodyUp() {
        start();
        Shard shard = yard.get(yard.store.create("topic", ShardSpec.DEFAULT));
        for (int i = 0; i < 4; i++) {
            append(shard, "b".repeat(200_000));
        }
        append(shard, "a");
        Queue queue =
                yard.queues.over(
                        shard,
                        "g",
                        QueueSpec.DURABLE,
                        record -> {
                            ByteBuffer value = record.value();
                            return value.remaining() == 1 ? message("a") : null;
                        });
        Queue.Consumption by = queue.consume(credit(0), new Taker());
        List<QueuedMessage> got = new ArrayList<>();
        queue.get(by, got::add);
        yard.await(() -> !got.isEmpty());
        assertThat(got.getFirst()).isNotNull();
    }

    private void append(Shard shard, String... texts) {
        RecordBatchBuilder batch = new RecordBatchBuilder();
        for (String text : texts) {
            batch.append(1, null, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
        }
        yard.get(shard.append(batch.build(), shard.spec().durability()));
    }

    @Test
    void recordsTrimmedFromUnderAGroupCountAsDone() {
        start();
        Shard shard = yard.get(yard.store.create("topic", ShardSpec.DEFAULT));
        append(shard, "1");
        append(shard, "2");
        append(shard, "3");
        Queue queue =
                yard.queues.over(shard, "g", QueueSpec.DURABLE, r -> message("x" + r.offset()));
        yard.get(shard.trim(2));
        Taker taker = new Taker();
        queue.consume(credit(10), taker);
        yard.awaitTaken(taker, 1);
        assertThat(taker.texts()).containsExactly("x2");
    }

    @Test
    void whatIsDiscardedIsDoneWhereverItStands() {
        start();
        Queue queue = open(QueueSpec.DURABLE);
        yard.publish(queue, "a", "b", "c", "d", "e");
        Taker taker = new Taker();
        Queue.Consumption by = queue.consume(credit(2), taker);
        yard.awaitTaken(taker, 2);
        yard.get(queue.discard(1, 4));
        Done inVain = new Done();
        by.ack(taker.taken.get(1).offset(), inVain.receipt());
        yard.await(inVain::isDone);
        assertThat(inVain.failure).isInstanceOf(QueueException.class);
        by.credit(10);
        yard.awaitTaken(taker, 3);
        assertThat(taker.texts()).containsExactly("a", "b", "e");
        assertThat(yard.statistics(queue).inFlight()).isEqualTo(2);
    }

    @Test
    void totalsOfAllQueuesAreShown() {
        start();
        PrometheusRegistry registry = new PrometheusRegistry();
        yard.queues.register(registry);
        Queue queue = open(QueueSpec.DURABLE);
        Taker taker = new Taker();
        queue.consume(Yard.auto(), taker);
        yard.publish(queue, "a", "b");
        yard.awaitTaken(taker, 2);
        yard.settle();
        assertThat(
                        registry.scrape().stream()
                                .filter(s -> s.getMetadata().getName().contains("acknowledged"))
                                .flatMap(s -> s.getDataPoints().stream())
                                .map(p -> ((CounterDataPointSnapshot) p).getValue()))
                .containsExactly(2.0);
    }
}
