package io.polymq.core.topic;

import static io.polymq.core.topic.TopicRig.TENANT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.core.message.Message;
import io.polymq.core.router.Router;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import io.polymq.storage.StoredRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Topics and live subscribers of random captures, published to and produced to at random, against a
 * model of what each log must hold and what each subscriber must have seen.
 */
class TopicSimulationTest {

    private static final String[] SUBJECTS = {"a", "a.b", "a.c", "b", "b.c.d", "c", "$x.y"};
    private static final String[] CAPTURES = {"a", "a/+", "a/#", "+/c", "b/#", "#", "$x/y"};

    private static final class Model {
        final Map<String, TopicSpec> topics = new TreeMap<>();
        final Map<String, List<String>> kept = new TreeMap<>();
        final List<Watcher> watchers = new ArrayList<>();
        final List<String> order = new ArrayList<>();
    }

    private record Watcher(
            Filter filter, Router.Subscription open, List<String> seen, List<String> expected) {}

    @Test
    void aFewThousandStepsAgreeWithTheModel() {
        run(4_000, 21);
    }

    @Test
    @Tag("long")
    void manyStepsAgreeWithTheModel() {
        for (int seed = 0; seed < 10; seed++) {
            run(40_000, seed);
        }
    }

    private void run(int steps, long seed) {
        Random random = new Random(seed);
        Model model = new Model();
        try (TopicRig rig = TopicRig.inMemory()) {
            for (int step = 0; step < steps; step++) {
                int choice = random.nextInt(100);
                if (choice < 3) {
                    changeTopic(random, rig, model);
                } else if (choice < 8) {
                    changeWatcher(random, rig, model);
                } else if (choice < 70 || model.topics.isEmpty()) {
                    publish(random, rig, model, step);
                } else {
                    produce(random, rig, model, step);
                }
                if (step % 100 == 0) {
                    check(rig, model);
                }
            }
            check(rig, model);
        }
    }

    private static void changeTopic(Random random, TopicRig rig, Model model) {
        String name = "t" + random.nextInt(5);
        if (model.topics.containsKey(name) && random.nextBoolean()) {
            rig.topics.delete(TENANT, name).join();
            model.topics.remove(name);
            model.kept.remove(name);
            model.order.remove(name);
            return;
        }
        List<Filter> captures = new ArrayList<>();
        for (int i = random.nextInt(3); i >= 0; i--) {
            captures.add(TopicRig.filter(CAPTURES[random.nextInt(CAPTURES.length)]));
        }
        TopicSpec before = model.topics.get(name);
        int partitions = before == null ? 1 + random.nextInt(3) : before.partitions();
        TopicSpec spec = TopicSpec.of(name, partitions).withCaptures(captures, false);
        if (before == null) {
            rig.topics.create(TENANT, spec).join();
            model.kept.put(name, new ArrayList<>());
            model.order.add(name);
        } else {
            rig.topics.alter(TENANT, spec).join();
        }
        model.topics.put(name, spec);
    }

    private static void changeWatcher(Random random, TopicRig rig, Model model) {
        if (model.watchers.size() > 4) {
            Watcher gone = model.watchers.remove(random.nextInt(model.watchers.size()));
            gone.open().close();
            assertThat(gone.seen()).isEqualTo(gone.expected());
            return;
        }
        Filter filter = TopicRig.filter(CAPTURES[random.nextInt(CAPTURES.length)]);
        List<String> seen = new ArrayList<>();
        Router.Subscription open =
                rig.space.subscribe(
                        filter, null, false, message -> seen.add(TopicRig.text(message)));
        model.watchers.add(new Watcher(filter, open, seen, new ArrayList<>()));
    }

    private static void publish(Random random, TopicRig rig, Model model, int step) {
        String subject = SUBJECTS[random.nextInt(SUBJECTS.length)];
        String payload = "p" + step;
        int expected = expect(model, null, Subject.ofDotted(subject), payload);
        byte[] bytes = payload.getBytes(UTF_8);
        Message message = new Message().begin(Subject.ofDotted(subject), bytes, 0, bytes.length);
        assertThat(rig.space.publish(rig.cache, message)).isEqualTo(expected);
    }

    private static void produce(Random random, TopicRig rig, Model model, int step) {
        List<String> names = List.copyOf(model.topics.keySet());
        String name = names.get(random.nextInt(names.size()));
        TopicSpec spec = model.topics.get(name);
        Topic topic = rig.topics.find(TENANT, name).orElseThrow();
        String payload = "k" + step;
        String key = random.nextBoolean() ? SUBJECTS[random.nextInt(SUBJECTS.length)] : null;
        model.kept.get(name).add(payload);
        Subject own = own(spec);
        Subject subject = own;
        if (key != null && spec.keyedBySubject()) {
            Subject keyed = Subject.ofDotted(key);
            subject = spec.captures().stream().anyMatch(f -> f.matches(keyed)) ? keyed : own;
        }
        expect(model, name, subject, payload);
        TopicRig.produce(topic, random.nextInt(spec.partitions()), TopicRig.keyed(key, payload));
    }

    private static Subject own(TopicSpec spec) {
        Subject captured =
                spec.captures().size() == 1 ? spec.captures().getFirst().subject() : null;
        return captured == null ? Subject.ofDotted(spec.name()) : captured;
    }

    /** Notes who must get a message; how many. */
    private static int expect(Model model, String origin, Subject subject, String payload) {
        int takers = 0;
        for (Map.Entry<String, TopicSpec> topic : model.topics.entrySet()) {
            boolean captures =
                    topic.getValue().captures().stream().anyMatch(f -> f.matches(subject));
            if (captures && !topic.getKey().equals(origin)) {
                model.kept.get(topic.getKey()).add(payload);
                takers++;
            }
        }
        for (Watcher watcher : model.watchers) {
            if (watcher.filter().matches(subject)) {
                watcher.expected().add(subject + " " + payload);
                takers++;
            }
        }
        return takers;
    }

    private static void check(TopicRig rig, Model model) {
        assertThat(rig.topics.list(TENANT)).hasSize(model.topics.size());
        for (Watcher watcher : model.watchers) {
            assertThat(watcher.seen()).isEqualTo(watcher.expected());
        }
        rig.publish("fence", "x").join();
        model.topics.forEach(
                (name, spec) -> {
                    if (spec.captures().stream()
                            .anyMatch(f -> f.matches(Subject.ofDotted("fence")))) {
                        model.kept.get(name).add("x");
                    }
                });
        for (Watcher watcher : model.watchers) {
            if (watcher.filter().matches(Subject.ofDotted("fence"))) {
                watcher.expected().add("fence x");
            }
        }
        for (Topic topic : rig.topics.list(TENANT)) {
            List<String> expected = model.kept.get(topic.name());
            if (topic.spec().partitions() == 1) {
                awaitRecords(topic, expected.size());
                assertThat(TopicRig.values(topic.partition(0))).isEqualTo(expected);
            } else {
                awaitRecords(topic, expected.size());
                List<String> kept = new ArrayList<>();
                for (int i = 0; i < topic.spec().partitions(); i++) {
                    for (StoredRecord record : TopicRig.read(topic.partition(i))) {
                        kept.add(UTF_8.decode(record.value()).toString());
                    }
                }
                assertThat(kept).containsExactlyInAnyOrderElementsOf(expected);
            }
        }
    }

    /**
     * Appends end on the store's thread: waits until all have, or it is clear that one never will.
     */
    private static void awaitRecords(Topic topic, int count) {
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (records(topic) < count && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertThat(records(topic)).isEqualTo(count);
    }

    private static long records(Topic topic) {
        long records = 0;
        for (int i = 0; i < topic.spec().partitions(); i++) {
            records += topic.partition(i).highWatermark();
        }
        return records;
    }
}
