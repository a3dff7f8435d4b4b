package io.polymq.core.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.message.Receipt;
import io.polymq.core.service.DelayedMessages.Ticket;
import io.polymq.core.subject.Subject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class DelayedStoreTest {

    private final ServiceYard yard = new ServiceYard();
    private final List<String> published = new ArrayList<>();
    private int failures;
    private DelayedStore delayed = open();

    private DelayedStore open() {
        DelayedStore opened =
                yard.get(
                        DelayedStore.open(
                                new DelayedStore.Params(
                                        yard.store,
                                        yard.zone,
                                        new MessageRecords(List.of()),
                                        Runnable::run)));
        yard.settle();
        return opened;
    }

    @AfterEach
    void close() {
        yard.close();
    }

    private void due(String tenant, KeptMessage message, long at, Receipt receipt) {
        receipt.expect();
        if (failures > 0) {
            failures--;
            receipt.done(new IllegalStateException("not now"));
            return;
        }
        published.add(
                tenant
                        + " "
                        + message.subject()
                        + " "
                        + new String(message.payload(), StandardCharsets.UTF_8)
                        + " @"
                        + (at - ServiceYard.EPOCH));
        receipt.done(null);
    }

    private Ticket schedule(String payload, long afterMillis) {
        byte[] bytes = payload.getBytes(StandardCharsets.UTF_8);
        KeptMessage message =
                new Message().begin(Subject.ofDotted("a.b"), bytes, 0, bytes.length).keep();
        return yard.get(delayed.schedule("test", "t", message, yard.ticks.now() + afterMillis));
    }

    @Test
    void whatIsToComeIsListedTheNextFirst() {
        schedule("later", 9000);
        Ticket next = schedule("soon", 5000);
        assertThat(yard.get(delayed.coming(10)))
                .extracting(coming -> coming.kind() + " @" + (coming.at() - ServiceYard.EPOCH))
                .containsExactly("test @5000", "test @9000");
        assertThat(yard.get(delayed.coming(1)))
                .extracting(DelayedMessages.Coming::ticket)
                .containsExactly(next);
        yard.get(delayed.cancel(next));
        assertThat(yard.get(delayed.coming(10))).hasSize(1);
    }

    @Test
    void messagesComeAtTheirTimeAndInItsOrder() {
        delayed.handle("test", this::due);
        schedule("late", 5000);
        schedule("soon", 1000);
        yard.pass(Duration.ofMillis(999));
        assertThat(published).isEmpty();
        yard.pass(Duration.ofMillis(1));
        yard.await(() -> published.size() == 1);
        assertThat(published).containsExactly("t a.b soon @1000");
        yard.pass(Duration.ofSeconds(10));
        yard.await(() -> published.size() == 2);
        assertThat(delayed.pending()).isZero();
    }

    @Test
    void aCancelledMessageNeverComes() {
        delayed.handle("test", this::due);
        Ticket one = schedule("one", 1000);
        schedule("two", 1000);
        assertThat(yard.get(delayed.cancel(one))).isTrue();
        assertThat(yard.get(delayed.cancel(one))).isFalse();
        yard.pass(Duration.ofSeconds(2));
        yard.await(() -> !published.isEmpty());
        assertThat(published).containsExactly("t a.b two @1000");
    }

    @Test
    void aRestartKeepsWhatIsToComeAndForgetsWhatCame() {
        delayed.handle("test", this::due);
        schedule("first", 1000);
        schedule("second", 60_000);
        schedule("third", 30_000);
        yard.pass(Duration.ofSeconds(1));
        yard.await(() -> published.size() == 1);
        yard.restart();
        delayed = open();
        assertThat(delayed.pending()).isEqualTo(2);
        yard.pass(Duration.ofMinutes(2));
        assertThat(published).hasSize(1);
        delayed.handle("test", this::due);
        yard.await(() -> published.size() == 3);
        assertThat(published)
                .containsExactly("t a.b first @1000", "t a.b third @30000", "t a.b second @60000");
    }

    @Test
    void whatIsNotTakenIsDueAgain() {
        failures = 1;
        delayed.handle("test", this::due);
        schedule("x", 10);
        yard.pass(Duration.ofMillis(10));
        yard.await(() -> failures == 0);
        assertThat(published).isEmpty();
        yard.pass(Duration.ofSeconds(1));
        yard.await(() -> published.size() == 1);
    }

    @Test
    void tenThousandAtOnceComeInOrderAndLeaveNothingBehind() {
        delayed.handle("test", this::due);
        for (int i = 0; i < 10_000; i++) {
            byte[] bytes = Integer.toString(i).getBytes(StandardCharsets.UTF_8);
            KeptMessage message =
                    new Message().begin(Subject.ofDotted("s"), bytes, 0, bytes.length).keep();
            delayed.schedule("test", "t", message, ServiceYard.EPOCH + 100_000 - i);
        }
        yard.await(() -> delayed.pending() == 10_000);
        yard.pass(Duration.ofSeconds(200));
        yard.await(() -> published.size() == 10_000);
        assertThat(published.getFirst()).contains(" 9999 ");
        assertThat(published.getLast()).contains(" 0 ");
        assertThat(delayed.pending()).isZero();
    }
}
