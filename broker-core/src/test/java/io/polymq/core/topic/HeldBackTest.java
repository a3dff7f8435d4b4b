package io.polymq.core.topic;

import static io.polymq.core.topic.TopicRig.TENANT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.core.message.Message;
import io.polymq.core.router.Capture;
import io.polymq.core.subject.Subject;
import io.polymq.storage.AppendListener;
import io.polymq.storage.Durability;
import io.polymq.storage.StorageException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HeldBackTest {

    private final TopicRig rig = TopicRig.inMemory();
    private final List<String> taken = new ArrayList<>();

    private final Topic.Intake intake =
            new Topic.Intake() {
                @Override
                public int take(
                        Message message,
                        @Nullable AppendListener listener,
                        Capture.@Nullable Fanout live) {
                    taken.add(TopicRig.text(message));
                    return 1 + (live == null ? 0 : live.deliver(message));
                }

                @Override
                public void take(
                        int partition,
                        ByteBuffer batches,
                        Durability durability,
                        AppendListener listener) {
                    taken.add("batches");
                    listener.appended(7, 7, null);
                }
            };

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void whatComesBeforeTheIntakeGoesToItFirstAndInOrder() {
        Topic topic = rig.topics.createForIntake(TENANT, TopicSpec.of("a", 1)).join();
        List<String> seen = rig.subscribe("a");
        CompletableFuture<?> first = rig.publish("a", "1");
        CompletableFuture<Long> batch = new CompletableFuture<>();
        topic.append(
                0,
                TopicRig.batch("2"),
                Durability.MEMORY,
                (base, time, failure) -> batch.complete(base));
        CompletableFuture<?> third = rig.publish("a", "3");
        assertThat(taken).isEmpty();
        assertThat(first).isNotDone();

        topic.intake(intake);

        assertThat(first).isCompleted();
        assertThat(third).isCompleted();
        assertThat(batch).isCompletedWithValue(7L);
        rig.publish("a", "4").join();
        assertThat(taken).containsExactly("a 1", "batches", "a 3", "a 4");
        assertThat(seen).containsExactly("a 1", "a 3", "a 4");
        assertThat(topic.partition(0).endOffset()).isZero();
    }

    @Test
    void whoWaitsForAnIntakeThatDoesNotComeIsRefused() {
        Topic topic = rig.topics.createForIntake(TENANT, TopicSpec.of("a", 1)).join();
        CompletableFuture<?> waiting = rig.publish("a", "1");

        topic.intake(null);

        assertThatThrownBy(waiting::join).hasStackTraceContaining("the topic takes nothing");
        rig.publish("a", "2").join();
        assertThat(TopicRig.values(topic.partition(0))).containsExactly("2");
    }

    @Test
    void moreThanMayWaitIsRefused() {
        HeldBack held = new HeldBack(1_000);
        List<@Nullable StorageException> failures = new ArrayList<>();
        byte[] payload = new byte[400];
        for (int i = 0; i < 3; i++) {
            held.take(
                    new Message().begin(Subject.ofDotted("a"), payload, 0, payload.length),
                    (base, time, failure) -> failures.add(failure),
                    null);
        }
        assertThat(failures).hasSize(1);

        held.replacedBy(intake);

        assertThat(taken).hasSize(2);
    }
}
