package io.polymq.mq9;

import static io.polymq.mq9.Mq9Rig.payloads;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.subject.Subject;
import io.polymq.core.topic.Committed;
import io.polymq.core.topic.Topic;
import io.polymq.core.topic.TopicException;
import io.polymq.core.topic.TopicSpec;
import io.polymq.storage.Durability;
import io.polymq.storage.RecordBatchBuilder;
import io.polymq.storage.RecordBatches;
import io.polymq.storage.Shard;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** A mailbox as those meet it who speak something else. */
class OtherProtocolsTest {

    private Mq9Rig rig;

    @BeforeEach
    void start() {
        rig = Mq9Rig.inMemory();
        rig.create("box");
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    private String tenant() {
        return rig.user.tenant();
    }

    /** Publishes as any protocol does; the future ends when the receipt has. */
    private CompletableFuture<Integer> publish(String subject, String payload) {
        byte[] bytes = payload.getBytes(StandardCharsets.UTF_8);
        CompletableFuture<Integer> settled = new CompletableFuture<>();
        AtomicInteger taken = new AtomicInteger();
        Receipt receipt =
                new Receipt(
                        failure -> {
                            if (failure == null) {
                                settled.complete(taken.get());
                            } else {
                                settled.completeExceptionally(failure);
                            }
                        });
        taken.set(
                rig.router
                        .space(tenant())
                        .publish(
                                rig.router.newCache(),
                                new Message()
                                        .begin(Subject.ofDotted(subject), bytes, 0, bytes.length)
                                        .receipt(receipt)));
        receipt.seal();
        return settled;
    }

    private Topic topic(String address) {
        return rig.topics.obtain(tenant(), "mq9." + address).join().orElseThrow();
    }

    @Test
    void whatIsPublishedBeforeTheFirstMailIsMailOnceItIsAcknowledged() {
        assertThat(publish("mq9.box", "early").join()).isEqualTo(1);
        assertThat(publish("mq9.box", "late").join()).isEqualTo(1);
        assertThat(rig.send("box", "own")).isEqualTo(2);
        assertThat(rig.fetched("box", "g")).containsExactly("early", "late", "own");
    }

    @Test
    void liveSubscribersSeeAnEarlyMailOnce() throws Exception {
        var heard = rig.listen("mq9.>");
        publish("mq9.box", "1").join();
        assertThat(heard.poll(20, TimeUnit.SECONDS)).hasToString("1");
        rig.send("box", "2");
        assertThat(heard.poll(20, TimeUnit.SECONDS)).hasToString("2");
        assertThat(heard).isEmpty();
    }

    @Test
    void nobodyTakesWhatIsPublishedToAMailboxThatIsNotThere() {
        assertThat(publish("mq9.nobody", "x").join()).isZero();
        rig.create("brief", body -> body.put("ttl", 5));
        rig.pass(Duration.ofSeconds(6));
        assertThat(publish("mq9.brief", "x").join()).isZero();
    }

    /** The first publishers meet the topic's making. */
    @RepeatedTest(20)
    void whatManyPublishWhileTheTopicIsMadeIsKeptOnceEach() throws Exception {
        int publishers = 8;
        int each = 25;
        Set<String> sent = ConcurrentHashMap.newKeySet();
        var kept = new CopyOnWriteArrayList<CompletableFuture<Integer>>();
        CountDownLatch begin = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newFixedThreadPool(publishers)) {
            for (int i = 0; i < publishers; i++) {
                int number = i;
                threads.execute(
                        () -> {
                            try {
                                begin.await();
                            } catch (InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                            for (int n = 0; n < each; n++) {
                                sent.add(number + "-" + n);
                                kept.add(publish("mq9.box", number + "-" + n));
                            }
                        });
            }
            begin.countDown();
        }
        kept.forEach(one -> assertThat(one.join()).isEqualTo(1));
        List<String> all =
                payloads(
                        rig.fetch(
                                "box",
                                "g",
                                body -> {
                                    body.withObject("config").put("num_msgs", 1000);
                                    return body;
                                }));
        assertThat(all).hasSize(publishers * each).containsExactlyInAnyOrderElementsOf(sent);
        for (int i = 0; i < publishers; i++) {
            String prefix = i + "-";
            assertThat(all.stream().filter(one -> one.startsWith(prefix)))
                    .as("in the order of their publisher")
                    .containsExactlyElementsOf(
                            IntStream.range(0, each).mapToObj(n -> prefix + n).toList());
        }
    }

    @Test
    void aMailboxesTopicIsThereForWhoAsksForItAndNobodyElsesCanTakeItsName() {
        assertThat(rig.topics.find(tenant(), "mq9.box")).isEmpty();
        assertThat(rig.topics.isReserved("mq9.box")).isTrue();
        assertThat(topic("box").partition(0).endOffset()).isZero();
        assertThat(rig.topics.obtain(tenant(), "mq9.nobody").join()).isEmpty();
        for (String name : new String[] {"mq9.nobody", "mq9.box2"}) {
            assertThatThrownBy(() -> rig.topics.create(tenant(), TopicSpec.of(name, 1)).join())
                    .cause()
                    .asInstanceOf(type(TopicException.class))
                    .extracting(TopicException::kind)
                    .isEqualTo(TopicException.Kind.INVALID_NAME);
        }
        assertThat(rig.send("box", "x")).isZero();
    }

    @Test
    void whoDeletesTheTopicEmptiesTheMailboxWhichGoesOn() {
        rig.send("box", "0");
        assertThat(rig.fetched("box", "g")).containsExactly("0");
        CompletableFuture<?> waiting =
                rig.begin(
                        "$mq9.AI.MSG.FETCH.box",
                        Map.of(),
                        Mq9Rig.fetchBody(
                                        "other",
                                        body -> {
                                            body.put("deliver", "latest");
                                            body.withObject("config").put("max_wait_ms", 15_000);
                                            return body;
                                        })
                                .getBytes(StandardCharsets.UTF_8));
        rig.ask("$mq9.AI.MSG.QUERY.box", "");
        rig.topics.delete(tenant(), "mq9.box").join();
        assertThat(waiting.join()).hasToString("{\"error\":\"mailbox not found: box\"}");
        assertThat(rig.send("box", "1")).isZero();
        assertThat(rig.fetched("box", "g")).containsExactly("1");
    }

    // Transactions of Kafka clients.

    /** One transaction: open from an offset on, then given up or not. */
    private static final class OneTransaction implements Committed {
        private final Shard shard;
        private volatile long open = Long.MAX_VALUE;
        private volatile boolean aborted;
        private volatile @Nullable Runnable woken;

        OneTransaction(Shard shard) {
            this.shard = shard;
        }

        @Override
        public long end() {
            return Math.min(open, shard.highWatermark());
        }

        @Override
        public Shard.Watch watch(long seen, Runnable action) {
            woken = action;
            return shard.watchEnd(seen, action);
        }

        @Override
        public boolean isAborted(long producerId, long baseOffset) {
            return producerId == 7 && aborted;
        }
    }

    private static void transactional(Topic topic, String key, String payload) {
        CompletableFuture<Long> done = new CompletableFuture<>();
        ByteBuffer batch =
                new RecordBatchBuilder()
                        .attributes(RecordBatches.TRANSACTIONAL)
                        .producer(7, (short) 0, 0)
                        .append(
                                System.currentTimeMillis(),
                                ByteBuffer.wrap(key.getBytes(StandardCharsets.UTF_8)),
                                ByteBuffer.wrap(payload.getBytes(StandardCharsets.UTF_8)))
                        .build();
        topic.append(
                0, batch, Durability.SYNC, (offset, timestamp, failure) -> done.complete(offset));
        assertThat(done.join()).isNotNegative();
    }

    @Test
    void mailOfATransactionThatWasGivenUpIsNeverSeen() {
        var transactions = new ConcurrentHashMap<String, OneTransaction>();
        rig.topics.heed(
                (topic, partition) ->
                        CompletableFuture.completedFuture(
                                transactions.computeIfAbsent(
                                        topic.name(),
                                        name -> new OneTransaction(topic.partition(0)))));
        rig.send("box", "before", Map.of("mq9-key", "k"));
        OneTransaction one = transactions.get("mq9.box");
        one.open = 1;
        transactional(topic("box"), "k", "in doubt");
        assertThat(rig.fetched("box", "g")).as("open").containsExactly("before");
        assertThat(rig.fetched("box", "")).as("open").containsExactly("before");
        one.aborted = true;
        one.open = Long.MAX_VALUE;
        Runnable woken = one.woken;
        if (woken != null) {
            woken.run();
        }
        assertThat(rig.send("box", "after")).isEqualTo(2);
        assertThat(rig.fetched("box", "g")).containsExactly("before", "after");
        assertThat(rig.fetched("box", "")).containsExactly("before", "after");
        assertThat(payloads(rig.ask("$mq9.AI.MSG.QUERY.box", "")))
                .containsExactly("before", "after");
        assertThat(payloads(rig.ask("$mq9.AI.MSG.QUERY.box", "{\"key\":\"k\"}")))
                .containsExactly("before");
        assertThat(rig.ask("$mq9.AI.MSG.DELETE.box.1", "").path("error").asText())
                .isEqualTo("message not found: 1");
        assertThat(rig.ack("box", "g", 1).path("error").asText()).isEqualTo("message not found: 1");
    }

    @Test
    void mailOfATransactionThatWasCarriedOutIsMail() {
        rig.topics.heed(
                (topic, partition) ->
                        CompletableFuture.completedFuture(new OneTransaction(topic.partition(0))));
        transactional(topic("box"), "k", "kept");
        assertThat(rig.fetched("box", "g")).containsExactly("kept");
    }
}
