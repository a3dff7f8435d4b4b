package io.polymq.core.topic;

import static io.polymq.core.topic.TopicRig.TENANT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.router.Capture;
import io.polymq.core.subject.Subject;
import io.polymq.storage.AppendListener;
import io.polymq.storage.Durability;
import io.polymq.storage.RecordBatchBuilder;
import io.polymq.storage.StorageException;
import io.polymq.storage.StoredRecord;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TopicFlowTest {

    private final TopicRig rig = TopicRig.inMemory();

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void aPublishToACapturedSubjectIsKeptAndSeenAndAnsweredWhenItIsSafe() {
        Topic topic = rig.create("orders.eu", 1);
        List<String> seen = rig.subscribe("orders/+");
        assertThat(rig.publish("orders.eu", "one").join()).containsExactly("orders.eu/0@0");
        assertThat(rig.publish("orders.eu", "two").join()).containsExactly("orders.eu/0@1");
        assertThat(seen).containsExactly("orders.eu one", "orders.eu two");
        assertThat(TopicRig.values(topic.partition(0))).containsExactly("one", "two");
    }

    @Test
    void nothingIsKeptOfASubjectThatNoTopicCaptures() {
        Topic topic = rig.create("orders.eu", 1);
        List<String> seen = rig.subscribe("#");
        assertThat(rig.publish("orders.us", "x").join()).isEmpty();
        assertThat(seen).containsExactly("orders.us x");
        assertThat(topic.partition(0).endOffset()).isZero();
    }

    @Test
    void producedBatchesReachLiveSubscribersOnceAndInOrder() {
        Topic topic = rig.create("orders.eu", 1);
        TopicRig.produce(topic, 0, TopicRig.batch("before"));
        List<String> seen = rig.subscribe("orders/eu");
        TopicRig.produce(topic, 0, TopicRig.batch("a", "b"));
        TopicRig.produce(topic, 0, TopicRig.batch("c"));
        assertThat(seen).containsExactly("orders.eu a", "orders.eu b", "orders.eu c");
        assertThat(TopicRig.values(topic.partition(0))).containsExactly("before", "a", "b", "c");
    }

    @Test
    void aTopicWithWildcardsKeysItsRecordsBySubject() {
        Topic topic =
                rig.create(
                        "all", 4, s -> s.withCaptures(List.of(TopicRig.filter("sensor/#")), false));
        List<String> seen = rig.subscribe("sensor/+/t");
        rig.publish("sensor.1.t", "20").join();
        rig.publish("sensor.1.t", "21").join();
        int partition = KafkaPartitioner.partition("sensor.1.t".getBytes(UTF_8), 4);
        List<StoredRecord> records = TopicRig.read(topic.partition(partition));
        assertThat(records).hasSize(2);
        assertThat(String.valueOf(UTF_8.decode(records.getFirst().key()))).isEqualTo("sensor.1.t");
        TopicRig.produce(topic, 0, TopicRig.keyed("sensor.2.t", "22"));
        TopicRig.produce(topic, 0, TopicRig.keyed("elsewhere", "23"));
        TopicRig.produce(topic, 0, TopicRig.batch("24"));
        assertThat(seen).containsExactly("sensor.1.t 20", "sensor.1.t 21", "sensor.2.t 22");
    }

    @Test
    void aPublisherMayChooseTheKey() {
        Topic topic = rig.create("a", 8);
        byte[] key = "customer-7".getBytes(UTF_8);
        Message message =
                message("a", "x")
                        .properties(
                                new io.polymq.core.message.MessageProperties(
                                        null,
                                        null,
                                        null,
                                        null,
                                        -1,
                                        -1,
                                        -1,
                                        false,
                                        List.of(
                                                new io.polymq.core.message.MessageProperties.Header(
                                                        "polymq-key", key))));
        append(topic, message).join();
        List<StoredRecord> records =
                TopicRig.read(topic.partition(KafkaPartitioner.partition(key, 8)));
        assertThat(records).hasSize(1);
        assertThat(String.valueOf(UTF_8.decode(records.getFirst().key()))).isEqualTo("customer-7");
        assertThat(records.getFirst().headers()).isEmpty();
    }

    @Test
    void withoutKeysPartitionsAreTakenInTurnOrByPublisherOrSubject() {
        Topic turn = rig.create("turn", 4);
        for (int i = 0; i < 8; i++) {
            rig.publish("turn", "m").join();
        }
        for (int i = 0; i < 4; i++) {
            assertThat(turn.partition(i).endOffset()).isEqualTo(2);
        }
        Topic publisher =
                rig.create("p", 4, s -> s.withPartitioning(TopicSpec.Partitioning.PUBLISHER));
        for (int i = 0; i < 8; i++) {
            rig.space.publish(rig.cache, message("p", "m").publisher(5));
        }
        append(publisher, message("p", "m").publisher(5)).join();
        long used = 0;
        for (int i = 0; i < 4; i++) {
            used += publisher.partition(i).endOffset() > 0 ? 1 : 0;
        }
        assertThat(used).isEqualTo(1);
    }

    @Test
    void transactionalRecordsAreSeenWhenTheirTransactionCommits() {
        Topic topic = rig.create("tx", 1);
        CountDownLatch four = new CountDownLatch(4);
        List<String> seen = new ArrayList<>();
        rig.space.subscribe(
                TopicRig.filter("tx"),
                null,
                false,
                message -> {
                    seen.add(TopicRig.text(message));
                    four.countDown();
                    return true;
                });
        TopicRig.produce(topic, 0, TopicRig.transactional(1, "a1", "a2"));
        TopicRig.produce(topic, 0, TopicRig.transactional(2, "b1"));
        TopicRig.produce(topic, 0, TopicRig.batch("plain"));
        TopicRig.produce(topic, 0, TopicRig.transactional(1, "a3"));
        assertThat(seen).containsExactly("tx plain");
        TopicRig.produce(topic, 0, TopicRig.marker(2, false));
        TopicRig.produce(topic, 0, TopicRig.marker(1, true));
        TopicRig.await(four);
        assertThat(seen).containsExactly("tx plain", "tx a1", "tx a2", "tx a3");
    }

    @Test
    void aProduceIsSeenByStreamsThatCaptureTheTopicsSubject() {
        Topic stream =
                rig.create(
                        "stream",
                        1,
                        s -> s.withCaptures(List.of(TopicRig.filter("orders/#")), true));
        Topic topic = rig.create("orders.eu", 1);
        TopicRig.produce(topic, 0, TopicRig.batch("k"));
        rig.publish("orders.eu", "m").join();
        assertThat(TopicRig.values(topic.partition(0))).containsExactly("k", "m");
        assertThat(TopicRig.values(stream.partition(0))).containsExactly("k", "m");
    }

    @Test
    void aGuardAdmitsInOrderAndItsRefusalReachesThePublisherNotTheSubscribers() {
        Topic topic = rig.create("a", 1);
        List<String> seen = rig.subscribe("a");
        List<Long> offsets = new ArrayList<>();
        topic.guard(
                (message, partition, next) -> {
                    offsets.add(next);
                    return TopicRig.text(message).endsWith("bad")
                            ? new IllegalStateException("refused")
                            : null;
                });
        rig.publish("a", "1").join();
        assertThatThrownBy(() -> rig.publish("a", "bad").join()).hasRootCauseMessage("refused");
        rig.publish("a", "2").join();
        assertThat(offsets).containsExactly(0L, 1L, 1L);
        assertThat(TopicRig.values(topic.partition(0))).containsExactly("1", "2");
        assertThat(seen).containsExactly("a 1", "a bad", "a 2");
    }

    @Test
    void anIntakeStandsBeforeMessagesAndBatchesAndAdmitsWhatItKeeps() {
        Topic topic = rig.create("a", 1);
        List<String> seen = rig.subscribe("a");
        List<String> taken = new ArrayList<>();
        topic.intake(
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
                        topic.admit(partition, batches, durability, listener);
                    }
                });
        rig.publish("a", "1").join();
        ByteBuffer batch =
                new RecordBatchBuilder().append(1, null, ByteBuffer.wrap(new byte[] {'2'})).build();
        CompletableFuture<Long> appended = new CompletableFuture<>();
        topic.append(0, batch, Durability.MEMORY, (base, time, failure) -> appended.complete(base));
        assertThat(appended.join()).isZero();
        assertThat(taken).containsExactly("a 1", "batches");
        assertThat(seen).containsExactly("a 1", "a 2");
        assertThat(TopicRig.values(topic.partition(0))).containsExactly("2");
    }

    @Test
    void messagesLargerThanTheTopicTakesAreRefused() {
        rig.create("a", 1, s -> s.withMaxMessageBytes(10));
        assertThatThrownBy(() -> rig.publish("a", "12345678901").join())
                .cause()
                .isInstanceOfSatisfying(
                        StorageException.class,
                        e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.TOO_LARGE));
        assertThat(rig.publish("a", "1234567890").join()).hasSize(1);
    }

    @Test
    void aSinkThatPublishesIntoTheSamePartitionComesAfterWhatItAnswers() {
        Topic topic = rig.create("a", 1);
        List<String> seen = rig.subscribe("a");
        rig.space.subscribe(
                TopicRig.filter("a"),
                null,
                false,
                message -> {
                    if (TopicRig.text(message).equals("a ping")) {
                        rig.space.publish(rig.router.newCache(), message("a", "pong"));
                    }
                    return true;
                });
        rig.publish("a", "ping").join();
        rig.publish("a", "end").join();
        assertThat(seen).containsExactly("a ping", "a pong", "a end");
        assertThat(TopicRig.values(topic.partition(0))).containsExactly("ping", "pong", "end");
    }

    @Test
    void publishersOnManyThreadsAndProducersAreSeenOnceInTheOrderOfTheLog() throws Exception {
        Topic topic = rig.create("busy", 1);
        List<String> seen = rig.subscribe("busy");
        int each = 3_000;
        List<Thread> threads = new ArrayList<>();
        CountDownLatch safe = new CountDownLatch(3 * each);
        for (int t = 0; t < 3; t++) {
            String name = "p" + t + " ";
            threads.add(
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        var cache = rig.router.newCache();
                                        Message message = new Message();
                                        for (int i = 0; i < each; i++) {
                                            byte[] payload = (name + i).getBytes(UTF_8);
                                            Receipt receipt =
                                                    new Receipt(failure -> safe.countDown());
                                            message.begin(
                                                            Subject.ofDotted("busy"),
                                                            payload,
                                                            0,
                                                            payload.length)
                                                    .receipt(receipt);
                                            rig.space.publish(cache, message);
                                            receipt.seal();
                                        }
                                    }));
        }
        CountDownLatch produced = new CountDownLatch(200);
        for (int i = 0; i < 200; i++) {
            topic.append(
                    0,
                    TopicRig.batch("k" + i, "l" + i),
                    Durability.SYNC,
                    (base, timestamp, failure) -> produced.countDown());
        }
        for (Thread thread : threads) {
            thread.join();
        }
        TopicRig.await(safe);
        TopicRig.await(produced);
        rig.publish("busy", "end").join();
        List<String> kept = TopicRig.values(topic.partition(0));
        assertThat(kept).hasSize(3 * each + 401);
        assertThat(seen).hasSameSizeAs(kept);
        for (int i = 0; i < kept.size(); i++) {
            assertThat(seen.get(i)).isEqualTo("busy " + kept.get(i));
        }
    }

    @Test
    void receiptsFailWhenTheShardIsGone() {
        Topic topic = rig.create("a", 1);
        rig.publish("a", "x").join();
        rig.store.delete(topic.partition(0).name()).join();
        assertThatThrownBy(() -> rig.publish("a", "y").join())
                .cause()
                .isInstanceOf(StorageException.class);
        assertThat(rig.topics.find(TENANT, "a")).isPresent();
    }

    @Test
    void whatWasRoutedToATopicThatIsDeletedThenCountsAsNotRouted() {
        Topic used = rig.create("a", 1);
        rig.publish("a", "x").join();
        Topic fresh = rig.create("b", 1);
        for (Topic topic : List.of(used, fresh)) {
            rig.topics.delete(TENANT, topic.name()).join();
            CompletableFuture<Void> safe = new CompletableFuture<>();
            Receipt receipt = Receipt.completing(safe);
            ((StoredTopic) topic).log().capture(message(topic.name(), "y").receipt(receipt), null);
            receipt.seal();
            safe.join();
            assertThatThrownBy(() -> append(topic, message(topic.name(), "z")).join())
                    .cause()
                    .isInstanceOf(StorageException.class);
        }
    }

    private static CompletableFuture<Long> append(Topic topic, Message message) {
        CompletableFuture<Long> done = new CompletableFuture<>();
        topic.append(
                message,
                (offset, timestamp, failure) -> {
                    if (failure == null) {
                        done.complete(offset);
                    } else {
                        done.completeExceptionally(failure);
                    }
                });
        return done;
    }

    private static Message message(String subject, String payload) {
        byte[] bytes = payload.getBytes(UTF_8);
        return new Message().begin(Subject.ofDotted(subject), bytes, 0, bytes.length);
    }
}
