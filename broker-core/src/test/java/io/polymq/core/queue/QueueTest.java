package io.polymq.core.queue;

import static io.polymq.core.queue.Yard.auto;
import static io.polymq.core.queue.Yard.credit;
import static io.polymq.core.queue.Yard.message;
import static io.polymq.core.queue.Yard.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.core.queue.QueueSpec.Dispatch;
import io.polymq.core.queue.QueueSpec.Limits;
import io.polymq.core.queue.QueueSpec.Overflow;
import io.polymq.core.queue.QueueSpec.Redelivery;
import io.polymq.core.queue.Yard.Done;
import io.polymq.core.queue.Yard.Taker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

@ParameterizedClass
@MethodSource("kinds")
final class QueueTest {

    static List<QueueSpec> kinds() {
        return List.of(QueueSpec.TRANSIENT, QueueSpec.DURABLE);
    }

    private final QueueSpec base;
    private final Yard yard = Yard.inMemory();

    QueueTest(QueueSpec base) {
        this.base = base;
    }

    @AfterEach
    void close() {
        yard.close();
    }

    private static Limits limits(long messages, Overflow overflow) {
        return new Limits(messages, -1, overflow, -1);
    }

    @Test
    void messagesComeInOrderAndOnlyAsFarAsCreditGoes() {
        Queue queue = yard.queue("q", base);
        Taker taker = new Taker();
        Queue.Consumption consumption = queue.consume(credit(2), taker);
        yard.publish(queue, "a", "b", "c");
        yard.awaitTaken(taker, 2);
        assertThat(taker.texts()).containsExactly("a", "b");
        assertThat(taker.taken).noneMatch(QueuedMessage::redelivered);
        consumption.credit(5);
        yard.awaitTaken(taker, 3);
        assertThat(taker.flushes).isGreaterThan(0);
        assertThat(yard.statistics(queue).inFlight()).isEqualTo(3);
    }

    @Test
    void anAcknowledgedMessageIsGoneAndItsReceiptDone() {
        Queue queue = yard.queue("q", base);
        Taker taker = new Taker();
        Queue.Consumption consumption = queue.consume(credit(10), taker);
        yard.publish(queue, "a", "b");
        yard.awaitTaken(taker, 2);
        Done done = new Done();
        consumption.ack(taker.taken.get(0).offset(), done.receipt());
        yard.await(done::isDone);
        assertThat(done.failure).isNull();
        Done again = new Done();
        consumption.ack(taker.taken.get(0).offset(), again.receipt());
        yard.await(again::isDone);
        assertThat(again.failure)
                .isInstanceOfSatisfying(
                        QueueException.class,
                        e -> assertThat(e.kind()).isEqualTo(QueueException.Kind.NOT_HELD));
        QueueStatistics now = yard.statistics(queue);
        assertThat(now.inFlight()).isEqualTo(1);
        assertThat(now.acknowledged()).isEqualTo(1);
    }

    @Test
    void ackThroughAcknowledgesAllOfThisConsumerUpToThere() {
        Queue queue = yard.queue("q", base);
        Taker taker = new Taker();
        Queue.Consumption consumption = queue.consume(credit(10), taker);
        yard.publish(queue, "a", "b", "c");
        yard.awaitTaken(taker, 3);
        consumption.ackThrough(taker.taken.get(1).offset(), null);
        yard.settle();
        assertThat(yard.statistics(queue).inFlight()).isEqualTo(1);
    }

    @Test
    void consumersTakeTurns() {
        Queue queue = yard.queue("q", base);
        Taker one = new Taker();
        Taker two = new Taker();
        queue.consume(credit(10), one);
        queue.consume(credit(10), two);
        yard.publish(queue, "a", "b", "c", "d");
        yard.await(() -> one.taken.size() + two.taken.size() == 4);
        assertThat(one.texts()).containsExactly("a", "c");
        assertThat(two.texts()).containsExactly("b", "d");
    }

    @Test
    void theHigherPriorityConsumerIsServedFirst() {
        Queue queue = yard.queue("q", base.withDispatch(Dispatch.PRIORITY));
        Taker low = new Taker();
        Taker high = new Taker();
        queue.consume(new Queue.ConsumerSpec(10, 1, false, false, "low"), low);
        queue.consume(new Queue.ConsumerSpec(2, 5, false, false, "high"), high);
        yard.publish(queue, "a", "b", "c");
        yard.await(() -> low.taken.size() + high.taken.size() == 3);
        assertThat(high.texts()).containsExactly("a", "b");
        assertThat(low.texts()).containsExactly("c");
    }

    @Test
    void onlyOneConsumerIsActiveAndTheNextTakesOver() {
        Queue queue = yard.queue("q", base.withDispatch(Dispatch.SINGLE_ACTIVE));
        Taker one = new Taker();
        Taker two = new Taker();
        Queue.Consumption first = queue.consume(credit(10), one);
        queue.consume(credit(10), two);
        yard.publish(queue, "a", "b");
        yard.awaitTaken(one, 2);
        assertThat(one.active).isTrue();
        assertThat(two.active).isFalse();
        first.close();
        yard.awaitTaken(two, 2);
        assertThat(two.active).isTrue();
        assertThat(two.texts()).containsExactly("a", "b");
        assertThat(two.taken).allMatch(QueuedMessage::redelivered);
    }

    @Test
    void theSameKeyGoesToTheSameConsumerAndOthersAreNotHeldUp() {
        Queue queue = yard.queue("q", base.withDispatch(Dispatch.STICKY_BY_KEY));
        Taker one = new Taker();
        Taker two = new Taker();
        Queue.Consumption first = queue.consume(credit(1), one);
        queue.consume(credit(100), two);
        for (int i = 0; i < 40; i++) {
            yard.publish(queue, message("key" + i % 10, "m" + i, -1, -1));
        }
        yard.settle();
        assertThat(one.taken).hasSize(1);
        int others = two.taken.size();
        first.credit(100);
        yard.await(() -> one.taken.size() + two.taken.size() == 40);
        assertThat(two.taken).hasSize(others);
        assertThat(one.taken.stream().map(m -> m.message().subject()).distinct())
                .doesNotContainAnyElementsOf(
                        two.taken.stream().map(m -> m.message().subject()).toList());
        assertThat(one.taken).isSortedAccordingTo((a, b) -> Long.compare(a.offset(), b.offset()));
    }

    @Test
    void anExclusiveConsumerKeepsOthersOut() {
        Queue queue = yard.queue("q", base);
        Taker one = new Taker();
        Taker two = new Taker();
        queue.consume(new Queue.ConsumerSpec(1, 0, true, false, "x"), one);
        queue.consume(credit(1), two);
        yard.settle();
        assertThat(two.refused).isNotNull();
        assertThat(two.refused.kind()).isEqualTo(QueueException.Kind.EXCLUSIVE);
    }

    @Test
    void whatComesBackTakesItsOldPlace() {
        Queue queue = yard.queue("q", base);
        Taker one = new Taker();
        Queue.Consumption first = queue.consume(credit(3), one);
        yard.publish(queue, "a", "b", "c", "d");
        yard.awaitTaken(one, 3);
        first.release(one.taken.get(1).offset(), true);
        first.release(one.taken.get(0).offset(), true);
        first.close();
        Taker two = new Taker();
        queue.consume(credit(10), two);
        yard.awaitTaken(two, 4);
        assertThat(two.texts()).containsExactly("a", "b", "c", "d");
        assertThat(two.taken.stream().map(QueuedMessage::redelivered))
                .containsExactly(true, true, true, false);
    }

    @Test
    void aReleaseThatDoesNotCountLeavesTheAttemptsAlone() {
        Queue queue = yard.queue("q", base);
        Taker one = new Taker();
        Queue.Consumption first = queue.consume(credit(1), one);
        yard.publish(queue, "a");
        yard.awaitTaken(one, 1);
        first.release(one.last().offset(), false);
        first.credit(1);
        yard.awaitTaken(one, 2);
        assertThat(one.last().deliveries()).isEqualTo(1);
        assertThat(one.last().redelivered()).isTrue();
    }

    @Test
    void aNackWaitsForItsDelayWhileOthersPass() {
        Queue queue = yard.queue("q", base);
        Taker taker = new Taker();
        Queue.Consumption consumption = queue.consume(credit(10), taker);
        yard.publish(queue, "a");
        yard.awaitTaken(taker, 1);
        consumption.nack(taker.last().offset(), Duration.ofSeconds(5));
        yard.publish(queue, "b");
        yard.awaitTaken(taker, 2);
        yard.pass(Duration.ofMillis(4999));
        assertThat(taker.taken).hasSize(2);
        yard.pass(Duration.ofMillis(1));
        assertThat(taker.texts()).containsExactly("a", "b", "a");
        assertThat(taker.last().deliveries()).isEqualTo(2);
    }

    @Test
    void theDeadlineReturnsAMessageAndItsHolderHearsOfIt() {
        Queue queue =
                yard.queue(
                        "q",
                        base.withRedelivery(
                                new Redelivery(
                                        -1,
                                        List.of(),
                                        List.of(Duration.ofSeconds(1), Duration.ofSeconds(3)),
                                        true)));
        Taker taker = new Taker();
        Queue.Consumption consumption = queue.consume(credit(10), taker);
        yard.publish(queue, "a");
        yard.awaitTaken(taker, 1);
        yard.pass(Duration.ofMillis(900));
        consumption.extend(taker.last().offset());
        yard.settle();
        yard.pass(Duration.ofMillis(900));
        assertThat(taker.taken).hasSize(1);
        yard.pass(Duration.ofMillis(100));
        assertThat(taker.taken).hasSize(2);
        assertThat(taker.overdue).containsExactly(taker.last().offset());
        yard.pass(Duration.ofMillis(2999));
        assertThat(taker.taken).hasSize(2);
        yard.pass(Duration.ofMillis(1));
        assertThat(taker.taken).hasSize(3);
        assertThat(taker.last().deliveries()).isEqualTo(3);
    }

    @Test
    void aLateAckCountsUnlessAnotherGotTheMessage() {
        Queue queue =
                yard.queue(
                        "q",
                        base.withRedelivery(
                                Redelivery.AT_ONCE.withAckDeadline(Duration.ofSeconds(1))));
        Taker one = new Taker();
        Queue.Consumption first = queue.consume(credit(1), one);
        yard.publish(queue, "a");
        yard.awaitTaken(one, 1);
        yard.pass(Duration.ofSeconds(1));
        assertThat(yard.statistics(queue).ready()).isEqualTo(1);
        Done late = new Done();
        first.ack(one.last().offset(), late.receipt());
        yard.await(late::isDone);
        assertThat(late.failure).isNull();
        assertThat(yard.statistics(queue).ready()).isZero();

        yard.publish(queue, "b");
        first.credit(1);
        yard.awaitTaken(one, 2);
        Taker two = new Taker();
        queue.consume(credit(1), two);
        yard.pass(Duration.ofSeconds(1));
        yard.awaitTaken(two, 1);
        Done tooLate = new Done();
        first.ack(one.last().offset(), tooLate.receipt());
        yard.await(tooLate::isDone);
        assertThat(tooLate.failure).isInstanceOf(QueueException.class);
    }

    @Test
    void afterTooManyDeliveriesAMessageIsDead() {
        Graves graves = new Graves();
        Queue queue =
                yard.queue(
                        "q",
                        base.withDeadLetter(graves)
                                .withRedelivery(Redelivery.AT_ONCE.withMaxDeliveries(2)));
        Taker taker = new Taker();
        Queue.Consumption consumption = queue.consume(credit(10), taker);
        yard.publish(queue, "poison", "good");
        yard.awaitTaken(taker, 2);
        consumption.nack(taker.taken.get(0).offset(), Duration.ZERO);
        yard.awaitTaken(taker, 3);
        consumption.nack(taker.taken.get(0).offset(), Duration.ZERO);
        yard.await(() -> graves.dead.size() == 1);
        assertThat(graves.dead.getFirst()).isEqualTo("poison MAX_DELIVERIES");
        yard.settle();
        assertThat(yard.statistics(queue).deadLettered()).isEqualTo(1);
        assertThat(yard.statistics(queue).inFlight()).isEqualTo(1);
    }

    @Test
    void aDeadLetterThatIsNotTakenIsTriedAgain() {
        Graves graves = new Graves();
        graves.failures = 2;
        Queue queue = yard.queue("q", base.withDeadLetter(graves));
        Taker taker = new Taker();
        Queue.Consumption consumption = queue.consume(credit(10), taker);
        yard.publish(queue, "a");
        yard.awaitTaken(taker, 1);
        consumption.reject(taker.last().offset());
        yard.settle();
        assertThat(graves.dead).isEmpty();
        yard.pass(Duration.ofSeconds(1));
        yard.pass(Duration.ofSeconds(1));
        assertThat(graves.dead).containsExactly("a REJECTED");
    }

    @Test
    void messagesExpireByTheEarlierOfTheirOwnTimeAndTheQueues() {
        Graves graves = new Graves();
        Queue queue =
                yard.queue("q", base.withDeadLetter(graves).withMessageTtl(Duration.ofSeconds(10)));
        yard.publish(queue, message("s", "slow", -1, -1));
        yard.publish(queue, message("s", "quick", Yard.EPOCH + 2000, -1));
        yard.pass(Duration.ofMillis(1999));
        assertThat(graves.dead).isEmpty();
        yard.pass(Duration.ofMillis(1));
        yard.settle();
        assertThat(graves.dead).containsExactly("quick EXPIRED");
        yard.pass(Duration.ofSeconds(8));
        assertThat(graves.dead).containsExactly("quick EXPIRED", "slow EXPIRED");
        assertThat(yard.statistics(queue).ready()).isZero();
    }

    @Test
    void aMessageInFlightDoesNotExpire() {
        Queue queue = yard.queue("q", base.withMessageTtl(Duration.ofSeconds(1)));
        Taker taker = new Taker();
        Queue.Consumption consumption = queue.consume(credit(1), taker);
        yard.publish(queue, "a");
        yard.awaitTaken(taker, 1);
        yard.pass(Duration.ofSeconds(5));
        assertThat(yard.statistics(queue).inFlight()).isEqualTo(1);
        consumption.release(taker.last().offset(), true);
        yard.settle();
        assertThat(yard.statistics(queue).expired()).isEqualTo(1);
    }

    @Test
    void withNoTimeToLiveAMessageIsTakenAtOnceOrNotAtAll() {
        Queue queue = yard.queue("q", base.withMessageTtl(Duration.ZERO));
        yard.publish(queue, "nobody");
        Taker taker = new Taker();
        queue.consume(credit(1), taker);
        yard.settle();
        yard.publish(queue, "someone", "nobody again");
        yard.settle();
        assertThat(taker.texts()).containsExactly("someone");
        assertThat(yard.statistics(queue).expired()).isEqualTo(2);
    }

    @Test
    void aFullQueueDropsItsOldest() {
        Graves graves = new Graves();
        Queue queue =
                yard.queue(
                        "q", base.withDeadLetter(graves).withLimits(limits(2, Overflow.DROP_HEAD)));
        yard.publish(queue, "a", "b", "c");
        yard.settle();
        assertThat(graves.dead).containsExactly("a MAX_LENGTH");
        assertThat(yard.statistics(queue).ready()).isEqualTo(2);
    }

    @Test
    void aFullQueueRefusesAndMayDeadLetterWhatItRefused() {
        Graves graves = new Graves();
        Queue queue =
                yard.queue(
                        "q",
                        base.withDeadLetter(graves)
                                .withLimits(limits(1, Overflow.REJECT_DEAD_LETTER)));
        yard.publish(queue, "a");
        assertThat(yard.tryPublish(queue, message("b"))).isInstanceOf(QueueException.class);
        assertThat(graves.dead).containsExactly("b MAX_LENGTH");
        queue.alter(base.withLimits(limits(1, Overflow.REJECT)));
        assertThat(yard.tryPublish(queue, message("c"))).isInstanceOf(QueueException.class);
        assertThat(graves.dead).hasSize(1);
        assertThat(yard.statistics(queue).ready()).isEqualTo(1);
    }

    @Test
    void aLimitOfZeroKeepsOnlyWhatIsTakenAtOnce() {
        Queue queue = yard.queue("q", base.withLimits(limits(0, Overflow.DROP_HEAD)));
        yard.publish(queue, "lost");
        Taker taker = new Taker();
        queue.consume(credit(1), taker);
        yard.settle();
        yard.publish(queue, "taken", "lost too");
        yard.settle();
        assertThat(taker.texts()).containsExactly("taken");
        assertThat(yard.statistics(queue).ready()).isZero();
    }

    @Test
    void aByteLimitCountsPayloads() {
        Queue queue = yard.queue("q", base.withLimits(new Limits(-1, 10, Overflow.DROP_HEAD, -1)));
        yard.publish(queue, "12345", "12345", "123");
        yard.settle();
        assertThat(yard.statistics(queue).bytes()).isEqualTo(8);
        assertThat(yard.statistics(queue).ready()).isEqualTo(2);
    }

    @Test
    void higherPrioritiesGoFirstAndKeepTheirOrder() {
        Queue queue = yard.queue("q", base.withPriorities(10));
        yard.publish(queue, message("s", "low1", -1, 1));
        yard.publish(queue, message("s", "high1", -1, 9));
        yard.publish(queue, message("s", "beyond", -1, 200));
        yard.publish(queue, message("s", "none", -1, -1));
        yard.publish(queue, message("s", "low2", -1, 1));
        Taker taker = new Taker();
        Queue.Consumption consumption = queue.consume(credit(10), taker);
        yard.awaitTaken(taker, 5);
        assertThat(taker.texts()).containsExactly("high1", "beyond", "low1", "low2", "none");
        assertThat(taker.taken.stream().map(QueuedMessage::offset)).doesNotHaveDuplicates();
        long[] all = taker.taken.stream().mapToLong(QueuedMessage::offset).toArray();
        consumption.ack(all, 5, null);
        yard.settle();
        assertThat(yard.statistics(queue).inFlight()).isZero();
    }

    @Test
    void getTakesOneAndFindsNothingWhenThereIsNothing() {
        Queue queue = yard.queue("q", base);
        Queue.Consumption by = queue.consume(credit(0), new Taker());
        assertThat(yard.getOne(queue, by)).isNull();
        yard.publish(queue, "a");
        QueuedMessage got = yard.getOne(queue, by);
        assertThat(got).isNotNull();
        assertThat(text(got)).isEqualTo("a");
        assertThat(yard.getOne(queue, by)).isNull();
        by.close();
        yard.settle();
        assertThat(yard.statistics(queue).ready()).isEqualTo(1);
    }

    @Test
    void drainingGivesWhatIsThereBeforeItTakesTheCreditBack() {
        Queue queue = yard.queue("q", base);
        queue.publish(message("a"), null);
        Taker taker = new Taker();
        Queue.Consumption consumption = queue.consume(credit(0), taker);
        consumption.credit(5);
        List<Integer> left = new ArrayList<>();
        consumption.drain(left::add);
        yard.await(() -> !left.isEmpty());
        assertThat(left).containsExactly(4);
        assertThat(taker.texts()).containsExactly("a");
    }

    @Test
    void whatWasPublishedBeforeAConsumerLeavesStillComesToIt() {
        Queue queue = yard.queue("q", base);
        Taker taker = new Taker();
        Queue.Consumption consumption = queue.consume(credit(10), taker);
        yard.settle();
        List<Integer> had = new ArrayList<>();
        queue.publish(message("a"), null);
        queue.publish(message("b"), null);
        consumption.leave(() -> had.add(taker.taken.size()));
        yard.await(() -> !had.isEmpty());
        yard.publish(queue, "late");
        assertThat(had).containsExactly(2);
        assertThat(taker.texts()).containsExactly("a", "b");
        assertThat(yard.statistics(queue).ready()).isEqualTo(1);
    }

    @Test
    void nothingIsDeliveredWhilePaused() {
        Queue queue = yard.queue("q", base);
        Taker taker = new Taker();
        Queue.Consumption consumption = queue.consume(credit(10), taker);
        queue.pause(true);
        yard.publish(queue, "a");
        yard.settle();
        assertThat(taker.taken).isEmpty();
        assertThat(yard.getOne(queue, consumption)).isNull();
        queue.pause(false);
        yard.awaitTaken(taker, 1);
    }

    @Test
    void automaticAcknowledgementLeavesNothingInFlight() {
        Queue queue = yard.queue("q", base);
        Taker taker = new Taker();
        queue.consume(auto(), taker);
        yard.publish(queue, "a", "b");
        yard.awaitTaken(taker, 2);
        QueueStatistics now = yard.statistics(queue);
        assertThat(now.inFlight()).isZero();
        assertThat(now.acknowledged()).isEqualTo(2);
    }

    @Test
    void aConsumerThatIsGoneHarmsNobody() {
        Queue queue = yard.queue("q", base);
        Taker gone = new Taker();
        gone.gone = true;
        queue.consume(credit(10), gone);
        Taker there = new Taker();
        queue.consume(credit(10), there);
        yard.publish(queue, "a", "b");
        yard.awaitTaken(there, 2);
        assertThat(there.taken).allMatch(m -> m.deliveries() == 1);
        assertThat(yard.statistics(queue).consumers()).isEqualTo(1);
    }

    @Test
    void drainedCreditIsToldAndNothingMoreComes() {
        Queue queue = yard.queue("q", base);
        Taker taker = new Taker();
        Queue.Consumption consumption = queue.consume(credit(5), taker);
        yard.publish(queue, "a", "b");
        yard.awaitTaken(taker, 2);
        int[] left = {-1};
        consumption.drain(rest -> left[0] = rest);
        yard.settle();
        assertThat(left[0]).isEqualTo(3);
        yard.publish(queue, "c");
        yard.settle();
        assertThat(taker.taken).hasSize(2);
    }

    @Test
    void theQueuesOwnLimitOfDeliveriesInFlightHolds() {
        Queue queue = yard.queue("q", base.withLimits(new Limits(-1, -1, Overflow.DROP_HEAD, 3)));
        Taker taker = new Taker();
        Queue.Consumption consumption = queue.consume(credit(100), taker);
        yard.publish(queue, "a", "b", "c", "d");
        yard.settle();
        assertThat(taker.taken).hasSize(3);
        consumption.ack(taker.taken.get(1).offset(), null);
        yard.awaitTaken(taker, 4);
    }

    @Test
    void tenThousandUnackedOfAVanishedConsumerComeBackInOrder() {
        Queue queue = yard.queue("q", base);
        Taker one = new Taker();
        Queue.Consumption first = queue.consume(credit(10_000), one);
        for (int i = 0; i < 10_000; i++) {
            queue.publish(message("m" + i), null);
        }
        yard.awaitTaken(one, 10_000);
        first.close();
        Taker two = new Taker();
        queue.consume(credit(20_000), two);
        yard.awaitTaken(two, 10_000);
        assertThat(two.taken).isSortedAccordingTo((a, b) -> Long.compare(a.offset(), b.offset()));
        assertThat(two.taken).allMatch(QueuedMessage::redelivered);
    }

    @Test
    void deletingCancelsConsumersAndLeavesNothing() {
        Queue queue = yard.queue("q", base);
        Taker taker = new Taker();
        queue.consume(credit(1), taker);
        yard.publish(queue, "a");
        yard.get(yard.queues.delete("t", "q"));
        assertThat(taker.cancelled).isNotNull();
        assertThat(yard.queues.find("t", "q")).isEmpty();
        Queue anew = yard.queue("q", base);
        assertThat(yard.statistics(anew).ready()).isZero();
    }

    @Test
    void aNameIsCreatedOnce() {
        yard.get(yard.queues.create("t", "q", base));
        assertThat(yard.queues.create("t", "q", base)).isCompletedExceptionally();
        assertThat(yard.queues.names("t")).containsExactly("q");
        yard.get(yard.queues.create("other", "q", base));
    }

    @Test
    void anIdleQueueIsForgottenAndLoadedAgain() {
        Queue queue = yard.queue("q", base);
        Taker taker = new Taker();
        Queue.Consumption consumption = queue.consume(auto(), taker);
        yard.publish(queue, "a");
        yard.awaitTaken(taker, 1);
        consumption.close();
        yard.settle();
        yard.pass(Duration.ofSeconds(31));
        yard.pass(Duration.ofSeconds(31));
        assertThat(yard.statistics(queue).published()).isZero();
        yard.publish(queue, "b");
        Taker later = new Taker();
        queue.consume(auto(), later);
        yard.awaitTaken(later, 1);
        assertThat(later.texts()).containsExactly("b");
    }

    @Test
    void whoHasLeftGetsNothingMoreAndStillAcknowledgesWhatItHolds() {
        Queue queue = yard.queue("q", base.withDispatch(Dispatch.SINGLE_ACTIVE));
        Taker one = new Taker();
        Taker two = new Taker();
        Queue.Consumption first = queue.consume(credit(10), one);
        queue.consume(credit(10), two);
        yard.publish(queue, "a");
        yard.awaitTaken(one, 1);
        boolean[] left = new boolean[1];
        first.leave(() -> left[0] = true);
        yard.publish(queue, "b");
        yard.awaitTaken(two, 1);
        assertThat(left[0]).isTrue();
        assertThat(two.texts()).containsExactly("b");
        first.ack(one.taken.getFirst().offset(), null);
        yard.settle();
        assertThat(yard.statistics(queue).inFlight()).isEqualTo(1);
        first.close();
        yard.settle();
        assertThat(two.taken).hasSize(1);
    }

    @Test
    void whatOneHoldsThatHasLeftComesBackWhenItCloses() {
        Queue queue = yard.queue("q", base);
        Taker one = new Taker();
        Taker two = new Taker();
        Queue.Consumption first = queue.consume(credit(10), one);
        yard.publish(queue, "a");
        yard.awaitTaken(one, 1);
        first.leave(() -> {});
        queue.consume(credit(10), two);
        first.close();
        yard.awaitTaken(two, 1);
        assertThat(two.taken.getFirst().redelivered()).isTrue();
    }

    @Test
    void whoAsksGetsWhatConsumersLeave() {
        Queue queue = yard.queue("q", base);
        Taker taker = new Taker();
        queue.consume(credit(1), taker);
        yard.settle();
        Queue.Consumption holder = queue.holder("get");
        List<@Nullable QueuedMessage> got = new ArrayList<>();
        queue.publish(message("a"), null);
        queue.get(holder, got::add);
        queue.publish(message("b"), null);
        queue.get(holder, got::add);
        yard.await(() -> got.size() == 2);
        assertThat(taker.texts()).containsExactly("a");
        assertThat(got).filteredOn(Objects::nonNull).hasSize(1);
    }

    @Test
    void aHolderGetsOnlyWhatItAsksForAndIsNoConsumer() {
        Queue queue = yard.queue("q", base.withDispatch(Dispatch.SINGLE_ACTIVE));
        Queue.Consumption holder = queue.holder("get");
        yard.publish(queue, "a", "b");
        List<QueuedMessage> got = new ArrayList<>();
        queue.get(holder, got::add);
        yard.await(() -> got.size() == 1);
        assertThat(text(got.getFirst())).isEqualTo("a");
        assertThat(yard.statistics(queue).consumers()).isZero();
        assertThat(yard.statistics(queue).inFlight()).isEqualTo(1);
        Taker taker = new Taker();
        queue.consume(credit(10), taker);
        yard.awaitTaken(taker, 1);
        holder.close();
        yard.awaitTaken(taker, 2);
        assertThat(taker.texts()).containsExactly("b", "a");
    }
}
