package io.polymq.core.topic;

import static io.polymq.core.topic.TopicRig.TENANT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.polymq.core.subject.Subject;
import io.polymq.core.topic.TopicException.Kind;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.embedded.MemoryMetadata;
import io.polymq.storage.Durability;
import io.polymq.storage.ShardSpec;
import io.polymq.storage.ShardStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TopicCatalogTest {

    private final ShardStore store = TopicRig.memoryStore();
    private final MetadataStore metadata = new MemoryMetadata();
    private TopicRig rig = new TopicRig(store, metadata, new TopicLimits(5, 20, 10, 1 << 20));

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void aTopicIsFoundByNameAndIdAsSoonAsItsCreationIsAnswered() {
        Topic topic = rig.create("orders.eu", 3);
        assertThat(rig.topics.find(TENANT, "orders.eu")).contains(topic);
        assertThat(rig.topics.find(topic.id())).contains(topic);
        assertThat(rig.topics.find("other", "orders.eu")).isEmpty();
        assertThat(rig.topics.list(TENANT)).containsExactly(topic);
        assertThat(topic.partition(2).endOffset()).isZero();
        assertThat(rig.topics.capturing(TENANT, Subject.ofDotted("orders.eu")))
                .containsExactly(topic);
        assertThat(rig.topics.capturing(TENANT, Subject.ofDotted("orders"))).isEmpty();
        assertThat(rig.topics.overlapping(TENANT, TopicRig.filter("orders/+")))
                .containsExactly(topic);
    }

    @Test
    void aTopicOutlivesTheProcessWithAllOfItsSpecification() {
        TopicSpec spec =
                TopicSpec.of("full", 2)
                        .withCaptures(
                                List.of(TopicRig.filter("#"), TopicRig.filter("$x/+/y")), true)
                        .withMaxMessageBytes(77)
                        .withPartitioning(TopicSpec.Partitioning.PUBLISHER)
                        .withSettings(Map.of("cleanup.policy", "compact"))
                        .withShard(
                                new ShardSpec(
                                        Durability.OS,
                                        Duration.ofHours(1),
                                        1,
                                        2,
                                        true,
                                        Duration.ofMinutes(2),
                                        4096,
                                        true));
        Topic topic = rig.topics.create(TENANT, spec).join();
        reopen();
        Topic again = rig.topics.find(TENANT, "full").orElseThrow();
        assertThat(again.id()).isEqualTo(topic.id());
        assertThat(again.spec()).isEqualTo(spec);
        assertThat(again.partition(1).spec()).isEqualTo(spec.shard());
    }

    @Test
    void refusalsHaveTheirKinds() {
        rig.create("a", 1);
        assertThat(refusal(() -> rig.create("a", 1))).isEqualTo(Kind.EXISTS);
        assertThat(refusal(() -> rig.create("", 1))).isEqualTo(Kind.INVALID_NAME);
        assertThat(refusal(() -> rig.create("a/b", 1))).isEqualTo(Kind.INVALID_NAME);
        assertThat(refusal(() -> rig.create("x".repeat(256), 1))).isEqualTo(Kind.INVALID_NAME);
        assertThat(refusal(() -> rig.create("b", 11))).isEqualTo(Kind.INVALID_PARTITIONS);
        assertThat(refusal(() -> rig.create("b", 1, s -> s.withMaxMessageBytes(0))))
                .isEqualTo(Kind.INVALID_SETTING);
        assertThat(refusal(() -> rig.create("b", 1, s -> s.withDriver("paper"))))
                .isEqualTo(Kind.INVALID_SETTING);
        assertThat(refusal(() -> rig.topics.delete(TENANT, "b").join()))
                .isEqualTo(Kind.NO_SUCH_TOPIC);
        assertThat(refusal(() -> rig.topics.alter(TENANT, TopicSpec.of("b", 1)).join()))
                .isEqualTo(Kind.NO_SUCH_TOPIC);
        rig.create("c", 10);
        assertThat(refusal(() -> rig.create("d", 10))).isEqualTo(Kind.QUOTA_EXCEEDED);
        rig.create("e", 1);
        rig.create("f", 1);
        rig.create("g", 1);
        assertThat(refusal(() -> rig.create("h", 1))).isEqualTo(Kind.QUOTA_EXCEEDED);
        assertThat(store.list("topic/").count()).isEqualTo(14);
    }

    @Test
    void topicsOfReservedNamesAreMadeWhenSomebodyAsksForOneThatIsWanted() {
        TopicSpec wanted = TopicSpec.of("box.a", 1).withSettings(Map.of("made", "1"));
        List<TopicSpec> wish = new CopyOnWriteArrayList<>(List.of(wanted));
        rig.topics.reserve(
                "box.",
                (tenant, name) ->
                        wish.stream().filter(s -> s.name().equals(name)).findAny().orElse(null));
        assertThat(rig.topics.isReserved("box.b")).isTrue();
        assertThat(rig.topics.isReserved("boxes")).isFalse();
        assertThat(rig.topics.obtain(TENANT, "boxes").join()).isEmpty();
        assertThat(rig.topics.obtain(TENANT, "box.b").join()).isEmpty();
        assertThat(refusal(() -> rig.create("box.b", 1))).isEqualTo(Kind.INVALID_NAME);
        assertThat(refusal(() -> rig.create("box.a", 2))).isEqualTo(Kind.INVALID_NAME);

        var several = new ArrayList<CompletableFuture<Optional<Topic>>>();
        for (int i = 0; i < 10; i++) {
            several.add(rig.topics.obtain(TENANT, "box.a"));
        }
        Topic made = several.getFirst().join().orElseThrow();
        assertThat(made.spec()).isEqualTo(wanted);
        several.forEach(one -> assertThat(one.join()).contains(made));

        wish.clear();
        rig.topics.delete(TENANT, "box.a").join();
        assertThat(rig.topics.obtain(TENANT, "box.a").join()).isEmpty();
    }

    @Test
    void exclusiveCapturesMustNotMeetWhileOthersMay() {
        rig.create("s1", 1, s -> s.withCaptures(List.of(TopicRig.filter("a/+/c")), true));
        assertThat(
                        refusal(
                                () ->
                                        rig.create(
                                                "s2",
                                                1,
                                                s ->
                                                        s.withCaptures(
                                                                List.of(TopicRig.filter("a/b/#")),
                                                                true))))
                .isEqualTo(Kind.OVERLAPPING_CAPTURE);
        rig.create("s2", 1, s -> s.withCaptures(List.of(TopicRig.filter("b/#")), true));
        assertThat(
                        refusal(
                                () ->
                                        rig.topics
                                                .alter(
                                                        TENANT,
                                                        TopicSpec.of("s2", 1)
                                                                .withCaptures(
                                                                        List.of(
                                                                                TopicRig.filter(
                                                                                        "#")),
                                                                        true))
                                                .join()))
                .isEqualTo(Kind.OVERLAPPING_CAPTURE);
        rig.create("a.b.c", 1);
    }

    @Test
    void alteringAddsPartitionsAndChangesCapturesAndLimits() {
        Topic before = rig.create("a", 1);
        TopicSpec spec =
                TopicSpec.of("a", 3)
                        .withCaptures(List.of(TopicRig.filter("x/y")), false)
                        .withShard(ShardSpec.DEFAULT.withDurability(Durability.OS));
        Topic now = rig.topics.alter(TENANT, spec).join();
        assertThat(now.id()).isEqualTo(before.id());
        assertThat(now.partition(2).spec().durability()).isEqualTo(Durability.OS);
        assertThat(now.partition(0).spec().durability()).isEqualTo(Durability.OS);
        assertThat(rig.publish("x.y", "m").join()).hasSize(1);
        assertThat(rig.publish("a", "m").join()).isEmpty();
        assertThat(refusal(() -> rig.topics.alter(TENANT, spec.withPartitions(2)).join()))
                .isEqualTo(Kind.INVALID_PARTITIONS);
        assertThat(refusal(() -> rig.topics.alter(TENANT, spec.withDriver("memory")).join()))
                .isEqualTo(Kind.INVALID_SETTING);
    }

    @Test
    void aDeletedTopicIsGoneWithItsShardsAndMayBeMadeAgainAsAnother() {
        Topic first = rig.create("a", 2);
        rig.publish("a", "old").join();
        rig.topics.delete(TENANT, "a").join();
        assertThat(rig.topics.find(TENANT, "a")).isEmpty();
        assertThat(rig.topics.find(first.id())).isEmpty();
        assertThat(rig.publish("a", "lost").join()).isEmpty();
        assertThat(store.list("topic/").count()).isZero();
        Topic second = rig.create("a", 1);
        assertThat(second.id()).isNotEqualTo(first.id());
        assertThat(second.partition(0).endOffset()).isZero();
    }

    @Test
    void listenersHearOfChangesInOrder() {
        List<String> heard = new CopyOnWriteArrayList<>();
        CountDownLatch told = new CountDownLatch(3);
        rig.topics.listen(
                new Topics.Listener() {
                    @Override
                    public void created(Topic topic) {
                        heard.add("created " + topic.name());
                        told.countDown();
                    }

                    @Override
                    public void altered(Topic before, Topic now) {
                        heard.add(before.spec().partitions() + " to " + now.spec().partitions());
                        told.countDown();
                    }

                    @Override
                    public void deleted(Topic topic) {
                        heard.add("deleted " + topic.name());
                        told.countDown();
                    }
                });
        rig.create("a", 1);
        rig.topics.alter(TENANT, TopicSpec.of("a", 2)).join();
        rig.topics.delete(TENANT, "a").join();
        TopicRig.await(told);
        assertThat(heard).containsExactly("created a", "1 to 2", "deleted a");
    }

    @Test
    void ofManyCreationsOfOneNameAtOnceOneSucceeds() {
        List<CompletableFuture<Topic>> tries = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            tries.add(rig.topics.create(TENANT, TopicSpec.of("a", 1)));
        }
        long succeeded =
                tries.stream()
                        .filter(t -> t.handle((topic, failure) -> failure == null).join())
                        .count();
        assertThat(succeeded).isEqualTo(1);
        assertThat(store.list("topic/").count()).isEqualTo(1);
    }

    @Test
    void twoProcessesOnOneMetadataStoreSeeEachOthersTopicsAndNeverMakeOneTwice() {
        TopicRig other = new TopicRig(TopicRig.memoryStore(), metadata, TopicLimits.DEFAULT);
        List<CompletableFuture<Topic>> tries = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            tries.add(rig.topics.create(TENANT, TopicSpec.of("a" + i, 1)));
            tries.add(other.topics.create(TENANT, TopicSpec.of("a" + i, 1)));
        }
        long succeeded =
                tries.stream()
                        .filter(t -> t.handle((topic, failure) -> failure == null).join())
                        .count();
        assertThat(succeeded).isEqualTo(4);
        assertThat(other.topics.list(TENANT)).hasSize(4);
        other.close();
    }

    @Test
    void shardsOfTopicsThatNeverCameToBeAreRemovedAtTheStart() {
        store.create(TopicLog.shardName(UUID.randomUUID(), 0), ShardSpec.DEFAULT).join();
        store.create("queue/x", ShardSpec.DEFAULT).join();
        rig.create("a", 1);
        reopen();
        assertThat(store.list("topic/").count()).isEqualTo(1);
        assertThat(store.list("queue/").count()).isEqualTo(1);
    }

    @Test
    void recordsWithoutATopicAreKeptSinceTheMetadataMayBeTheWrongOne() {
        String orphan = TopicLog.shardName(UUID.randomUUID(), 0);
        store.create(orphan, ShardSpec.DEFAULT)
                .join()
                .append(TopicRig.batch("precious"), Durability.SYNC)
                .join();
        reopen();
        assertThat(store.open(orphan)).isPresent();
    }

    @Test
    void aDeletionThatWasCutShortIsFinishedAtTheStart() {
        Topic topic = rig.create("a", 2);
        rig.publish("a", "x").join();
        byte[] definition = metadata.get(TopicCatalog.key(TENANT, "a")).join().value();
        rig.topics.close();
        metadata.delete(TopicCatalog.key(TENANT, "a")).join();
        metadata.put(TopicCatalog.GONE + topic.id(), definition).join();
        rig = new TopicRig(store, metadata, TopicLimits.DEFAULT);
        assertThat(store.list("topic/").count()).isZero();
        assertThat(metadata.range(TopicCatalog.GONE).join().entries()).isEmpty();
    }

    private void reopen() {
        rig.topics.close();
        rig = new TopicRig(store, metadata, TopicLimits.DEFAULT);
    }

    private static Kind refusal(Runnable action) {
        Throwable failure = catchThrowable(action::run);
        assertThat(failure).isInstanceOf(CompletionException.class);
        assertThat(failure.getCause()).isInstanceOf(TopicException.class);
        return ((TopicException) failure.getCause()).kind();
    }
}
