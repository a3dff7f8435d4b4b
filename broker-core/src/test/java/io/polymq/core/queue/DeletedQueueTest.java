package io.polymq.core.queue;

import static io.polymq.core.queue.Yard.message;
import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.core.queue.Yard.Done;
import io.polymq.core.queue.Yard.Taker;
import io.polymq.storage.ShardStore;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of publishes that meet the end of their queue: its deletion, or the broker's. */
@ParameterizedClass
@MethodSource("kinds")
final class DeletedQueueTest {

    static List<QueueSpec> kinds() {
        return List.of(QueueSpec.TRANSIENT, QueueSpec.DURABLE, QueueSpec.DURABLE.withPriorities(3));
    }

    private final QueueSpec spec;
    private final ShardStore store = Yard.memoryStore();

    /** Deletions of shards that are held up; null: they are not. */
    private @Nullable List<CompletableFuture<Void>> held;

    private final Yard yard = new Yard(deletingLate());

    DeletedQueueTest(QueueSpec spec) {
        this.spec = spec;
    }

    @AfterEach
    void close() {
        yard.close();
    }

    private ShardStore deletingLate() {
        return (ShardStore)
                Proxy.newProxyInstance(
                        ShardStore.class.getClassLoader(),
                        new Class<?>[] {ShardStore.class},
                        (proxy, method, arguments) -> {
                            List<CompletableFuture<Void>> waiting = held;
                            if (waiting == null || !method.getName().equals("delete")) {
                                return method.invoke(store, arguments);
                            }
                            CompletableFuture<Void> one = new CompletableFuture<>();
                            waiting.add(one);
                            return one.thenCompose(done -> store.delete((String) arguments[0]));
                        });
    }

    private boolean isStored() {
        return spec != QueueSpec.TRANSIENT;
    }

    /** A publish is on its way to the zone, behind what was asked of the queue before. */
    private static Done publish(Queue queue) {
        Done done = new Done();
        queue.publish(message("late"), done.receipt());
        return done;
    }

    @Test
    void whatWasRoutedToAQueueThatIsDeletedThenGoesNowhereAndIsConfirmed() {
        Queue queue = yard.queue("q", spec);
        yard.publish(queue, "early");
        CompletableFuture<Void> deleted = yard.queues.delete("t", "q");
        Done overtaken = publish(queue);
        yard.await(overtaken::isDone);
        assertThat(overtaken.failure).isNull();
        yard.get(deleted);
        Done later = publish(queue);
        yard.await(later::isDone);
        assertThat(later.failure).isNull();
        assertThat(yard.statistics(yard.queue("q", spec)).ready()).isZero();
    }

    @Test
    void whatCameJustBeforeTheDeletionIsAnswered() {
        Queue queue = yard.queue("q", spec);
        Done first = publish(queue);
        CompletableFuture<Void> deleted = yard.queues.delete("t", "q");
        yard.await(first::isDone);
        assertThat(first.failure).isNull();
        yard.get(deleted);
    }

    @Test
    void nobodyIsToldBeforeTheDeletionIsSafe() {
        List<CompletableFuture<Void>> deletions = new ArrayList<>();
        Queue queue = yard.queue("q", spec);
        held = deletions;
        CompletableFuture<Void> deleted = yard.queues.delete("t", "q");
        Done overtaken = publish(queue);
        yard.settle();
        assertThat(overtaken.isDone()).isEqualTo(!isStored());
        deletions.forEach(one -> one.complete(null));
        yard.await(overtaken::isDone);
        assertThat(overtaken.failure).isNull();
        yard.get(deleted);
    }

    @Test
    void aDeletionThatFailsRefusesWhatItHasDropped() {
        List<CompletableFuture<Void>> deletions = new ArrayList<>();
        Queue queue = yard.queue("q", spec);
        held = deletions;
        CompletableFuture<Void> deleted = yard.queues.delete("t", "q");
        Done overtaken = publish(queue);
        yard.settle();
        deletions.forEach(one -> one.completeExceptionally(new IllegalStateException("broken")));
        yard.await(overtaken::isDone);
        assertThat(overtaken.failure != null).isEqualTo(isStored());
        yard.await(deleted::isDone);
        assertThat(deleted.isCompletedExceptionally()).isEqualTo(isStored());
    }

    @Test
    void aStopRefusesWhatComesAndKeepsWhatCame() {
        Queue queue = yard.queue("q", spec);
        Done first = publish(queue);
        CompletableFuture<Void> stopped = yard.queues.shut();
        Done overtaken = publish(queue);
        yard.await(first::isDone);
        assertThat(first.failure).isNull();
        yard.await(overtaken::isDone);
        assertThat(overtaken.failure)
                .isInstanceOfSatisfying(
                        QueueException.class,
                        e -> assertThat(e.kind()).isEqualTo(QueueException.Kind.CLOSED));
        yard.get(stopped);
        if (isStored()) {
            assertThat(store.open("queue/t/q").orElseThrow().endOffset()).isEqualTo(1);
        }
    }

    @Test
    void aNameCanBeUsedAgainOnceWhatHadItIsGone() {
        List<CompletableFuture<Void>> deletions = new ArrayList<>();
        Queue queue = yard.queue("q", spec);
        yard.publish(queue, "early");
        held = deletions;
        CompletableFuture<Void> deleted = yard.queues.delete("t", "q");
        CompletableFuture<Void> again = yard.queues.delete("t", "q");
        CompletableFuture<Queue> opened = yard.queues.open("t", "q", spec);
        yard.settle();
        assertThat(again.isDone()).isEqualTo(!isStored());
        deletions.forEach(one -> one.complete(null));
        yard.get(deleted);
        yard.get(again);
        Queue anew = yard.get(opened);
        assertThat(yard.statistics(anew).ready()).isZero();
        yard.publish(anew, "anew");
        Taker taker = new Taker();
        anew.consume(Yard.auto(), taker);
        yard.awaitTaken(taker, 1);
        assertThat(taker.texts()).containsExactly("anew");
    }
}
